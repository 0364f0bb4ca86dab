import Foundation
import Testing

@Suite("places")
struct PlacesTests {
    private static let table = [
        "2267057\t38.72509\t-9.1498\tPT\tPortugal\tLisbon\t\tEurope/Lisbon\t517802",
        "2263480\t38.80097\t-9.37826\tPT\tPortugal\tSintra\t\tEurope/Lisbon\t7000",
        "4516749\t39.86089\t-83.6352\tUS\tUnited States\tLisbon\tOhio\tAmerica/New_York\t2845",
        "1283240\t27.70169\t85.3206\tNP\tNepal\tKathmandu \u{1b}[2J\t\tAsia/Kathmandu\t1442271",
    ].map { $0 + "\n" }.joined()

    /// Photos in Lisbon (two), Ohio's Lisbon, Kathmandu, in the Atlantic, and nowhere known.
    private func withPhotos(
        table: Bool, _ body: (_ program: Program, _ home: TestFolder, _ photos: TestFolder) async throws -> Void
    ) async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        try home.write(Data(Self.table.utf8), as: "places.tsv")
        var program = Program(home: home)
        program.environment["PHOTOTUI_PLACES"] = home.path + (table ? "/places.tsv" : "/none.tsv")
        let positions = [(38.71, -9.14), (38.72, -9.16), (39.86, -83.63), (27.7, 85.32), (0.5, -30)]
        for (number, position) in positions.enumerated() {
            try photos.write(TestPicture.png(seed: number), as: "\(number).png")
            let tagged = try await program.shell(
                """
                exiftool -q -n -overwrite_original -EXIF:DateTimeOriginal='2024:07:0\(number + 1) 12:00:00' \
                -GPSLatitude=\(abs(position.0)) -GPSLatitudeRef=N \
                -GPSLongitude=\(abs(position.1)) -GPSLongitudeRef=\(position.1 < 0 ? "W" : "E") \(number).png
                """, in: photos)
            #expect(tagged.exitCode == 0, "\(tagged.complaints)")
        }
        try photos.write(TestPicture.png(seed: 9), as: "9.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        try await body(program, home, photos)
    }

    private func cities(_ program: Program) async throws -> (cities: [String], unplaced: Int?) {
        let document = try await program.run(["places", "--json"]).document()
        let countries = try #require(document["countries"] as? [[String: Any]])
        let cities = countries.flatMap { country in
            (country["cities"] as? [[String: Any]] ?? []).map { city in
                "\(country["code"] ?? "") \(city["city"] ?? "") \(city["photos"] ?? "")"
            }
        }
        return (cities, document["unplaced"] as? Int)
    }

    @Test("A photo in a quarter of a city is found in both, and listed under the city")
    func quarters() async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        let table = [
            "2267057\t38.72509\t-9.1498\tPT\tPortugal\tLisbon\t\tEurope/Lisbon\t517802\t14",
            "2272032\t38.7112\t-9.12772\tPT\tPortugal\tAlfama\t\tEurope/Lisbon\t2471\t14",
            "6946668\t38.7069\t-9.15611\tPT\tPortugal\tSantos-o-Velho\t\tEurope/Lisbon\t4013\t14",
        ]
        try home.write(Data(table.map { $0 + "\n" }.joined().utf8), as: "places.tsv")
        var program = Program(home: home)
        program.environment["PHOTOTUI_PLACES"] = home.path + "/places.tsv"
        for (number, position) in [(38.7112, 9.1278), (38.7069, 9.156), (38.7251, 9.15), (38.712, 9.128)].enumerated() {
            try photos.write(TestPicture.png(seed: number), as: "\(number).png")
            let tagged = try await program.shell(
                """
                exiftool -q -n -overwrite_original -EXIF:DateTimeOriginal='2019:07:13 1\(number):00:00' \
                -GPSLatitude=\(position.0) -GPSLatitudeRef=N -GPSLongitude=\(position.1) -GPSLongitudeRef=W \(number).png
                """, in: photos)
            #expect(tagged.exitCode == 0, "\(tagged.complaints)")
        }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await cities(program).cities == ["PT Lisbon 4"])
        for (query, count) in [("in:lisbon", 4), ("in:alfama", 2), ("in:santos", 1), ("in:\"lisbon, portugal\"", 4)] {
            #expect(try await program.run(["search", "--count", query]).text.hasPrefix("\(count)"), "\(query)")
        }
        let shown = try await program.run(["show", "--json", photos.path + "/0.png"]).document()
        #expect(shown["place"] as? String == "Alfama, Lisbon, Portugal")
        let why = try await program.run(["why", photos.path + "/0.png"]).text
        #expect(why.contains("Alfama, Lisbon, Portugal, the city nearest to its position"), "\(why)")
        let months = try await program.run(["months", "--json"]).document()
        let month = try #require((months["months"] as? [[String: Any]])?.first)
        #expect(month["places"] as? [String] ?? ["Lisbon, Portugal"] == ["Lisbon, Portugal"])
        let events = try await program.run(["albums", "events", "--fewest", "4"]).text
        #expect(events.contains("Lisbon") && !events.contains("Alfama"), "\(events)")
        // With a table that has no quarters.
        try home.write(Data((table[0] + "\n").utf8), as: "places.tsv")
        #expect(try await program.run(["places", "fill", "--all"]).exitCode == 0)
        #expect(try await program.run(["search", "--count", "in:alfama"]).text.hasPrefix("0"))
        let again = try await program.run(["show", "--json", photos.path + "/0.png"]).document()
        #expect(again["place"] as? String == "Lisbon, Portugal")
    }

    private static let expected = ["NP Kathmandu \u{1b}[2J 1", "PT Lisbon 2", "US Lisbon 1"]

    @Test("An import looks up where photos were taken, and they are listed by country and city")
    func imported() async throws {
        try await withPhotos(table: true) { program, _, photos in
            let found = try await cities(program)
            #expect(found.cities == Self.expected)
            #expect(found.unplaced == 0)
            let plain = try await program.run(["places"]).text
            #expect(plain.contains("Kathmandu \\x1b[2J") && plain.contains("Lisbon, Ohio"), "\(plain)")
            let shown = try await program.run(["show", "--json", photos.path + "/3.png"]).document()
            #expect(shown["place"] as? String == "Kathmandu \u{1b}[2J, Nepal")
            #expect(shown["taken_at"] as? String == "2024-07-04T12:00:00+05:45")
            let sea = try await program.run(["show", "--json", photos.path + "/4.png"]).document()
            #expect(sea["place"] is NSNull && sea["taken_at"] as? String == "2024-07-05T12:00:00-00:00")

            let lisbon = try await program.run(["places", "show", "--json", "lisbon, portugal"])
            #expect(lisbon.exitCode == 0, "\(lisbon.complaints)")
            let names = try #require(try lisbon.document()["photos"] as? [[String: Any]])
                .compactMap { $0["filename"] as? String }
            #expect(names == ["1.png", "0.png"])
            let vague = try await program.run(["places", "show", "Lisbon"])
            #expect(vague.exitCode == 1 && vague.complaints.contains("4516749"), "\(vague.complaints)")
            #expect(try await program.run(["places", "show", "4516749"]).text.contains("2.png"))
            #expect(try await program.run(["places", "show", "Porto"]).exitCode == 1)
            let doctor = try await program.run(["doctor"])
            #expect(doctor.text.contains("4 cities"), "\(doctor.text)")
        }
    }

    @Test("Without a table photos wait, and a table that is imported later finds them")
    func filled() async throws {
        try await withPhotos(table: false) { program, home, photos in
            let waiting = try await cities(program)
            #expect(waiting.cities.isEmpty && waiting.unplaced == 5)
            let refused = try await program.run(["places", "fill"])
            #expect(refused.exitCode == 1 && !refused.complaints.isEmpty)
            try home.write(Data("no table".utf8), as: "bad.tsv")
            #expect(try await program.run(["places", "import", home.path + "/bad.tsv"]).exitCode == 1)
            let taken = try await program.run(["places", "import", home.path + "/places.tsv"])
            #expect(taken.exitCode == 0, "\(taken.complaints)")
            #expect(taken.text == "5 photos looked up, 4 near a city\n")
            #expect(try await cities(program).cities == Self.expected)
            #expect(try await program.run(["show", photos.path + "/0.png"]).text.contains("Lisbon, Portugal"))

            // The library has its own table from now on.
            var other = program
            other.environment["PHOTOTUI_PLACES"] = nil
            #expect(try await other.run(["places", "fill", "--json"]).document()["photos"] as? Int == 0)
            #expect(try await other.run(["places", "fill", "--all", "--json"]).document()["placed"] as? Int == 4)
            #expect(try await cities(other).cities == Self.expected)
            #expect(try await other.run(["doctor"]).text.contains("no fault found"))
        }
    }
}
