import Core

/// The photo that a resolution keeps, so that taking one back finds those that came after.
let migration18 = Migration(
    version: 18,
    statements: { dialect in
        [
            "ALTER TABLE resolutions ADD COLUMN keeper \(dialect.bytes)",
            "CREATE INDEX resolutions_keeper ON resolutions (owner, keeper, id)",
        ]
    },
    work: { connection in
        var last = ResolutionID(bytes: [UInt8](repeating: 0, count: 16))
        while let from = last {
            let rows = try connection.rows(
                "SELECT id, content FROM resolutions WHERE id > ? ORDER BY id LIMIT 1000", [.id(from)])
            let keepers = try rows.map { row in
                var row = row
                let id: ResolutionID = try row.id()
                return (id, try ResolutionContent.decoded(try row.text()).keeper)
            }
            try connection.send(
                "UPDATE resolutions SET keeper = ? WHERE id = ?", each: keepers.map { [.id($0.1), .id($0.0)] })
            last = keepers.last?.0
        }
    })
