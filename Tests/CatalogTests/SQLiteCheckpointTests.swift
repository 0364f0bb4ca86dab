import Core
import Foundation
import SystemPackage
import Testing

@testable import Catalog

@Suite("The write-ahead log of a SQLite catalogue")
struct SQLiteCheckpointTests {
    private static let pageBytes = 4096 + 24

    private func withFile(_ body: (FilePath) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/phototui-log-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(FilePath(folder + "/catalog.sqlite"))
    }

    /// Rows that a page holds one of.
    private func fill(_ database: SQLiteDatabase, _ numbers: Range<Int>) async throws {
        for number in numbers {
            _ = try await database.write { connection in
                try connection.execute("INSERT INTO t VALUES (?, zeroblob(3000))", [.int(number)])
            }
        }
    }

    private func open(_ file: FilePath, logPages: Int, mostLogPages: Int) async throws -> SQLiteDatabase {
        var settings = SQLiteSettings()
        (settings.logPages, settings.mostLogPages) = (logPages, mostLogPages)
        let database = try await SQLiteDatabase.open(file, settings: settings)
        _ = try await database.write { try $0.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)", []) }
        return database
    }

    /// What the file alone holds, without its log.
    private func folded(_ file: FilePath) async throws -> Int {
        let alone = FilePath(file.string + ".alone-" + UUID().uuidString)
        try FileManager.default.copyItem(atPath: file.string, toPath: alone.string)
        let database = try await SQLiteDatabase.open(alone, settings: SQLiteSettings())
        guard var row = try await database.row("SELECT count(*) FROM sqlite_schema WHERE name = 't'", []),
            try row.int() == 1, var rows = try await database.row("SELECT count(*) FROM t", [])
        else { return 0 }
        let count = try rows.int()
        try await database.close()
        return count
    }

    private func logBytes(_ file: FilePath) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: file.string + "-wal")[.size] as? Int ?? 0
    }

    @Test("It is folded into the file as it grows, by nobody's commit, and wholly when the file is closed")
    func folds() async throws {
        try await withFile { file in
            let database = try await open(file, logPages: 50, mostLogPages: 1_000_000)
            try await fill(database, 0..<40)
            let deadline = ContinuousClock.now + .seconds(60)
            while try await folded(file) < 40, ContinuousClock.now < deadline {
                try await fill(database, 1000..<1001)
                _ = try await database.write { try $0.execute("DELETE FROM t WHERE n = 1000", []) }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await folded(file) >= 40)
            try await fill(database, 50..<60)
            try await database.close()
            #expect(!FileManager.default.fileExists(atPath: file.string + "-wal"))
            #expect(try await folded(file) == 50)
        }
    }

    @Test("It doesn't outgrow its bound while somebody writes without a pause, and all that was written is there")
    func bounded() async throws {
        try await withFile { file in
            let most = 300
            let database = try await open(file, logPages: 100, mostLogPages: most)
            for start in stride(from: 0, to: 3000, by: 300) {
                try await fill(database, start..<start + 300)
                // A commit writes a few pages.
                #expect(try logBytes(file) < (most + 20) * Self.pageBytes)
            }
            guard var row = try await database.row("SELECT count(*) FROM t", []) else { return }
            #expect(try row.int() == 3000)
            try await database.close()
            #expect(try await folded(file) == 3000)
        }
    }
}
