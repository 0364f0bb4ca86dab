import Core

extension SQLCatalog {
    func clustersToCalibrate(limit: Int) async throws -> [ClusterID] {
        // The last eight bytes of an id are random (UUIDv7): whatever came in when is as likely.
        try await database.rows(
            """
            WITH widths AS (
                SELECT cluster, coalesce(max(distance), 0) AS width FROM compared_photos
                WHERE owner = ? AND cluster IS NOT NULL GROUP BY cluster
            ), ranked AS (
                SELECT widths.cluster, width,
                    row_number() OVER (PARTITION BY width ORDER BY substr(widths.cluster, 9), widths.cluster) AS place
                FROM widths JOIN duplicate_clusters ON duplicate_clusters.id = widths.cluster
                WHERE duplicate_clusters.owner = ? AND widths.cluster NOT IN (
                    SELECT compared_photos.cluster FROM calibration_answers
                    JOIN compared_photos ON compared_photos.photo = calibration_answers.first
                        OR compared_photos.photo = calibration_answers.second
                    WHERE calibration_answers.owner = ? AND compared_photos.cluster IS NOT NULL)
            )
            SELECT cluster FROM ranked ORDER BY place, width LIMIT ?
            """, [ownerValue, ownerValue, ownerValue, .int(max(0, limit))]
        ).map { row in
            var row = row
            return try row.id()
        }
    }

    func keep(_ answers: [CalibrationAnswer]) async throws {
        let now = clock.microseconds
        try await database.write { [ownerValue] connection in
            let photos = Array(Set(answers.flatMap { [$0.first, $0.second] }))
            let known = try connection.rows(
                "SELECT 1 FROM photos WHERE owner = ? AND id = ?", each: photos.map { [ownerValue, .id($0)] })
            if let unknown = zip(photos, known).first(where: { $1.isEmpty }) {
                throw EngineError(.notFound, "there is no photo \(unknown.0)")
            }
            try connection.send(
                """
                INSERT INTO calibration_answers (owner, first, second, distance, is_same, answered_at)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (owner, first, second) DO UPDATE SET distance = excluded.distance,
                    is_same = excluded.is_same, answered_at = excluded.answered_at
                """,
                each: answers.map {
                    [ownerValue, .id($0.first), .id($0.second), .int($0.distance), .bool($0.isSame), .int(now)]
                })
        }
    }

    func denials(in clusters: [ClusterID]) async throws -> [CalibrationAnswer?] {
        let values = clusters.map { [.id($0), ownerValue, ownerValue, .bool(false), ownerValue, .id($0)] }
        return try await database.read { try $0.rows(Self.denial, each: values) }.map { rows in
            guard var row = rows.first else { return nil }
            let (first, second): (PhotoID, PhotoID) = try (row.id(), row.id())
            return CalibrationAnswer(first, second, distance: try row.int(), isSame: false)
        }
    }

    /// From each photo of the cluster to its answers, in SQLite by the order of the CROSS JOIN: else it tries every pair of them,
    /// for minutes where they are 50,000.
    private static let denial = """
        SELECT answer.first, answer.second, answer.distance
        FROM compared_photos AS one CROSS JOIN calibration_answers AS answer CROSS JOIN compared_photos AS other
        WHERE one.cluster = ? AND one.owner = ? AND answer.owner = ? AND answer.first = one.photo AND answer.is_same = ?
            AND other.photo = answer.second AND other.owner = ? AND other.cluster = ?
        ORDER BY answer.first, answer.second LIMIT 1
        """

    func calibrationCounts() async throws -> [CalibrationCount] {
        try await database.rows(Self.counts, [ownerValue]).map(Self.count)
    }

    private static let counts = """
        SELECT distance, count(*), CAST(sum(is_same) AS bigint) FROM calibration_answers WHERE owner = ?
        GROUP BY distance ORDER BY distance
        """

    private static func count(_ row: SQLRow) throws -> CalibrationCount {
        var row = row
        return CalibrationCount(distance: try row.int(), answers: try row.int(), same: try row.int())
    }

    func calibrate(precision: Double, distance: Int?, actor: String, reason: String) async throws -> Calibration {
        let now = clock.microseconds
        return try await database.write { [self] connection in
            let answers = try connection.rows(Self.counts, [ownerValue]).map(Self.count).reduce(0) { $0 + $1.answers }
            try connection.execute(
                """
                INSERT INTO calibrations (owner, precision_asked, distance, answers, calibrated_at, actor)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (owner) DO UPDATE SET precision_asked = excluded.precision_asked,
                    distance = excluded.distance, answers = excluded.answers,
                    calibrated_at = excluded.calibrated_at, actor = excluded.actor
                """,
                [
                    ownerValue, .double(precision), .int(distance), .int(answers), .int(now), .string(actor),
                ])
            let reach = distance.map { "up to \($0) bits" } ?? "at no distance"
            try append(
                JournalEntry(
                    id: newIdentifier(), at: now, actor: actor, action: "calibrate duplicates",
                    subject: "\(precision)",
                    outcome: "\(reach), by \(answers) answer\(answers == 1 ? "" : "s")"
                        + (reason.isEmpty ? "" : ": \(reason)")),
                to: connection)
            return Calibration(
                precision: precision, distance: distance, answers: answers, calibratedAt: now, actor: actor)
        }
    }

    func calibration() async throws -> Calibration? {
        let found = try await database.row(
            "SELECT precision_asked, distance, answers, calibrated_at, actor FROM calibrations WHERE owner = ?",
            [ownerValue])
        guard var row = found else { return nil }
        let precision = try SQLRow.present(row.optionalDouble())
        return Calibration(
            precision: precision, distance: try row.optionalInt(), answers: try row.int(),
            calibratedAt: try row.int64(), actor: try row.text())
    }
}
