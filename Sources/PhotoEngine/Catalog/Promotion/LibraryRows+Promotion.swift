public import Core

extension LibraryRows {
    /// Where originals are on the other side, of photos in their order. May throw `UnpromotedPhoto`.
    public typealias Placing = @Sendable ([PromotedPhoto]) async throws -> [OriginalLocation]

    /// Copies every row that isn't there yet. What is there and is no longer so here has all of it be copied anew. With
    /// `keepsEarlier` the other side remembers where originals were. Only for a library that nobody finds yet. `progress` is told
    /// the rows that were looked at.
    public func copy(
        to target: LibraryRows, placing: @escaping Placing, keepsEarlier: Bool,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws {
        do {
            try await merge(into: target, placing: placing, keepsEarlier: keepsEarlier, progress)
        } catch is StaleRows {
            try await target.clear()
            try await merge(into: target, placing: placing, keepsEarlier: keepsEarlier, progress)
        }
    }

    /// Something is on the other side that isn't here, or not so.
    private struct StaleRows: Error {}

    private func merge(
        into target: LibraryRows, placing: @escaping Placing, keepsEarlier: Bool, _ progress: @Sendable (Int) -> Void
    ) async throws {
        var count = 0
        var reader: TableReader?
        try await eachPage(of: try await LibraryTable.moved()) { page in
            let placed = try await place(page, placing)
            if reader?.table.name != page.table.name {
                reader = TableReader(table: page.table, library: target)
            }
            let there = try await reader?.match(placed, isLast: page.isLast) ?? .init()
            guard there.surplus == 0, there.changed == 0 else { throw StaleRows() }
            let isThere = Set(there.same)
            let rows = placed.indices.filter { !isThere.contains($0) }
            try await target.insert(
                rows.map { placed[$0] }, into: page.table,
                earlier: keepsEarlier ? rows.compactMap { earlier(page, $0, placed) } : [])
            count += page.rows.count
            progress(count)
        }
    }

    private func place(_ page: LibraryPage, _ placing: Placing) async throws -> [[SQLValue]] {
        guard page.table.name == "photos", !page.photos.isEmpty else { return page.rows }
        let places = try await placing(page.photos)
        let (path, key) = (page.table.column("original_path"), page.table.column("original_key"))
        let tier = page.table.column("tier")
        return zip(page.rows, places).map { row, place in
            var row = row
            (row[path], row[key]) = PromotedPhotos.values(place)
            // What is sent anew is in the tier that everything begins in.
            row[tier] = .null
            return row
        }
    }

    /// The row that remembers where a photo's original was; nil where that stays.
    private func earlier(_ page: LibraryPage, _ index: Int, _ placed: [[SQLValue]]) -> [SQLValue]? {
        guard page.table.name == "photos", placed[index] != page.rows[index] else { return nil }
        let (path, key) = PromotedPhotos.values(page.photos[index].original)
        return [.id(page.photos[index].id), ownerValue, path, key]
    }

    private func insert(_ rows: [[SQLValue]], into table: LibraryTable, earlier: [[SQLValue]]) async throws {
        if rows.isEmpty { return }
        // What a death of the machine takes with it is copied again.
        try await database.write(.soon) { connection in
            try table.insert(rows, connection)
            try connection.insert(
                into: "promoted_originals (photo, owner, path, object_key)", row: "(?, ?, ?, ?)", values: earlier,
                onConflict: "")
        }
    }

    /// What differs on the other side, by table, in all of them or these; tables without a difference are left out. And how many
    /// rows were compared.
    public func differences(
        from target: LibraryRows, in names: [String]? = nil, placing: @escaping Placing,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> (tables: [TableDifference], rows: Int) {
        var count = 0
        var reader: TableReader?
        var differences: [TableDifference] = []
        let tables = try await LibraryTable.moved().filter { names?.contains($0.name) ?? true }
        try await eachPage(of: tables) { page in
            let placed = try await place(page, placing)
            if reader?.table.name != page.table.name {
                reader = TableReader(table: page.table, library: target)
                differences.append(TableDifference(table: page.table.name))
            }
            let there = try await reader?.match(placed, isLast: page.isLast) ?? .init()
            let last = differences.count - 1
            differences[last].missing += placed.count - there.same.count - there.changed
            differences[last].surplus += there.surplus
            differences[last].changed += there.changed
            count += page.rows.count
            progress(count)
        }
        return (differences.filter { !$0.isNone }, count)
    }
}

/// Reads one table of the other side along with this one.
private final class TableReader {
    let table: LibraryTable
    private let library: LibraryRows
    private var rows: ArraySlice<[SQLValue]> = []
    private var last: [SQLValue]?
    private var isAtEnd = false

    struct Match {
        /// Places of rows that are there, as they are.
        var same: [Int] = []
        var changed = 0
        var surplus = 0
    }

    init(table: LibraryTable, library: LibraryRows) { (self.table, self.library) = (table, library) }

    /// `ours` go on where those of the last call ended; behind the last of them everything is surplus.
    func match(_ ours: [[SQLValue]], isLast: Bool) async throws -> Match {
        var match = Match()
        for (index, row) in ours.enumerated() {
            let key = table.key(of: row)
            while let head = try await head() {
                let order = order(table.key(of: head), key)
                if order > 0 { break }
                rows.removeFirst()
                if order < 0 {
                    match.surplus += isOwn(head) ? 0 : 1
                } else {
                    if isSame(head, row) { match.same.append(index) } else { match.changed += 1 }
                    break
                }
            }
        }
        while isLast, let head = try await head() {
            rows.removeFirst()
            match.surplus += isOwn(head) ? 0 : 1
        }
        return match
    }

    private func head() async throws -> [SQLValue]? {
        if rows.isEmpty, !isAtEnd {
            let page = try await library.database.read { [table, last, owner = library.ownerValue] connection in
                if let inOrder = connection.dialect.readsInOrder { _ = try connection.rows(inOrder, []) }
                return try table.page(behind: last, of: owner, connection)
            }
            isAtEnd = page.count < table.pageLength
            last = page.last.map(table.key(of:)) ?? last
            rows = page[...]
        }
        return rows.first
    }

    /// What is said of the owner there, as by promotions themselves.
    private func isOwn(_ row: [SQLValue]) -> Bool {
        guard table.name == "journal", case .text(let action) = row[table.column("action")] else { return false }
        return PromotionEntry.ofOwners.contains(action)
    }

    private func order(_ one: [SQLValue], _ other: [SQLValue]) -> Int {
        for (one, other) in zip(one, other) {
            let order =
                switch (one, other) {
                case (.integer(let one), .integer(let other)): one < other ? -1 : one > other ? 1 : 0
                case (.text(let one), .text(let other)): order(one.utf8, other.utf8)
                case (.bytes(let one), .bytes(let other)): order(one, other)
                default: 0
                }
            if order != 0 { return order }
        }
        return 0
    }

    private func order(_ one: some Sequence<UInt8>, _ other: some Sequence<UInt8>) -> Int {
        if one.lexicographicallyPrecedes(other) { return -1 }
        return other.lexicographicallyPrecedes(one) ? 1 : 0
    }

    /// To the byte: texts that look alike are not the same.
    private func isSame(_ one: [SQLValue], _ other: [SQLValue]) -> Bool {
        zip(one, other).allSatisfy { one, other in
            if case .text(let one) = one, case .text(let other) = other { return one.utf8.elementsEqual(other.utf8) }
            return one == other
        }
    }
}
