import Core
import SystemPackage

extension SQLCatalog {
    func recordSidecars(_ sidecars: [Sidecar]) async throws -> [[PhotoID]] {
        if sidecars.isEmpty { return [] }
        let now = clock.microseconds
        return try await database.write { [self] connection in
            var counters = CounterChanges()
            counters.add(1, to: .changes)
            let rows = SidecarRows(connection: connection, owner: ownerValue)
            let told = ToldMarks(connection: connection, catalog: self)
            var touched: Set<PhotoID> = []
            let photos = try sidecars.map { sidecar in
                let photos = try sidecar.photos.map(rows.known) ?? rows.photos(beside: sidecar.path)
                let changed = try rows.set(sidecar, of: photos)
                touched.formUnion(changed)
                for photo in changed where try !told.settle(photo, counters: &counters) {
                    let added = try connection.rows(
                        "INSERT INTO \(JobInsertion.table) VALUES \(JobInsertion.row) \(JobInsertion.onConflict) RETURNING id",
                        JobInsertion.values(
                            .processPhoto, photo: photo, id: newIdentifier(), owner: ownerValue, now: now))
                    counters.moveJobs(added.count, from: nil, to: .queued)
                }
                return photos
            }
            var search = SearchRows()
            try search.refresh(touched.sorted(), of: owner, connection)
            try search.write(to: connection, owner: owner)
            try counters.write(to: connection, owner: ownerValue)
            return photos
        }
    }

    func editedMarks(of photo: PhotoID) async throws -> EditedMarks {
        try await database.read { [self] connection in
            var row = try connection.row(
                "SELECT has_own_marks FROM photos WHERE id = ? AND owner = ?", [.id(photo), ownerValue])
            guard row != nil else { return EditedMarks() }
            let tags = try SQLCatalog.collections(of: [photo], owner: ownerValue, connection).first?.tags ?? []
            let keys = Set(tags.map(CollectionName.key))
            let words = try RemovalRows(connection: connection, owner: ownerValue).words(of: photo)
            return EditedMarks(
                marks: OwnMarks(rawValue: try row!.int()).marks,
                words: words.filter { !keys.contains(CollectionName.key(of: $0)) })
        }
    }
}

/// Sidecars inside a transaction.
private struct SidecarRows {
    let connection: any SQLConnection
    let owner: SQLValue

    /// Those of this owner, in order.
    func known(_ photos: [PhotoID]) throws -> [PhotoID] {
        let rows = try connection.rows(
            "SELECT id FROM photos WHERE id = ? AND owner = ?", each: photos.map { [.id($0), owner] })
        return Set(zip(photos, rows).filter { !$1.isEmpty }.map(\.0)).sorted()
    }

    /// In order.
    func photos(beside sidecar: FilePath) throws -> [PhotoID] {
        let path = sidecar.pathBytes
        guard let dot = path.lastIndex(of: UInt8(ascii: ".")) else { return [] }
        let base = Array(path[..<dot])
        var exact = try connection.row(
            "SELECT photo FROM files WHERE owner = ? AND path = ? AND photo IS NOT NULL", [owner, .bytes(base)])
        if exact != nil { return [try exact!.id()] }
        // `/` follows `.` in ASCII: what lies between is called so, with an ending.
        let found = try connection.rows(
            "SELECT path, photo FROM files WHERE owner = ? AND path > ? AND path < ? AND photo IS NOT NULL",
            [owner, .bytes(base + [UInt8(ascii: ".")]), .bytes(base + [UInt8(ascii: "/")])])
        let photos: [PhotoID] = try found.compactMap { row in
            var row = row
            let ending = try row.bytes().dropFirst(base.count + 1)
            return ending.contains(UInt8(ascii: ".")) ? nil : try row.id()
        }
        return Set(photos).sorted()
    }

    /// Returns the photos of which something else is told now.
    func set(_ sidecar: Sidecar, of photos: [PhotoID]) throws -> [PhotoID] {
        let content = try PhotoColumns.encoded(sidecar.marks)
        var old: [PhotoID: SQLValue] = [:]
        for var row in try connection.rows(
            "SELECT photo, content FROM sidecars WHERE owner = ? AND path = ?", [owner, .path(sidecar.path)])
        {
            let photo: PhotoID = try row.id()
            old[photo] = .text(try row.text())
        }
        let changed = photos.filter { old[$0] != content }
        let left = Set(old.keys).subtracting(photos).sorted()
        try connection.send(
            "DELETE FROM sidecars WHERE owner = ? AND path = ? AND photo = ?",
            each: left.map { [owner, .path(sidecar.path), .id($0)] })
        try connection.insert(
            into: "sidecars (owner, path, photo, content)", row: "(?, ?, ?, ?)",
            values: changed.map { [owner, .path(sidecar.path), .id($0), content] },
            onConflict: "ON CONFLICT (owner, path, photo) DO UPDATE SET content = excluded.content")
        return changed + left
    }
}
