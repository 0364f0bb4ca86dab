public import Core
import Grid
import Widgets

/// What a person says of photos, as they type it: an album's name, tags, a rating, a caption.
public struct EditPrompt: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case album, tags, rating, caption
        /// Of what a query finds, where there is one.
        case createAlbum(query: String?)
        case renameAlbum(Album)
        case describeAlbum(Album)
        case deleteAlbum(Album)
        /// Out of the library: into a folder, or onto a page.
        case export(Leaving), share(Leaving)
    }

    let kind: Kind
    let photos: [PhotoID]
    var field = TextField()
    /// Names that what was typed may mean, those with the most photos first. Untrusted.
    var suggestions: [String] = []
    /// Whom the suggestions are asked for with.
    var request: RequestID?

    /// What stands before the text.
    var label: String {
        let photos = counted(self.photos.count, "photo")
        return switch kind {
        case .album: "album for \(photos):"
        case .tags: "tags for \(photos):"
        case .rating: "rating of \(photos):"
        case .caption: "caption of \(photos):"
        case .createAlbum(nil): "new album:"
        case .createAlbum: "keep the search as:"
        case .renameAlbum(let album): "\(displayEscaped(album.name)) is now:"
        case .describeAlbum(let album): "about \(displayEscaped(album.name)):"
        case .deleteAlbum(let album):
            album.query != nil
                ? "delete the saved search \(displayEscaped(album.name))?"
                : "delete \(displayEscaped(album.name))? Its \(counted(album.photoCount, "photo")) stay."
        case .export(let leaving): "export \(leaving.words) to:"
        case .share(let leaving): "share \(leaving.words) by a link for:"
        }
    }

    var hint: String {
        switch kind {
        case .album: "Trips/Lisbon"
        case .tags: "beach, summer; -winter takes one away"
        case .rating: "0 to 5, or none"
        case .caption, .describeAlbum: "text, or nothing to take it away"
        case .createAlbum, .renameAlbum: "Trips/Lisbon"
        case .deleteAlbum: "enter does it, esc does not"
        case .export: "a folder; without where they were taken"
        case .share: "90m, 12h, 7d at most; whoever has it sees them"
        }
    }

    /// What is being typed of a list of names.
    var word: String {
        kind == .tags ? TypedTags(field.text).words.last?.text ?? "" : field.text
    }

    /// Puts the first suggestion in place of what is being typed.
    mutating func complete() {
        guard let name = suggestions.first else { return }
        field = TextField(kind == .tags ? TypedTags(field.text).beginning + TypedTags.typed(name) : name)
    }

    /// What it asks for; nil where nothing was typed. Throws where it can't be.
    func edit() throws -> PhotoEdit? {
        let text = field.text
        switch kind {
        case .album: return text.allSatisfy { $0 == " " } ? nil : .addToAlbum(try .album(text))
        case .tags:
            var (add, remove): ([CollectionName], [CollectionName]) = ([], [])
            for word in TypedTags(text).words where !word.text.allSatisfy({ $0 == " " }) {
                if word.isRemoved { remove.append(try .tag(word.text)) } else { add.append(try .tag(word.text)) }
            }
            return add.isEmpty && remove.isEmpty ? nil : .tags(add: add, remove: remove)
        case .rating:
            if text == "none" { return .rating(nil) }
            guard let rating = Int(text), (0...5).contains(rating) else {
                throw EngineError(.invalidInput, "a rating is 0 to 5, or none")
            }
            return .rating(rating)
        case .caption: return .caption(text.isEmpty ? nil : text)
        case .createAlbum(let query):
            return .change(.createAlbum(try .album(text), description: "", query: query))
        case .renameAlbum(let album): return .change(.renameAlbum(album.id, try .album(text)))
        case .describeAlbum(let album): return .change(.describeAlbum(album.id, text))
        case .deleteAlbum(let album): return .change(.deleteAlbum(album.id))
        case .export, .share: return nil
        }
    }
}

/// What a person wants of photos, in their words.
public enum PhotoEdit: Hashable, Sendable {
    /// The album begins with them where it is not there.
    case addToAlbum(CollectionName)
    /// An album of a proposed event begins with them; called otherwise where another has its name.
    case acceptEvent(name: String)
    case tags(add: [CollectionName], remove: [CollectionName])
    case rating(Int?)
    case caption(String?)
    case archive
    case trash
    case change(EditChange)
}

/// What names a prompt is offered.
public struct NameRequest: Hashable, Sendable {
    public let ofTags: Bool
    public let text: String

    public init(ofTags: Bool, text: String) { (self.ofTags, self.text) = (ofTags, text) }
}

extension AppState {
    mutating func promptForEdit(_ kind: EditPrompt.Kind) -> [Effect] {
        suggest(for: EditPrompt(kind: kind, photos: chosenPhotos))
    }

    /// About an album; it begins with what there is.
    mutating func prompt(_ kind: EditPrompt.Kind) -> [Effect] {
        var prompt = EditPrompt(kind: kind, photos: [])
        switch kind {
        case .renameAlbum(let album): prompt.field = TextField(album.name)
        case .describeAlbum(let album): prompt.field = TextField(album.description)
        default: break
        }
        return suggest(for: prompt)
    }

    mutating func archive() -> [Effect] {
        carryOut(.archive, chosenPhotos)
    }

    /// Those in the trash are marked no more.
    mutating func trashPhotos() -> [Effect] {
        let photos = chosenPhotos
        for photo in photos { timeline.marks[photo] = nil }
        return carryOut(.trash, photos)
    }

    mutating func handlePrompt(_ press: KeyPress, _ prompt: EditPrompt) -> [Effect] {
        var prompt = prompt
        switch press.key {
        case .escape: return []
        case .enter:
            do {
                if let effects = try leave(prompt) { return effects }
                return try prompt.edit().map { carryOut($0, prompt.photos) } ?? []
            } catch {
                layers.append(.edit(prompt))
                activity.notice = Notice(error as? EngineError ?? EngineError(.internal, "the text is not understood"))
                return []
            }
        case .tab:
            prompt.complete()
            return suggest(for: prompt)
        default:
            guard prompt.field.handle(press) else {
                layers.append(.edit(prompt))
                return []
            }
            return suggest(for: prompt)
        }
    }

    /// Shows the prompt, and asks for names where it takes some.
    mutating func suggest(for prompt: EditPrompt) -> [Effect] {
        var prompt = prompt
        guard prompt.kind == .album || prompt.kind == .tags else {
            layers.append(.edit(prompt))
            return []
        }
        let request = makeRequest()
        let given = prompt.request.map { [Effect.cancel($0)] } ?? []
        prompt.request = request
        layers.append(.edit(prompt))
        return given + [.suggestNames(request, NameRequest(ofTags: prompt.kind == .tags, text: prompt.word))]
    }

    mutating func namesSuggested(_ request: RequestID, _ names: [String]) {
        guard case .edit(var prompt)? = layers.last, prompt.request == request else { return }
        prompt.suggestions = names
        layers[layers.count - 1] = .edit(prompt)
    }

    mutating func carryOut(_ edit: PhotoEdit, _ photos: [PhotoID]) -> [Effect] {
        let request = makeRequest()
        pendingEdits.insert(request)
        activity.notice = nil
        return [.edit(request, edit, photos)]
    }

    mutating func edited(_ request: RequestID, _ edits: [Edit]) -> [Effect] {
        guard pendingEdits.remove(request) != nil else { return [] }
        guard let last = edits.last else {
            activity.notice = Notice(.information, "nothing to change: all was so already")
            return []
        }
        undoSteps.append(.edits(edits.map(\.id)))
        if undoSteps.count > 100 { undoSteps.removeFirst() }
        let subject = last.subject.isEmpty ? "" : " \(last.subject)"
        let photos = last.photoCount == 0 ? "" : ": \(counted(last.photoCount, "photo"))"
        let words = "\(last.kind.words)\(subject)\(photos)"
        activity.notice = Notice(.success, "\(words) · \(keyMap.keyName(for: .undo)) undoes it")
        return lookAfterEdit()
    }

    mutating func undoEdits(_ edits: [EditID]) -> [Effect] {
        let request = makeRequest()
        pendingEdits.insert(request)
        return [.undoEdits(request, edits)]
    }

    mutating func editsUndone(_ request: RequestID, _ undone: [UndoneEdit]) -> [Effect] {
        guard pendingEdits.remove(request) != nil else { return [] }
        let conflicts = undone.reduce(0) { $0 + $1.conflicts.count }
        let restored = undone.map(\.restored).max() ?? 0
        activity.notice =
            conflicts == 0
            ? Notice(.success, restored == 0 ? "all is as before" : "\(counted(restored, "photo")) as before")
            : Notice(
                .warning, "\(counted(restored, "photo")) as before; \(conflicts) changed since, and left as they are")
        return lookAfterEdit()
    }

    /// What is shown may be about what was changed.
    private mutating func lookAfterEdit() -> [Effect] {
        viewer?.forgetDetails()
        return catalogChanged()
    }
}
