import Core
import Foundation
import SystemPackage
import Testing
import Workflows

/// The same numbers in every run (Knuth's MMIX generator).
private struct RepeatedRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 33)
    }
}

@Suite("The nearest city")
struct CityIndexTests {
    private struct Row {
        let name: String
        let latitude: Double
        let longitude: Double

        var line: String {
            "\(name.dropFirst())\t\(latitude)\t\(longitude)\tPT\tPortugal\t\(name)\t\tEurope/Lisbon\t1\n"
        }

        func distance(_ other: GeoPosition) -> Double {
            let (one, two) = (latitude * .pi / 180, other.latitude * .pi / 180)
            let east = (longitude - other.longitude) * .pi / 180
            // Haversine (Sinnott, Virtues of the Haversine, 1984).
            let half = sin((one - two) / 2) * sin((one - two) / 2) + cos(one) * cos(two) * sin(east / 2) * sin(east / 2)
            return 2 * 6_371_008.8 * asin(min(1, half.squareRoot()))
        }
    }

    private func index(_ lines: String) throws -> CityIndex { try CityIndex(table: Array(lines.utf8)) }

    @Test("It is the one that a look at every city finds, at the poles and across the date line, too")
    func brute() throws {
        var random = RepeatedRandom(state: 6)
        let rows = (1...400).map { number in
            Row(
                name: "c\(number)", latitude: .random(in: -90...90, using: &random),
                longitude: .random(in: -180...180, using: &random))
        }
        let index = try index(rows.map(\.line).joined())
        #expect(index.count == 400)
        var positions = (0..<2000).compactMap { _ in
            GeoPosition(
                latitude: .random(in: -90...90, using: &random), longitude: .random(in: -180...180, using: &random))
        }
        for (latitude, longitude) in [
            (90.0, 0.0), (-90, 0), (90, 180), (0, 180), (0, -180), (66, 179.999), (-17, -179.999),
        ] {
            positions.append(try #require(GeoPosition(latitude: latitude, longitude: longitude)))
        }
        for position in positions {
            let found = try #require(index.nearest(to: position))
            let best = try #require(rows.map { $0.distance(position) }.min())
            // Single precision tells a metre apart.
            #expect(abs(found.distance - best) < 5, "\(position)")
        }
    }

    @Test("A quarter belongs to its city; a city in its own right, or across a border, to none")
    func quarters() throws {
        // As GeoNames has them.
        let lines = [
            "1\t38.72509\t-9.1498\tPT\tPortugal\tLisbon\t\tEurope/Lisbon\t517802\t14",
            "2\t38.7112\t-9.12772\tPT\tPortugal\tAlfama\t\tEurope/Lisbon\t2471\t14",
            "3\t38.67902\t-9.1569\tPT\tPortugal\tAlmada\t\tEurope/Lisbon\t101500\t19",
            "4\t38.68626\t-9.14847\tPT\tPortugal\tCacilhas\t\tEurope/Lisbon\t6017\t19",
            "5\t38.80097\t-9.37826\tPT\tPortugal\tSintra\t\tEurope/Lisbon\t7000\t14",
            "6\t41.1485\t-8.61097\tPT\tPortugal\tPorto\t\tEurope/Lisbon\t252687\t17",
            "7\t41.12401\t-8.61241\tPT\tPortugal\tVila Nova de Gaia\t\tEurope/Lisbon\t70811\t17",
            "8\t52.52437\t13.41053\tDE\tGermany\tBerlin\t\tEurope/Berlin\t3426354\t16",
            "9\t52.49973\t13.40338\tDE\tGermany\tKreuzberg\t\tEurope/Berlin\t153135\t16",
            "10\t52.39886\t13.06566\tDE\tGermany\tPotsdam\t\tEurope/Berlin\t145292\t11",
            "11\t40.71427\t-74.00597\tUS\tUnited States\tNew York City\tNew York\tAmerica/New_York\t8804190\tNY",
            "12\t40.78343\t-73.96625\tUS\tUnited States\tManhattan\tNew York\tAmerica/New_York\t1487536\tNY",
            "15\t35.6895\t139.69171\tJP\tJapan\tTokyo\t\tAsia/Tokyo\t9733276\t40",
            "16\t35.64657\t139.65325\tJP\tJapan\tSetagaya\t\tAsia/Tokyo\t877138\t40",
            "18\t35.6755\t139.63992\tJP\tJapan\tEifuku\t\tAsia/Tokyo\t15709\t40",
            "17\t35.80521\t139.71072\tJP\tJapan\tKawaguchi\t\tAsia/Tokyo\t607373\t34",
            // Of an older table, without a part of the country.
            "13\t-23.5475\t-46.63611\tBR\tBrazil\tSao Paulo\t\tAmerica/Sao_Paulo\t12400232",
            "14\t-23.54\t-46.64\tBR\tBrazil\tBom Retiro\t\tAmerica/Sao_Paulo\t2000",
        ]
        let index = try index(lines.map { $0 + "\n" }.joined())
        #expect(index.count == lines.count)
        let expected = [
            "Lisbon", "Lisbon/Alfama", "Almada", "Almada/Cacilhas", "Sintra", "Porto", "Vila Nova de Gaia", "Berlin",
            "Berlin/Kreuzberg", "Potsdam", "New York City", "Manhattan", "Tokyo", "Tokyo/Setagaya", "Tokyo/Eifuku",
            "Kawaguchi",
            "Sao Paulo", "Bom Retiro",
        ]
        for (line, name) in zip(lines, expected) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            let position = try #require(
                GeoPosition(latitude: Double(fields[1]) ?? .nan, longitude: Double(fields[2]) ?? .nan))
            let found = try #require(index.city(at: position))
            #expect([found.city.name, found.quarter?.name].compactMap { $0 }.joined(separator: "/") == name)
            #expect(index.nearest(to: position)?.city.name == String(fields[5]), "the nearest is what it was")
        }
    }

    @Test("Beyond a hundred kilometres there is no city")
    func far() throws {
        let index = try index(Row(name: "c1", latitude: 0, longitude: 179.9).line)
        func city(_ latitude: Double, _ longitude: Double) throws -> String? {
            index.city(at: try #require(GeoPosition(latitude: latitude, longitude: longitude)))?.city.name
        }
        #expect(try city(0, -179.9) == "c1", "22 km, across the date line")
        #expect(try city(0.85, 179.9) == "c1", "95 km")
        #expect(try city(0.95, 179.9) == nil, "106 km")
        #expect(try city(-90, 0) == nil)
    }

    @Test("Lines that are no city are passed over, and a table of none is refused")
    func hostile() throws {
        let sound = Row(name: "c1", latitude: 1, longitude: 1).line
        let bad = [
            "", "\t\t\t\t\t\t\t\t", "2\tnan\t0\tPT\tPortugal\ta\t\t\t1", "3\t91\t0\tPT\tPortugal\ta\t\t\t1",
            "4\t0\t-180.1\tPT\tPortugal\ta\t\t\t1", "5\t1\t1\tPortugal\tPortugal\ta\t\t\t1",
            "x\t1\t1\tPT\tPortugal\ta\t\t\t1",
            "-6\t1\t1\tPT\tPortugal\ta\t\t\t1", "7\t1\t1\tPT\tPortugal\t\t\t\t1", "8\t1\t1\tPT", "\u{0}\u{1b}[2J",
        ].joined(separator: "\n")
        let index = try index(bad + "\n" + sound)
        #expect(index.count == 1)
        #expect(index.nearest(to: try #require(GeoPosition(latitude: 2, longitude: 2)))?.city.name == "c1")
        for table in ["", "\n\n", bad] {
            let error = #expect(throws: EngineError.self) { try self.index(table) }
            #expect(error?.code == .corrupt)
        }
    }

    @Test("A position tells how the clocks stood there, in summer and in winter")
    func zone() async throws {
        let folder = FilePath(NSTemporaryDirectory()).appending("places-\(UUID().uuidString).tsv")
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let lines =
            "1\t38.7\t-9.1\tPT\tPortugal\tLisbon\t\tEurope/Lisbon\t1\n2\t27.7\t85.3\tNP\tNepal\tKathmandu\t\tAsia/Kathmandu\t1\n3\t0\t1\tXX\tNowhere\tNowhere\t\tNo/Zone\t1\n"
        try Data(lines.utf8).write(to: URL(filePath: folder.string))
        let table = PlaceTable(file: folder)
        func offset(_ latitude: Double, _ longitude: Double, month: Int) async throws -> Int? {
            let time = CaptureTime(year: 2024, month: month, day: 10, hour: 12, minute: 0, second: 0, source: .exif)
            let position = try #require(GeoPosition(latitude: latitude, longitude: longitude))
            return try await table.place(at: position, time).offsetMinutes
        }
        #expect(try await offset(38.7, -9.1, month: 7) == 60)
        #expect(try await offset(38.7, -9.1, month: 1) == 0)
        #expect(try await offset(27.7, 85.3, month: 1) == 345)
        #expect(try await offset(0, 1, month: 1) == nil)
        await #expect(throws: EngineError.self) { try await PlaceTable(file: nil).cities() }
    }
}
