import Dispatch
import GRDB
import GRDBSQLite
import Synchronization
import SystemPackage

/// Folds a file's write-ahead log into it, beside the writer: SQLite does so by itself at the end of a commit, which then waits for
/// the disk (https://www.sqlite.org/wal.html#ckpt).
final class SQLiteCheckpoints: Sendable {
    private let file: FilePath
    private let settings: SQLiteSettings
    private let queue = DispatchQueue(label: "phototui.sqlite.checkpoint", qos: .utility)
    private let state = Mutex(State())
    /// Opened when it is needed first.
    private let connection = Mutex<DatabaseQueue?>(nil)

    private struct State {
        /// Pages of the log that are in the file.
        var folded = 0
        var isWorking = false
        var isClosed = false
    }

    init(_ file: FilePath, _ settings: SQLiteSettings) {
        self.file = file
        self.settings = settings
    }

    /// Takes the place of SQLite's own checkpoints behind the commits of a connection, which must be closed before this is gone.
    func follow(_ writer: OpaquePointer) {
        // SAFETY: SQLite calls it on the writer's thread, within a commit; the writer's configuration holds this object.
        sqlite3_wal_hook(
            writer,
            { context, writer, name, pages in
                guard let context else { return SQLITE_OK }
                let checkpoints = Unmanaged<SQLiteCheckpoints>.fromOpaque(context).takeUnretainedValue()
                // One that fails is tried again behind the next commit, as SQLite's own are.
                if checkpoints.isFull(Int(pages)) {
                    // Not beside one that is under way, which SQLite refuses.
                    checkpoints.connection.withLock { _ in
                        _ = sqlite3_wal_checkpoint_v2(writer, name, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
                    }
                }
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Whether the commit has to fold the log itself: it begins anew only once all of it is folded and nobody writes, so
    /// that beside a writer who never pauses it grows.
    private func isFull(_ pages: Int) -> Bool {
        if pages >= settings.mostLogPages { return true }
        let begins = state.withLock { state in
            if pages < state.folded { state.folded = 0 }
            guard !state.isWorking, !state.isClosed, pages - state.folded >= settings.logPages else { return false }
            state.isWorking = true
            return true
        }
        if begins { queue.async { self.fold() } }
        return false
    }

    private func fold() {
        let folded = try? connection.withLock { connection in
            let database = try connection ?? open()
            connection = database
            return try database.inDatabase { try $0.checkpoint(.passive).checkpointedFrameCount }
        }
        state.withLock { state in
            state.isWorking = false
            if let folded { state.folded = folded }
        }
    }

    private func open() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .immediateError
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -64") }
        return try DatabaseQueue(path: file.string, configuration: configuration)
    }

    /// Waits for what is under way.
    func close() throws {
        state.withLock { $0.isClosed = true }
        try queue.sync {
            try connection.withLock { connection in
                try connection?.close()
                connection = nil
            }
        }
    }
}
