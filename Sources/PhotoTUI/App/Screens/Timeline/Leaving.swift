public import Core
import Grid
import Widgets

/// What is to leave the library: photos, or an album with its photos.
public enum Leaving: Hashable, Sendable {
    case photos([PhotoID])
    case album(Album)

    var words: String {
        switch self {
        case .photos(let photos): counted(photos.count, "photo")
        case .album(let album): displayEscaped(album.name)
        }
    }
}

extension AppState {
    /// Of the albums' wall the one under the cursor, elsewhere the chosen photos.
    mutating func promptForLeaving(_ kind: (Leaving) -> EditPrompt.Kind) -> [Effect] {
        if context == .albums, let album = albums.cursorAlbum?.album { return promptForLeaving(kind(.album(album))) }
        return promptForLeaving(kind(.photos(chosenPhotos)))
    }

    private mutating func promptForLeaving(_ kind: EditPrompt.Kind) -> [Effect] {
        var prompt = EditPrompt(kind: kind, photos: [])
        if case .share = kind { prompt.field = TextField("7d") }
        return suggest(for: prompt)
    }

    /// The effects of a prompt that lets photos leave; nil for any other. Throws where what was typed can't be.
    mutating func leave(_ prompt: EditPrompt) throws -> [Effect]? {
        let effect: (RequestID) -> Effect
        switch prompt.kind {
        case .export(let leaving):
            let folder = prompt.field.text
            guard !folder.allSatisfy({ $0 == " " }) else { return [] }
            effect = { .export($0, leaving, folder: folder) }
        case .share(let leaving):
            let seconds = try Share.seconds(prompt.field.text)
            effect = { .share($0, leaving, seconds: seconds) }
        default: return nil
        }
        let request = makeRequest()
        leaving.insert(request)
        activity.notice = Notice(.information, "on its way…")
        return [effect(request)]
    }

    mutating func shared(_ request: RequestID, _ share: Share, isCopied: Bool) {
        guard leaving.remove(request) != nil else { return }
        undoSteps.append(.share(share.id))
        if undoSteps.count > 100 { undoSteps.removeFirst() }
        let what = "\(counted(share.photoCount, "photo")) shared"
        let key = keyMap.keyName(for: .undo)
        activity.notice =
            isCopied
            ? Notice(.success, "\(what), the link is on the terminal's clipboard · \(key) takes it back")
            : Notice(.warning, "\(what); the terminal takes no link: phototui share show \(share.id) prints it")
    }

    mutating func revoke(_ share: ShareID) -> [Effect] {
        let request = makeRequest()
        leaving.insert(request)
        return [.revokeShare(request, share)]
    }

    mutating func shareRevoked(_ request: RequestID) {
        guard leaving.remove(request) != nil else { return }
        activity.notice = Notice(.success, "the link is taken back: its page and pictures are deleted")
    }
}
