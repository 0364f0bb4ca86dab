import App
import Core
import PhotoEngine
import Workflows

extension EffectRunner {
    func performEdit(_ effect: Effect) {
        switch effect {
        case .setFavourite(let request, let isFavourite, let photos):
            change(request) {
                let edit = try await $0.edit(.favourite(isFavourite), photos)
                return .favouritesSet(request, edit?.photoCount ?? 0)
            }
        case .edit(let request, let edit, let photos):
            change(request) { .edited(request, try await $0.carryOut(edit, photos)) }
        case .undoEdits(let request, let edits):
            change(request) {
                var undone: [UndoneEdit] = []
                for edit in edits {
                    undone.append(
                        try await LibraryEditing(catalog: $0.catalog).undo(edit, actor: DuplicatesCommand.actor))
                }
                return .editsUndone(request, undone)
            }
        case .suggestNames(let request, let asked):
            run(request) { library in
                let query = CollectionQuery(text: asked.text, isByPhotoCount: true, limit: 8)
                return .namesSuggested(
                    request,
                    asked.ofTags
                        ? try await library.catalog.tags(query).map(\.name)
                        : try await library.catalog.albums(query).map(\.name))
            }
        default: break
        }
    }
}

extension Library {
    fileprivate func edit(_ change: EditChange, _ photos: [PhotoID] = []) async throws -> Edit? {
        try await LibraryEditing(catalog: catalog).edit(change, photos: photos, actor: DuplicatesCommand.actor)
    }

    /// All that was changed, in order.
    fileprivate func carryOut(_ edit: PhotoEdit, _ photos: [PhotoID]) async throws -> [Edit] {
        switch edit {
        case .rating(let rating): return try await [self.edit(.rating(rating), photos)].compactMap { $0 }
        case .caption(let caption): return try await [self.edit(.caption(caption), photos)].compactMap { $0 }
        case .archive: return try await [self.edit(.archived(true), photos)].compactMap { $0 }
        case .tags(let add, let remove):
            var edits: [Edit?] = []
            var gone: [TagID] = []
            for name in remove {
                if let tag = try await catalog.tag(named: name) { gone.append(tag.id) }
            }
            if !gone.isEmpty { edits.append(try await self.edit(.removeTags(gone), photos)) }
            if !add.isEmpty { edits.append(try await self.edit(.addTags(add), photos)) }
            return edits.compactMap { $0 }
        case .addToAlbum(let name):
            var edits: [Edit?] = []
            if try await catalog.album(named: name) == nil {
                edits.append(try await self.edit(.createAlbum(name, description: "")))
            }
            guard let album = try await catalog.album(named: name) else { return [] }
            edits.append(try await self.edit(.addToAlbum(album.id), photos))
            return edits.compactMap { $0 }
        }
    }
}
