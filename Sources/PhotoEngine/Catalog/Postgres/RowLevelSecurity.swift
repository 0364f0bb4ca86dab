import Core

/// Holds the owners' rows apart in the database itself, whatever a statement forgets: FORCE, so that the tables' owner is no
/// exception, and closed where no identity is set.
enum RowLevelSecurity {
    private static let owner = "decode(nullif(current_setting('phototui.owner', true), ''), 'hex')"

    /// No condition of an index, on purpose: every statement names the owner beside it. Where the statistics don't know an owner
    /// yet, as in a first import, the planner took the timeline's index, which begins with the owner, for as good as the key
    /// of a photo, and read all the owner's photos for each. The identity is read once for a statement, not for each of a
    /// page's rows.
    private static let ownPhoto = "(photos.owner || ''::bytea) = (SELECT \(owner))"

    /// Which rows of each table are the current owner's.
    static let conditions: [(table: String, condition: String)] = LibraryTable.order.map { table in
        switch table {
        case "owners": (table, "id = \(owner) OR name = nullif(current_setting('phototui.owner_name', true), '')")
        case "photos": (table, ownPhoto)
        case "photo_metadata": (table, "EXISTS (SELECT 1 FROM photos WHERE photos.id = photo AND \(ownPhoto))")
        default: (table, "owner = \(owner)")
        }
    }

    /// What the program's role may do with a table's rows: what an owner may have is not for themselves to say.
    static func rights(to table: String) -> [String] {
        table == "quotas" ? ["SELECT"] : allRights
    }

    private static let allRights = ["SELECT", "INSERT", "UPDATE", "DELETE"]

    /// Tables of which the role that owns the schema sees all owners' rows, to say what each has and may have.
    private static let administered = ["owners", "totals", "quotas"]

    /// Sees to the tables that lack their policy or `role`'s rights to change rows; the others are left alone, since even the
    /// same policy once more would wait for, and hold up, everybody who reads the table. A table at a time: whoever holds the
    /// lock of one table and waits for no other can't meet a reader half-way. `role` is whom the program runs as.
    static func apply(to database: PostgresDatabase, role: String) async throws {
        for (table, condition) in conditions {
            try await database.write { connection in
                guard try !isApplied(condition, to: table, role: role, connection) else { return }
                for statement in statements(table, condition) { try connection.execute(statement, []) }
                // Of its own tables it may do what it likes in any case.
                let isOwner = try isCurrent(role, connection)
                let rights = isOwner ? allRights : rights(to: table)
                if !isOwner { try connection.execute("REVOKE ALL ON \(table) FROM \(quoted(role))", []) }
                try connection.execute("GRANT \(rights.joined(separator: ", ")) ON \(table) TO \(quoted(role))", [])
            }
        }
        for table in administered { try await database.write { try administer(table, role: role, $0) } }
        try await database.write { connection in
            guard try !mayRead("schema_versions", role: role, connection) else { return }
            try connection.execute("GRANT SELECT ON schema_versions TO \(quoted(role))", [])
        }
    }

    private static func statements(_ table: String, _ condition: String) -> [String] {
        [
            "ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE \(table) FORCE ROW LEVEL SECURITY",
            "DROP POLICY IF EXISTS own_rows ON \(table)",
            "CREATE POLICY own_rows ON \(table) USING (\(condition)) WITH CHECK (\(condition))",
            // The server keeps a policy as a tree, and tells it in other words: what it was made of stands beside it.
            "COMMENT ON POLICY own_rows ON \(table) IS '\(doubling("'", in: condition))'",
        ]
    }

    /// Where one role has both parts, each owner sees their own rows alone all the same.
    private static func administer(_ table: String, role: String, _ connection: any SQLConnection) throws {
        guard try !isCurrent(role, connection),
            try !holds(
                "SELECT 1 FROM pg_policy WHERE polrelid = ?::text::regclass AND polname = 'administration'",
                [.text(table)], connection)
        else { return }
        try connection.execute(
            "CREATE POLICY administration ON \(table) FOR SELECT TO CURRENT_USER USING (true)", [])
    }

    private static func isCurrent(_ role: String, _ connection: any SQLConnection) throws -> Bool {
        try holds("SELECT 1 WHERE current_user = ?", [.string(role)], connection)
    }

    /// Runs `body` where a migration must see the rows of all owners: as the tables' owner, whom FORCE would keep from them.
    /// Nobody else sees more meanwhile: the tables are locked to the transaction's end.
    static func lifted(_ tables: [String], _ connection: any SQLConnection, _ body: () throws -> Void) throws {
        for table in tables { try connection.execute("ALTER TABLE \(table) NO FORCE ROW LEVEL SECURITY", []) }
        try body()
        for table in tables { try connection.execute("ALTER TABLE \(table) FORCE ROW LEVEL SECURITY", []) }
    }

    private static func isApplied(
        _ condition: String, to table: String, role: String, _ connection: any SQLConnection
    ) throws -> Bool {
        try holds(
            """
            SELECT 1 FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'own_rows'
            WHERE c.oid = ?::text::regclass AND c.relrowsecurity AND c.relforcerowsecurity
                AND obj_description(p.oid, 'pg_policy') = ?
                AND \(allRights.map { hasRight($0, to: table) }.joined(separator: " AND "))
            """,
            [.text(table), .text(condition)] + Array(repeating: .string(role), count: allRights.count), connection)
    }

    /// Of the role that `?` names: that it has a right that it is to have, and none else but as the tables' owner.
    private static func hasRight(_ right: String, to table: String) -> String {
        let has = "has_table_privilege(?, c.oid, '\(right)')"
        return rights(to: table).contains(right) ? has : "(NOT \(has) OR pg_get_userbyid(c.relowner) = current_user)"
    }

    private static func mayRead(_ table: String, role: String, _ connection: any SQLConnection) throws -> Bool {
        try holds(
            "SELECT 1 WHERE has_table_privilege(?, ?::text::regclass, 'SELECT')", [.string(role), .text(table)],
            connection)
    }

    private static func holds(_ sql: String, _ values: [SQLValue], _ connection: any SQLConnection) throws -> Bool {
        try !connection.rows(sql, values).isEmpty
    }

    private static func quoted(_ role: String) -> String {
        "\"\(doubling("\"", in: role))\""
    }

    private static func doubling(_ quote: Character, in text: String) -> String {
        text.split(separator: quote, omittingEmptySubsequences: false).joined(separator: "\(quote)\(quote)")
    }
}
