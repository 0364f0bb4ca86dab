import Core
import Dispatch
import Synchronization

/// A page of one table's rows.
struct LibraryPage: Sendable {
    let table: LibraryTable
    /// In the order of the key.
    let rows: [[SQLValue]]
    /// One for each row, of `photos` alone.
    var photos: [PromotedPhoto] = []
    let isLast: Bool
}

extension LibraryRows {
    /// Calls `body` with every page of these tables, in their order and each in the order of its key, as they were at one moment;
    /// a table without rows has one page, too. A page or two are in memory at a time.
    func eachPage(of tables: [LibraryTable], _ body: (LibraryPage) async throws -> Void) async throws {
        let gate = PageGate()
        let (pages, continuation) = AsyncThrowingStream<LibraryPage, any Error>.makeStream()
        let reading = Task { [self] in
            do {
                try await database.read { connection in
                    if let inOrder = connection.dialect.readsInOrder { _ = try connection.rows(inOrder, []) }
                    for table in tables {
                        try read(table, connection) { page in
                            try gate.pass()
                            continuation.yield(page)
                        }
                    }
                }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        do {
            for try await page in pages {
                try await body(page)
                gate.open()
                try Task.checkCancellation()
            }
            // A stream ends, too, when its reader is cancelled.
            try Task.checkCancellation()
        } catch {
            gate.close()
            await reading.value
            throw error
        }
        await reading.value
    }

    private func read(_ table: LibraryTable, _ connection: any SQLConnection, _ body: (LibraryPage) throws -> Void)
        throws
    {
        var last: [SQLValue]?
        while true {
            let rows = try table.page(behind: last, of: ownerValue, connection)
            var page = LibraryPage(table: table, rows: rows, isLast: rows.count < table.pageLength)
            if table.name == "photos" {
                page.photos = try PromotedPhotos(table: table, owner: ownerValue, connection: connection)
                    .photos(rows, withFiles: false)
            }
            try body(page)
            if page.isLast { return }
            last = rows.last.map(table.key(of:))
        }
    }
}

/// Holds a reading thread up while two pages wait for their reader.
private final class PageGate: Sendable {
    /// From 0 on: one that ends below what it began with is a fault to Dispatch.
    private let slots = DispatchSemaphore(value: 0)
    private let isClosed = Mutex(false)

    init() { for _ in 0..<2 { slots.signal() } }

    func pass() throws {
        slots.wait()
        if isClosed.withLock(\.self) { throw CancellationError() }
    }

    func open() { slots.signal() }

    func close() {
        isClosed.withLock { $0 = true }
        slots.signal()
        slots.signal()
    }
}
