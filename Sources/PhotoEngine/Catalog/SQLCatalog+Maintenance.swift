import Core

extension SQLCatalog {
    func check() async throws -> [String] {
        let structure = try await database.integrityFaults()
        guard structure.isEmpty else { return structure }
        return try await database.read { [ownerValue] connection in
            try Invariant.all.flatMap { try $0.faults(ownerValue, connection: connection) }
        }
    }

    func statistics() async throws -> CatalogStatistics {
        try await database.read { [ownerValue, schemaVersion] connection in
            let totals = try SQLCatalog.totals(ownerValue, connection: connection)
            func total(_ total: CounterChanges.Total) -> Int { Int(totals[total.name] ?? 0) }
            var row = try SQLRow.present(
                try connection.row(
                    "SELECT CAST(coalesce(sum(photos), 0) AS BIGINT) FROM month_counts WHERE owner = ?", [ownerValue]))
            return CatalogStatistics(
                photos: total(.photos), timeline: try row.int(), missing: total(.missing),
                unreadable: total(.unreadable), files: total(.files), byteCount: ByteCount(Int64(total(.bytes))),
                schemaVersion: schemaVersion)
        }
    }

    func figures() async throws -> CatalogFigures {
        try await database.read { [ownerValue] connection in
            var figures = CatalogFigures()
            for row in try connection.rows(
                "SELECT kind, queue, state, count(*) FROM jobs WHERE owner = ? GROUP BY kind, queue, state",
                [ownerValue])
            {
                var row = row
                let sort = try CatalogFigures.JobSort(kind: row.choice(), queue: row.choice(), state: row.choice())
                figures.jobs[sort] = try row.int()
            }
            for row in try connection.rows(
                "SELECT state, count(*) FROM uploads WHERE owner = ? GROUP BY state", [ownerValue])
            {
                var row = row
                let state: UploadState = try row.choice()
                figures.uploads[state] = try row.int()
            }
            return figures
        }
    }

    func changeMark() async throws -> Int64 {
        try await database.changeMark()
    }

    func close() async throws {
        try await database.close()
    }
}
