import App
import Core
import Foundation
import PhotoEngine
import SystemPackage
import Workflows

extension EffectRunner {
    /// Photos that leave the library, in the order it was asked for.
    func performForLeaving(_ effect: Effect) {
        switch effect {
        case .export(let request, let leaving, let folder):
            change(request) { [queue] library in
                let folder = try Self.folder(folder)
                var asked = ExportRequest(folder: folder, actor: DuplicatesCommand.actor)
                if case .album(let album) = leaving { asked.album = album.name }
                let report = try await library.photoExport().export(try await leaving.photos(in: library), asked) {
                    queue.post(.exportProgressed(request, done: $0.photos, total: $0.totalPhotos))
                }
                if let fault = report.fault { throw fault }
                let text = ExportFormat.text(report, folder)
                guard let failed = report.items.first(where: { $0.outcome == .failed }) else {
                    return .exported(request, Notice(.success, text))
                }
                return .exported(request, Notice(.warning, "\(text): \(failed.reason ?? "")"))
            }
        case .share(let request, let leaving, let seconds):
            run(request) { [queue, reason] library in
                guard let sharing = library.photoSharing() else {
                    throw EngineError(
                        .unsupported, "this library is in a folder, and has no storage that others could reach",
                        whatToDo: "write a page with: phototui export --gallery --to FOLDER")
                }
                var asked = PhotoSharing.Request(
                    title: "Photos", seconds: seconds, actor: DuplicatesCommand.actor, reason: reason)
                if case .album(let album) = leaving {
                    (asked.title, asked.description, asked.album) = (album.name, album.description, album.id)
                }
                let (share, url, _) = try await sharing.create(try await leaving.photos(in: library), asked) { _, _ in }
                queue.post(.link(request, share, url: url))
                throw CancellationError()
            }
        case .revokeShare(let request, let id):
            change(request) { [reason] library in
                let (share, sharing) = try await ShareFormat.share(named: id.description, in: library)
                _ = try await sharing.end(
                    share, as: .revoked, actor: DuplicatesCommand.actor, reason: reason)
                return .shareRevoked(request)
            }
        default: break
        }
    }

    /// As it was typed: of the folder the app was started in, or of home.
    static func folder(_ text: String) throws -> FilePath {
        var path = FilePath(text)
        if text == "~" || text.hasPrefix("~/") {
            // As the shell means it; what the system knows of the user may be another folder.
            let home = ProcessInfo.processInfo.environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
            path = FilePath(home ?? NSHomeDirectory()).pushing(FilePath(String(text.dropFirst(2))))
        }
        return RawArguments.currentFolder.pushing(path).lexicallyNormalized()
    }
}

extension Leaving {
    fileprivate func photos(in library: Library) async throws -> [PhotoID] {
        switch self {
        case .photos(let photos): photos
        case .album(let album): try await ExportSelection.photos(of: album, in: library)
        }
    }
}
