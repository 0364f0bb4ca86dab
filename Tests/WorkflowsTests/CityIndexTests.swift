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

    @Test("Beyond a hundred kilometres there is no city")
    func far() throws {
        let index = try index(Row(name: "c1", latitude: 0, longitude: 179.9).line)
        func city(_ latitude: Double, _ longitude: Double) throws -> String? {
            index.city(at: try #require(GeoPosition(latitude: latitude, longitude: longitude)))?.name
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
