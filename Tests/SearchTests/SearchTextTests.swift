import Core
import Search
import Testing

@Suite("A search as it is typed")
struct SearchTextTests {
    private func part(_ text: String) throws -> SearchQuery.Part {
        let query = try SearchText.query(text)
        try #require(query.clauses.count == 1 && query.clauses[0].parts.count == 1)
        return query.clauses[0].parts[0]
    }

    private static func moment(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        CaptureTime(year: year, month: month, day: day, hour: 0, minute: 0, second: 0, source: .exif)!.wallMicroseconds
    }

    @Test("Words, phrases, what must not be, and OR, which binds closer than the blank")
    func terms() throws {
        func text(_ words: String..., whole: Bool = false) -> SearchQuery.Condition {
            .text(SearchWords(words: words, isWhole: whole))
        }
        #expect(try SearchText.query("  ") == SearchQuery())
        #expect(try part("Lisbôn").condition == text("lisbon"))
        #expect(try part("IMG_2041").condition == text("img", "2041"))
        #expect(try part("\"Night  Sky\"").condition == text("night", "sky", whole: true))
        #expect(try part("\"not closed").condition == text("not", "closed", whole: true))
        #expect(try part("-a").isExcluded)
        #expect(try part("-\"a b\"").isExcluded)
        #expect(try part("a-b").condition == text("a", "b", whole: true))
        let query = try SearchText.query("one OR two three -four | five")
        #expect(
            query.clauses.map { $0.parts.map(\.condition) }
                == [[text("one"), text("two")], [text("three")], [text("four"), text("five")]])
        #expect(query.clauses[2].parts.map(\.isExcluded) == [true, false])
        #expect(try part("or").condition == text("or"))
        #expect(try part("\"OR\"").condition == text("or", whole: true))
    }

    @Test(
        "Numbers have bounds",
        arguments: [
            ("iso:>800", SearchQuery.Number.iso, SearchBounds(lower: .init(800, isIncluded: false))),
            ("iso:800", .iso, SearchBounds(lower: .init(800, isIncluded: true), upper: .init(800, isIncluded: true))),
            ("ISO:<=100", .iso, SearchBounds(upper: .init(100, isIncluded: true))),
            (
                "iso:100..400", .iso,
                SearchBounds(lower: .init(100, isIncluded: true), upper: .init(400, isIncluded: true))
            ),
            ("f:<2", .aperture, SearchBounds(upper: .init(2, isIncluded: false))),
            ("aperture:>=f/5.6", .aperture, SearchBounds(lower: .init(5.6, isIncluded: true))),
            ("shutter:<1/250", .shutter, SearchBounds(upper: .init(0.004, isIncluded: false))),
            ("shutter:>2s", .shutter, SearchBounds(lower: .init(2, isIncluded: false))),
            ("focal:>=200mm", .focalLength, SearchBounds(lower: .init(200, isIncluded: true))),
            ("rating:4..", .rating, SearchBounds(lower: .init(4, isIncluded: true))),
            ("size:>10MB", .byteCount, SearchBounds(lower: .init(10_000_000, isIncluded: false))),
            ("size:<1.5MiB", .byteCount, SearchBounds(upper: .init(1_572_864, isIncluded: false))),
            ("width:>4000px", .width, SearchBounds(lower: .init(4000, isIncluded: false))),
        ] as [(String, SearchQuery.Number, SearchBounds)])
    func numbers(text: String, number: SearchQuery.Number, bounds: SearchBounds) throws {
        #expect(try part(text).condition == .number(number, bounds))
    }

    @Test("Dates are spans of days, months and years; a year or month alone may be a word as well")
    func dates() throws {
        func span(_ text: String) throws -> Range<Int64>? {
            if case .taken(let range) = try SearchText.query(text).clauses.first?.parts.first?.condition {
                range
            } else {
                nil
            }
        }
        #expect(try span("2019") == Self.moment(2019, 1, 1)..<Self.moment(2020, 1, 1))
        #expect(try span("2021-07") == Self.moment(2021, 7, 1)..<Self.moment(2021, 8, 1))
        #expect(try span("2021-12") == Self.moment(2021, 12, 1)..<Self.moment(2022, 1, 1))
        #expect(try span("2024-02-29") == Self.moment(2024, 2, 29)..<Self.moment(2024, 3, 1))
        #expect(try span("2019..2021") == Self.moment(2019, 1, 1)..<Self.moment(2022, 1, 1))
        #expect(try span("date:2020..") == Self.moment(2020, 1, 1)..<(.max))
        #expect(try span("..2019-06") == .min..<Self.moment(2019, 7, 1))
        #expect(try span("date:<2020") == .min..<Self.moment(2020, 1, 1))
        #expect(try span("date:>2020") == Self.moment(2021, 1, 1)..<(.max))
        #expect(try part("date:jul").condition == .monthOfYear(7))
        let july = try SearchText.query("July").clauses
        #expect(
            july.map { $0.parts.map(\.condition) } == [
                [.monthOfYear(7), .text(SearchWords(words: ["july"], isWhole: false))]
            ])
        #expect(try SearchText.query("2041").clauses[0].parts.count == 2)
        #expect(try SearchText.query("2021-07").clauses[0].parts.count == 1)
        let not = try SearchText.query("-2019").clauses
        #expect(not.count == 2 && not.allSatisfy { $0.parts.count == 1 && $0.parts[0].isExcluded })
    }

    @Test("Names, states, what is lacking, kinds and positions")
    func fields() throws {
        #expect(try part("camera:x100").condition == .name(.camera, SearchWords(words: ["x", "100"], isWhole: false)))
        #expect(
            try part("album:\"Trips/Lisbon\"").condition
                == .name(.album, SearchWords(words: ["trips", "lisbon"], isWhole: true)))
        #expect(
            try part("-tag:work") == .init(.name(.tag, SearchWords(words: ["work"], isWhole: false)), isExcluded: true))
        #expect(try part("in:lisbon").condition == .name(.place, SearchWords(words: ["lisbon"], isWhole: false)))
        #expect(try part("is:favorite").condition == .state(.favourite))
        #expect(try part("no:gps").condition == .lacks(.position))
        #expect(try part("has:gps") == .init(.lacks(.position), isExcluded: true))
        #expect(try part("-has:gps") == .init(.lacks(.position)))
        #expect(try part("type:JPG").condition == .media(.jpeg))
        #expect(try part("type:video").condition == .video)
        #expect(try part("near:38.7,-9.1,5km").condition == .near(latitude: 38.7, longitude: -9.1, metres: 5000))
        #expect(try part("near:38.7,-9.1,250m").condition == .near(latitude: 38.7, longitude: -9.1, metres: 250))
        #expect(try part("near:38.7,-9.1").condition == .near(latitude: 38.7, longitude: -9.1, metres: 1000))
        for field in SearchField.all { _ = try SearchText.query(field.example) }
    }

    @Test(
        "What can't be understood is told with its place",
        arguments: [
            ("a camra:x b", 2..<8, "camera:"), ("-camra:x", 1..<7, "camera:"), ("iso:>x", 4..<6, ""),
            ("é iso:x", 6..<7, ""),
            ("OR a", 0..<2, ""), ("a OR", 2..<4, ""), ("a OR OR b", 5..<7, ""), ("album:", 6..<6, "album:"),
            ("x ***", 2..<5, ""), ("is:favourit", 3..<11, "is:favourite"), ("near:91,0", 5..<9, ""),
            ("near:1", 5..<6, "near:"),
            ("near:1,2,2000km", 5..<15, ""), ("2021-13", 0..<7, ""), ("2023-02-29", 0..<10, ""),
            ("2021..2019", 0..<10, ""),
            ("iso:400..100", 4..<12, ""), ("iso:1e9", 4..<7, ""), ("iso:-1", 4..<6, ""), ("rating:6", 7..<8, ""),
            ("rating:3.5", 7..<10, ""), ("shutter:1/0", 8..<11, ""), ("date:soon", 5..<9, ""), ("size:10XB", 5..<9, ""),
            ("width:99999999999999999", 6..<23, ""), ("-", 0..<1, ""), ("tag:\"\"", 6..<6, ""), ("iso:..", 4..<6, ""),
        ] as [(String, Range<Int>, String)])
    func faults(text: String, place: Range<Int>, hint: String) throws {
        do {
            _ = try SearchText.query(text)
            Issue.record("\(text) was understood")
        } catch {
            #expect(error.place == place, "\(error)")
            #expect(error.whatToDo.contains(hint), "\(error)")
        }
    }

    @Test("Hostile text is read in no time, or refused")
    func hostile() throws {
        let long = String(repeating: "a", count: 10_000)
        #expect(
            try part(long).condition == .text(SearchWords(words: [String(repeating: "a", count: 64)], isWhole: false)))
        let many = String(repeating: "a ", count: 5000)
        #expect(throws: SearchFault.self) { try SearchText.query(many) }
        for text in [
            "'; DROP TABLE photos; --", "\u{1B}[31m", "\u{202E}x", "👩‍👩‍👧", String(repeating: "\"", count: 10_001),
            String(repeating: "-", count: 9999), String(repeating: "iso:", count: 2500), "a\u{0}b", "شمس", "\u{301}",
            String(repeating: "e\u{301}", count: 5000),
        ] {
            let start = ContinuousClock.now
            _ = try? SearchText.query(text)
            _ = SearchCompletion(text, cursor: text.count)
            #expect(ContinuousClock.now - start < .seconds(2))
        }
    }

    @Test("What is typed last is completed: fields, their values, names and words")
    func completion() throws {
        func kind(_ text: String, cursor: Int? = nil) -> SearchCompletion.Kind? {
            SearchCompletion(text, cursor: cursor ?? text.count)?.kind
        }
        #expect(SearchCompletion("lisbon ", cursor: 7) == nil)
        #expect(SearchCompletion("", cursor: 0) == nil)
        #expect(kind("is:fa") == .choices(["favourite"]))
        #expect(kind("tag:wo") == .names([.name(.tag)], beginning: "wo", choices: []))
        #expect(kind("a date:ju") == .names([.year], beginning: "ju", choices: ["june", "july"]))
        guard case .names(let kinds, "ca", let choices) = kind("x ca") else { throw SearchFault("no names", at: 0..<0) }
        #expect(kinds.contains(.word) && choices == ["camera:"])
        #expect(kind("20") == .names([.year], beginning: "20", choices: []))
        let album = try #require(SearchCompletion("x -album:tri y", cursor: 12))
        #expect(album.place == 3..<12)
        #expect(album.text(of: "Trips/Lisbon") == "album:\"Trips/Lisbon\"")
        #expect(
            try part(album.text(of: "a \"b\" c")).condition
                == .name(.album, SearchWords(words: ["a", "b", "c"], isWhole: true)))
    }
}
