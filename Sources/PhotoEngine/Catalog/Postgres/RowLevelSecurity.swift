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

    /// Which rows of each table are the current owner's. Every table but `schema_versions` is here; a test compares.
    static let conditions: [(table: String, condition: String)] =
        [
            ("owners", "id = \(owner) OR name = nullif(current_setting('phototui.owner_name', true), '')"),
            ("photos", ownPhoto),
            ("photo_metadata", "EXISTS (SELECT 1 FROM photos WHERE photos.id = photo AND \(ownPhoto))"),
        ]
        + [
            "folders", "files", "jobs", "journal", "month_counts", "place_counts", "totals", "uploads",
            "upload_parts", "vectors", "uncompared_photos", "compared_photos", "duplicate_clusters", "hash_buckets",
            "duplicate_decisions", "resolutions",
        ].map { ($0, "owner = \(owner)") }

    /// `role` is whom the program runs as; it may change rows, and nothing else.
    static func statements(role: String) -> [String] {
        let role = "\"" + role.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        return conditions.flatMap { table, condition in
            [
                "ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE \(table) FORCE ROW LEVEL SECURITY",
                "DROP POLICY IF EXISTS own_rows ON \(table)",
                "CREATE POLICY own_rows ON \(table) USING (\(condition)) WITH CHECK (\(condition))",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON \(table) TO \(role)",
            ]
        } + ["GRANT SELECT ON schema_versions TO \(role)"]
    }
}
