import App
import Core
import PhotoEngine
import Workflows

extension EffectRunner {
    func performEdit(_ effect: Effect) {
        switch effect {
        case .setFavourite(let request, let isFavourite, let photos):
            change(request) { [reason] in
                let edit = try await $0.edit(.favourite(isFavourite), photos, reason)
                return .favouritesSet(request, edit?.photoCount ?? 0)
            }
        case .edit(let request, let edit, let photos):
            change(request) { [reason] in .edited(request, try await $0.carryOut(edit, photos, reason)) }
        case .undoEdits(let request, let edits):
            change(request) { [reason] in
                var undone: [UndoneEdit] = []
                for edit in edits {
                    undone.append(
                        try await LibraryEditing(catalog: $0.catalog).undo(
                            edit, actor: DuplicatesCommand.actor, reason: reason))
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

extension EffectRunner {
    /// A reason as somebody gave it, or else that of the whole session.
    func said(_ given: String) -> String { given.allSatisfy(\.isWhitespace) ? reason : given }
}

extension Library {
    fileprivate func edit(_ change: EditChange, _ photos: [PhotoID] = [], _ reason: String) async throws -> Edit? {
        try await LibraryEditing(catalog: catalog).edit(
            change, photos: photos, actor: DuplicatesCommand.actor, reason: reason)
    }

    /// All that was changed, in order.
    fileprivate func carryOut(_ edit: PhotoEdit, _ photos: [PhotoID], _ reason: String) async throws -> [Edit] {
        switch edit {
        case .rating(let rating): return try await [self.edit(.rating(rating), photos, reason)].compactMap { $0 }
        case .caption(let caption): return try await [self.edit(.caption(caption), photos, reason)].compactMap { $0 }
        case .archive: return try await [self.edit(.archived(true), photos, reason)].compactMap { $0 }
        case .trash: return try await [self.edit(.trash, photos, reason)].compactMap { $0 }
        case .change(let change): return try await [self.edit(change, photos, reason)].compactMap { $0 }
        case .tags(let add, let remove):
            var edits: [Edit?] = []
            var gone: [TagID] = []
            for name in remove {
                if let tag = try await catalog.tag(named: name) { gone.append(tag.id) }
            }
            if !gone.isEmpty { edits.append(try await self.edit(.removeTags(gone), photos, reason)) }
            if !add.isEmpty { edits.append(try await self.edit(.addTags(add), photos, reason)) }
            return edits.compactMap { $0 }
        case .acceptEvent(let name):
            return try await carryOut(
                .addToAlbum(EventProposal.albumName(name, in: catalog)), photos, reason)
        case .addToAlbum(let name):
            var edits: [Edit?] = []
            if try await catalog.album(named: name) == nil {
                edits.append(try await self.edit(.createAlbum(name, description: ""), [], reason))
            }
            guard let album = try await catalog.album(named: name) else { return [] }
            edits.append(try await self.edit(.addToAlbum(album.id), photos, reason))
            return edits.compactMap { $0 }
        }
    }
}
