import Contracts
import Core
import Foundation
import SystemPackage
import Testing

@testable import Catalog

@Suite("Statements that must stay cheap at a million photos")
struct QueryPlanTests {
    @Test(
        "A timeline page walks the timeline's index and sorts nothing",
        arguments: [
            TimelineQuery(limit: 200),
            TimelineQuery(month: Month(year: 2024, month: 7), limit: 200),
            TimelineQuery(month: Month(year: 2024, month: 7), skip: 5000, limit: 200),
            TimelineQuery(skip: 5000, limit: 200),
            TimelineQuery(after: TimelinePosition("1720000000000000_01890a5d-ac96-774b-bcce-b302099a8057"), limit: 200),
            TimelineQuery(
                month: Month(year: 2024, month: 7),
                after: TimelinePosition("1720000000000000_01890a5d-ac96-774b-bcce-b302099a8057"), limit: 200),
        ])
    func page(_ query: TimelineQuery) async throws {
        let page = Timeline.page(query, columns: PhotoColumns.entry, owner: .bytes([]))
        let plan = try await plan(page.sql, page.values)
        #expect(plan.contains("USING INDEX photos_timeline"), "\(plan)")
        #expect(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "\(plan)")
        if query.skip > 0 { #expect(plan.contains("USING COVERING INDEX photos_timeline"), "\(plan)") }
        if query.after != nil {
            #expect(plan.contains("(month,taken_at,id)<") || plan.contains("(taken_at,id)<"), "\(plan)")
        }
    }

    @Test("Favourites, missing photos and each rating have an index of their own, in order")
    func lists() async throws {
        let catalog = try await SQLCatalog.open(
            SQLiteDatabase.inMemory(settings: SQLiteSettings()), owner: "local", clock: FixedClock(),
            random: SystemRandom())
        let photo = try await catalog.addPhoto(1, keywords: [])
        _ = try await catalog.edit(.favourite(true), [photo])
        _ = try await catalog.edit(.rating(4), [photo])
        try await catalog.database.write { _ = try $0.execute("UPDATE photos SET is_missing = 1", []) }
        for (conditions, index) in [
            ([SearchQuery.Condition.state(.favourite)], "photos_favourites"), ([.state(.missing)], "photos_missing"),
            ([.number(.rating, SearchBounds(lower: .init(4, isIncluded: true)))], "photos_rated"),
            ([.state(.favourite), .number(.rating, SearchBounds(upper: .init(4, isIncluded: true)))], "photos_"),
        ] {
            let query = SearchQuery(conditions.map { .init([.init($0)]) })
            let found = try await catalog.database.read { try SearchPlan(query, owner: catalog.owner, $0) }
            let page = found.statement(
                try #require(found.streams.first), columns: PhotoColumns.qualifiedEntry, owner: catalog.owner,
                after: nil, floor: nil)
            let plan = try await plan(page.sql, page.values + [.int(9)])
            #expect(plan.contains("USING INDEX \(index)") && !plan.contains("photos_timeline"), "\(plan)")
            #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
        }
    }

    @Test("What a search finds is read from its words' lists in order, without sorting")
    func searches() async throws {
        let after = TimelinePosition("1720000000000000_01890a5d-ac96-774b-bcce-b302099a8057")
        let owner = try #require(OwnerID("01890a5d-ac96-774b-bcce-b302099a8057"))
        let catalog = try await SQLCatalog.open(
            SQLiteDatabase.inMemory(settings: SQLiteSettings()), owner: "local", clock: FixedClock(),
            random: SystemRandom())
        let query = SearchQuery([
            .init([.init(.text(SearchWords(words: ["sea"], isWhole: true)), isExcluded: true)]),
            .init([.init(.taken(1_500_000_000_000_000..<1_700_000_000_000_000))]),
        ])
        let found = try await catalog.database.read { try SearchPlan(query, owner: owner, $0) }
        let tag = try #require(TagID("01890a5d-ac96-774b-bcce-b302099a8057"))
        let album = try #require(AlbumID("01890a5d-ac96-774b-bcce-b302099a8057"))
        for (stream, index) in [
            (SearchPlan.Stream.term(1), "s USING PRIMARY KEY (term=?"),
            (.tag(tag, isShown: true), "photo_tags_date (tag=? AND is_shown=?"),
            (.album(album, isShown: true), "album_photos_date (album=? AND is_shown=?"),
            (.timeline(isIn: true, nil), "photos_timeline (owner=? AND in_timeline=? AND"),
        ] {
            let statement = found.statement(
                stream, columns: PhotoColumns.qualifiedEntry, owner: owner, after: after, floor: nil)
            let plan = try await plan(statement.sql, statement.values + [.int(100)])
            #expect(plan.contains(index), "\(plan)")
            #expect(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "\(plan)")
        }
        try await catalog.close()
    }

    @Test("Tags and keywords are found by their lists, and asked of a photo by its keys")
    func tagged() async throws {
        let catalog = try await SQLCatalog.open(
            SQLiteDatabase.inMemory(settings: SQLiteSettings()), owner: "local", clock: FixedClock(),
            random: SystemRandom())
        let photo = try await catalog.addPhoto(1, keywords: ["Work", "night work"])
        try await catalog.edit(.addTags([.tag("workshop")]), [photo])
        let words = try #require(SearchWords("work", isQuoted: false))
        let owner = catalog.owner
        func made(_ part: SearchQuery.Part) async throws -> SearchPlan {
            try await catalog.database.read { try SearchPlan(SearchQuery([.init([part])]), owner: owner, $0) }
        }
        let found = try await made(.init(.name(.tag, words)))
        #expect(found.streams.count == 3, "\(found.streams)")
        for (search, streams) in [
            (found, found.streams),
            (try await made(.init(.name(.tag, words), isExcluded: true)), [.timeline(isIn: true, nil)]),
            (try await made(.init(.lacks(.tag))), [.timeline(isIn: true, nil)]),
        ] {
            for stream in streams {
                let page = search.statement(
                    stream, columns: PhotoColumns.qualifiedEntry, owner: owner, after: nil, floor: nil)
                let plan = try await plan(page.sql, page.values + [.int(100)])
                #expect(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "\(plan)")
            }
        }
        try await catalog.close()
    }

    @Test("A photo's jobs are found by their index, in order")
    func jobsOfPhoto() async throws {
        let plan = try await plan(SQLCatalog.jobsOfPhoto, [.bytes([]), .bytes([]), .int(9)])
        #expect(plan.contains("USING INDEX jobs_photo") && !plan.contains("TEMP B-TREE"), "\(plan)")
    }

    @Test(
        "Errors are read in each order from an index of the jobs that have one, whatever else is asked",
        arguments: TaskFilter.Order.allCases)
    func errors(_ order: TaskFilter.Order) async throws {
        let catalog = try await SQLCatalog.open(
            SQLiteDatabase.inMemory(settings: SQLiteSettings()), owner: "local", clock: FixedClock(),
            random: SystemRandom())
        let index =
            switch order {
            case .newest, .oldest: "jobs_error"
            case .runtime: "jobs_error_runtime"
            case .wait: "jobs_error_wait"
            case .retries: "jobs_error_attempts"
            case .ended: "jobs_error_ended"
            }
        var narrow = JobFilter(states: [.dead, .retrying])
        (narrow.kinds, narrow.queues, narrow.since) = ([.processPhoto], [.high], 5)
        for var filter in [JobFilter(), JobFilter(states: [.dead]), narrow] {
            (filter.errorPattern, filter.order) = ("x", order)
            let statement = catalog.errors(filter, holding: ["x"])
            let plan = try await plan(statement.sql, statement.values)
            #expect(plan.contains("USING INDEX \(index) (owner=?)") && !plan.contains("TEMP B-TREE"), "\(plan)")
        }
        try await catalog.close()
    }

    @Test(
        "A page of clusters walks its order's index from either end, filtered or not",
        arguments: ClusterQuery.Order.allCases)
    func clusters(_ order: ClusterQuery.Order) async throws {
        let index =
            switch order {
            case .bytesToWin: "duplicate_clusters_bytes"
            case .photos: "duplicate_clusters_photos"
            case .newest: "duplicate_clusters_newest"
            }
        let after = ClusterPosition("5_01890a5d-ac96-774b-bcce-b302099a8057")
        for filter in [ClusterFilter(), ClusterFilter(text: "lisbon", mostDistance: 4)] {
            for (isReversed, after) in [(false, nil), (true, nil), (false, after), (true, after)] {
                let query = ClusterQuery(order: order, isReversed: isReversed, filter: filter, after: after, limit: 100)
                for page in SQLCatalog.pages(query, owner: .bytes([]), dialect: .sqlite) {
                    let plan = try await plan(page.sql, page.values + [.int(100)])
                    #expect(plan.contains("USING INDEX \(index)") && !plan.contains("TEMP B-TREE"), "\(plan)")
                    #expect(!plan.contains("SCAN"), "\(plan)")
                    if after != nil { #expect(plan.contains("\(index) (owner=? AND "), "\(plan)") }
                    if filter != ClusterFilter() { #expect(plan.contains("compared_photos_cluster"), "\(plan)") }
                }
            }
        }
    }

    @Test("Photos in order of their ids come from the index of ids, and an owner's others are not read")
    func photosByID() async throws {
        for condition in ["1 = 1", "id > ?", "id >= ? AND id <= ?"] {
            let keys = [SQLValue](repeating: .bytes([]), count: condition.count { $0 == "?" })
            let sql = SQLCatalog.photos(inOrderOfIDs: condition, .sqlite)
            let plan = try await plan(sql, [.bytes([])] + keys + [.int(9)])
            #expect(plan.contains("photos USING INDEX sqlite_autoindex_photos_1"), "\(plan)")
            #expect(!plan.contains("owner=?") && !plan.contains("TEMP B-TREE"), "\(plan)")
        }
    }

    private func plan(_ sql: String, _ values: [SQLValue]) async throws -> String {
        let catalog = try await SQLCatalog.open(
            SQLiteDatabase.inMemory(settings: SQLiteSettings()), owner: "local", clock: FixedClock(),
            random: SystemRandom())
        return try await catalog.database.read { connection in
            try connection.rows("EXPLAIN QUERY PLAN " + sql, values).map { row in
                var row = row
                for _ in 0..<3 { _ = try row.int64() }
                return try row.text()
            }.joined(separator: "\n")
        }
    }
}
