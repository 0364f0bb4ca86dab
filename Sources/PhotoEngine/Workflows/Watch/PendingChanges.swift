internal import Core
internal import Synchronization
internal import SystemPackage

/// What the kernel told since it was last asked.
final class PendingChanges: Sendable {
    /// More paths than this are looked at folder by folder.
    private static let mostPaths = 500

    private struct State {
        var paths: Set<FilePath> = []
        var isEverything = false
        var isLimited: Bool
    }

    private let state: Mutex<State>

    init(isLimited: Bool) {
        state = Mutex(State(isLimited: isLimited))
    }

    /// Takes a notice in; the folder that can't be watched, the first time there is one.
    func add(_ notice: FolderNotifications.Notice) -> FilePath? {
        state.withLock { state in
            switch notice {
            case .touched(let path): state.paths.insert(path)
            case .overflowed: state.isEverything = true
            case .limited(let folder):
                defer { state.isLimited = true }
                return state.isLimited ? nil : folder
            }
            return nil
        }
    }

    func take() -> (paths: Set<FilePath>, isEverything: Bool) {
        state.withLock { state in
            defer {
                state.paths = []
                state.isEverything = false
            }
            guard state.paths.count > Self.mostPaths else { return (state.paths, state.isEverything) }
            let folders = Set(state.paths.map { $0.removingLastComponent() })
            return folders.count > Self.mostPaths ? ([], true) : (folders, state.isEverything)
        }
    }

    var isLimited: Bool { state.withLock { $0.isLimited } }
}
