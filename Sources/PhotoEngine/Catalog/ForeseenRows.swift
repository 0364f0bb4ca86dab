import Core
import SystemPackage

/// What the catalogue knows of a path.
struct KnownFile {
    let photo: PhotoID?
}

/// What the catalogue knows of a photo when its bytes are met again.
struct KnownPhoto {
    static let columns = "id, is_missing, status, problem"

    let id: PhotoID
    let isMissing: Bool
    let status: PhotoStatus
    let problem: String?
}

extension KnownPhoto {
    init(_ row: SQLRow) throws {
        var row = row
        try self.init(id: row.id(), isMissing: row.bool(), status: row.choice(), problem: row.optionalText())
    }
}

/// What is known of the files about to be recorded, asked for in few statements, and kept true while they are.
struct ForeseenRows {
    private var paths: Set<FilePath> = []
    private var files: [FilePath: KnownFile] = [:]
    private var digests: Set<SHA256Digest> = []
    private var photos: [SHA256Digest: KnownPhoto] = [:]

    mutating func look(for scanned: [ScannedFile], owner: SQLValue, connection: any SQLConnection) throws {
        guard scanned.count > 1 else { return }
        let wanted = Set(scanned.map(\.path))
        for row in try ForeseenRows.rows(
            "SELECT path, photo FROM files WHERE owner = ? AND path IN", wanted.map(SQLValue.path), owner, connection)
        {
            var row = row
            files[try row.path()] = KnownFile(photo: try row.optionalID())
        }
        let wantedDigests = Set(scanned.compactMap(\.digest))
        for row in try ForeseenRows.rows(
            "SELECT \(KnownPhoto.columns), sha256 FROM photos WHERE owner = ? AND sha256 IN",
            wantedDigests.map(SQLValue.digest), owner, connection)
        {
            var row = row
            let photo = try KnownPhoto(
                id: row.id(), isMissing: row.bool(), status: row.choice(), problem: row.optionalText())
            photos[try row.digest()] = photo
        }
        paths.formUnion(wanted)
        digests.formUnion(wantedDigests)
    }

    private static func rows(
        _ sql: String, _ keys: [SQLValue], _ owner: SQLValue, _ connection: any SQLConnection
    ) throws -> [SQLRow] {
        try KeyList.lists(keys).flatMap { try connection.rows("\(sql) \($0.marks)", [owner] + $0.keys) }
    }

    /// nil when it was not asked for: look it up.
    func file(at path: FilePath) -> KnownFile?? { paths.contains(path) ? .some(files[path]) : nil }
    func photo(_ digest: SHA256Digest) -> KnownPhoto?? { digests.contains(digest) ? .some(photos[digest]) : nil }

    mutating func add(_ file: KnownFile, at path: FilePath) {
        paths.insert(path)
        files[path] = file
    }

    mutating func add(_ photo: KnownPhoto, _ digest: SHA256Digest) {
        digests.insert(digest)
        photos[digest] = photo
    }

    /// After a change that may reach any of them.
    mutating func forget() { self = ForeseenRows() }
}

/// Rows to be inserted together, in this order: photos, their jobs, the files that hold them.
struct WaitingRows {
    var photos: [[SQLValue]] = []
    var jobs: [[SQLValue]] = []
    var files: [[SQLValue]] = []
    var search = SearchRows()

    mutating func write(to connection: any SQLConnection, owner: OwnerID) throws {
        if !photos.isEmpty {
            try connection.insert(
                into: """
                    photos (
                        id, owner, sha256, media_type, byte_count, orientation, month, taken_at, taken_at_offset,
                        taken_at_source, imported_at, status, is_favourite, is_archived, is_missing, in_timeline,
                        filename, original_path, original_key
                    )
                    """,
                row: "(?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, 'queued', 0, 0, 0, 1, ?, ?, ?)", values: photos,
                onConflict: "")
        }
        if !jobs.isEmpty {
            try connection.insert(
                into: JobInsertion.table, row: JobInsertion.row, values: jobs, onConflict: JobInsertion.onConflict)
        }
        if !files.isEmpty {
            try connection.insert(
                into: "files (owner, path, byte_count, modified, outcome, reason, photo, is_missing)",
                row: "(?, ?, ?, ?, ?, ?, ?, 0)", values: lastOfEachPath(),
                onConflict: """
                    ON CONFLICT (owner, path) DO UPDATE SET
                        byte_count = excluded.byte_count, modified = excluded.modified, outcome = excluded.outcome,
                        reason = excluded.reason, photo = excluded.photo, is_missing = 0
                    """)
        }
        try search.write(to: connection, owner: owner)
        self = WaitingRows()
    }

    /// One statement of Postgres' may change a row once.
    private func lastOfEachPath() -> [[SQLValue]] {
        var last: [SQLValue: Int] = [:]
        for (index, file) in files.enumerated() { last[file[1]] = index }
        guard last.count < files.count else { return files }
        return files.enumerated().filter { last[$1[1]] == $0 }.map { $1 }
    }
}

extension ScannedFile {
    fileprivate var digest: SHA256Digest? {
        if case .photo(let digest, _, _, _) = content { digest } else { nil }
    }
}
