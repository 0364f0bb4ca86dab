import Core

/// Any number of ids as one value, for a statement that begins with `table`: `id IN (SELECT id FROM named)`.
enum NamedRows {
    /// The ids lie in one byte string, 16 bytes each, and are cut out of it one after the other.
    static let table = table(width: 16)

    /// The same with digests for ids.
    static let digests = table(width: 32)

    private static func table(width: Int) -> String {
        """
        WITH RECURSIVE named (start, id) AS (
            SELECT 1, substr(?, 1, \(width))
            UNION ALL
            SELECT start + \(width), substr(?, start + \(width), \(width)) FROM named WHERE start + \(width) < length(?)
        )
        """
    }

    /// The ids of those that are an owner's rows in `table`; takes the owner. From the names to the rows, in SQLite by
    /// the order of the CROSS JOIN: with the owner beside a list of ids it reads all the owner has.
    static func own(_ table: String) -> String {
        "SELECT own.id FROM named CROSS JOIN \(table) AS own WHERE own.id = named.id AND own.owner = ?"
    }

    /// The values that `table` takes; `ids` must not be empty.
    static func values<Subject>(_ ids: [Identifier<Subject>]) -> [SQLValue] {
        Array(repeating: .bytes(ids.flatMap(\.bytes)), count: 3)
    }

    /// The values that `digests` takes; there must be some.
    static func values(_ digests: [SHA256Digest]) -> [SQLValue] {
        Array(repeating: .bytes(digests.flatMap(\.bytes)), count: 3)
    }
}
