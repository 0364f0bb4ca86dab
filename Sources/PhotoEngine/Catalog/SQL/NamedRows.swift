import Core

/// Any number of ids as one value, for a statement that begins with `table`: `id IN (SELECT id FROM named)`.
enum NamedRows {
    /// The ids lie in one byte string, 16 bytes each, and are cut out of it one after the other.
    static let table = """
        WITH RECURSIVE named (start, id) AS (
            SELECT 1, substr(?, 1, 16)
            UNION ALL
            SELECT start + 16, substr(?, start + 16, 16) FROM named WHERE start + 16 < length(?)
        )
        """

    /// The ids of those that are an owner's rows in `table`; takes the owner. From the names to the rows, in SQLite by
    /// the order of the CROSS JOIN: with the owner beside a list of ids it reads all the owner has.
    static func own(_ table: String) -> String {
        "SELECT own.id FROM named CROSS JOIN \(table) AS own WHERE own.id = named.id AND own.owner = ?"
    }

    /// The values that `table` takes; `ids` must not be empty.
    static func values<Subject>(_ ids: [Identifier<Subject>]) -> [SQLValue] {
        let bytes = SQLValue.bytes(ids.flatMap(\.bytes))
        return [bytes, bytes, bytes]
    }
}
