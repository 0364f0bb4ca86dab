public import Core

/// Changes of photos, albums and tags, however many photos they are about, and their undoing.
public struct LibraryEditing: Sendable {
    private let catalog: any EditCatalog

    public init(catalog: any EditCatalog) {
        self.catalog = catalog
    }

    /// Makes a change in bounded transactions, all of one edit. nil where all was so already. Where it fails on the way, what
    /// was changed by then can be undone by itself.
    public func edit(
        _ change: EditChange, photos: [PhotoID] = [], actor: String, reason: String = ""
    ) async throws -> Edit? {
        // So that no photo is asked for twice, the repeated ones go first.
        var seen: Set<PhotoID> = []
        let photos = photos.filter { seen.insert($0).inserted }
        var edit: Edit?
        var first = 0
        repeat {
            let part = Array(photos[first..<min(first + EditRequest.mostPhotos, photos.count)])
            edit =
                try await catalog.edit(
                    EditRequest(change, photos: part, actor: actor, reason: reason, continuing: edit?.id)) ?? edit
            first += part.count
            try Task.checkCancellation()
        } while first < photos.count
        return edit
    }

    /// The edit that a person calls by its id or the beginning of one.
    public func edit(named name: String) async throws -> Edit {
        let found = try await catalog.edits(idPrefix: name.lowercased(), limit: 2)
        if found.count == 1 { return found[0] }
        throw found.isEmpty
            ? EngineError(.notFound, "no edit is called \(name)", whatToDo: "list them with: phototui edits")
            : EngineError(.conflict, "several edits have ids that begin with \(name)", whatToDo: "give more of the id")
    }

    /// Takes an edit back, one bounded transaction after the other. One that was interrupted goes on where it stopped.
    public func undo(_ edit: EditID, actor: String, reason: String = "") async throws -> UndoneEdit {
        var restored = 0
        var conflicts: [UndoneEdit.Conflict] = []
        while true {
            let part = try await catalog.undoPart(of: edit, actor: actor, reason: reason)
            restored += part.restored
            conflicts += part.conflicts
            if part.isComplete {
                return UndoneEdit(edit: part.edit, restored: restored, conflicts: conflicts, isComplete: true)
            }
            try Task.checkCancellation()
        }
    }
}
