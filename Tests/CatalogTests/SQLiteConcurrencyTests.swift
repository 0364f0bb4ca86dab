import Contracts
import Core
import Foundation
import SystemPackage
import Testing

@testable import Catalog

@Suite("Several at one SQLite catalogue")
struct SQLiteConcurrencyTests {
    @Test("Readers go on while a transaction is open, and see none of it")
    func readersDuringWrite() async throws {
        try await withFile { file, clock in
            let catalog = try await SQLCatalog.open(file: file, clock: clock)
            let other = try await SQLCatalog.open(file: file, clock: clock)
            _ = try await catalog.record([photoFile(1)])
            let (held, hold) = AsyncStream<Void>.makeStream()
            let finish = DispatchSemaphore(value: 0)
            let writing = Task {
                try await catalog.database.write { connection in
                    try connection.execute("UPDATE photos SET is_favourite = 1", [])
                    hold.yield()
                    finish.wait()
                }
            }
            for await _ in held { break }
            for reader in [catalog, other] {
                #expect(try await reader.timeline(TimelineQuery(limit: 9)).map(\.isFavourite) == [false])
                #expect(try await reader.months().count == 1)
            }
            finish.signal()
            _ = try await writing.value
            #expect(try await other.timeline(TimelineQuery(limit: 9)).map(\.isFavourite) == [true])
            try await catalog.close()
            try await other.close()
        }
    }

    @Test("A writer that waits too long for another is told to try again")
    func busy() async throws {
        try await withFile { file, clock in
            var impatient = SQLiteSettings()
            impatient.busySeconds = 0.05
            let catalog = try await SQLCatalog.open(file: file, clock: clock)
            let other = try await SQLCatalog.open(file: file, clock: clock, settings: impatient)
            let (held, hold) = AsyncStream<Void>.makeStream()
            let finish = DispatchSemaphore(value: 0)
            let writing = Task {
                try await catalog.database.write { _ in
                    hold.yield()
                    finish.wait()
                }
            }
            for await _ in held { break }
            let error = await #expect(throws: EngineError.self) { _ = try await other.record([photoFile(1)]) }
            #expect(error?.code == .unavailable)
            #expect(error?.isRetryable == true)
            finish.signal()
            try await writing.value
            _ = try await other.record([photoFile(1)])
            try await catalog.close()
            try await other.close()
        }
    }

    @Test("What a process killed inside a transaction leaves opens with all that was committed, and nothing else")
    func killedInsideTransaction() async throws {
        try await withFile { file, clock in
            // A page cache this small spills the open transaction into the log, as a long import's would.
            var settings = SQLiteSettings()
            settings.cacheKilobytes = 16
            let catalog = try await SQLCatalog.open(file: file, clock: clock, settings: settings)
            _ = try await catalog.record((0..<300).map { photoFile($0) })
            let left = FilePath(file.string + ".left")
            let logBytes = try await catalog.database.write { connection -> Int in
                try connection.execute("UPDATE photos SET filename = 'half done', is_missing = 1", [])
                try connection.execute("DELETE FROM month_counts", [])
                // The files as they are now are what SIGKILL would leave: nothing else of the process survives it.
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(atPath: file.string + suffix, toPath: left.string + suffix)
                }
                return try Data(contentsOf: URL(fileURLWithPath: left.string + "-wal")).count
            }
            #expect(logBytes > 100_000)
            let reopened = try await SQLCatalog.open(file: left, clock: clock)
            #expect(try await reopened.check() == [])
            #expect(try await reopened.statistics().photos == 300)
            #expect(try await reopened.timeline(TimelineQuery(limit: 400)).allSatisfy { $0.filename != "half done" })
            _ = try await reopened.record((300..<310).map { photoFile($0) })
            #expect(try await reopened.statistics().photos == 310)
            try await reopened.close()
            try await catalog.close()
        }
    }
}
