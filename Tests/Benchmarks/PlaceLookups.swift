import Core
import Foundation
import Workflows

extension Benchmark {
    /// A line of figures, then the city of each position.
    static let places = Benchmark(
        name: "places", arguments: "TABLE POSITIONS",
        summary: "looks up each position (latitude, tab, longitude on a line) and prints the city"
    ) { arguments in
        guard arguments.count == 2 else { throw EngineError(.invalidInput, "name a table and a file of positions") }
        let clock = ContinuousClock()
        let table = Array(try Data(contentsOf: URL(filePath: arguments[0])))
        var index: CityIndex?
        let reading = try clock.measure { index = try CityIndex(table: table) }
        let lines = try String(contentsOf: URL(filePath: arguments[1]), encoding: .utf8).split(separator: "\n")
        let positions = lines.compactMap { line in
            let parts = line.split(separator: "\t").compactMap { Double($0) }
            return parts.count == 2 ? GeoPosition(latitude: parts[0], longitude: parts[1]) : nil
        }
        guard let index, positions.count == lines.count else {
            throw EngineError(.invalidInput, "a line is no position")
        }
        var names: [String] = []
        names.reserveCapacity(positions.count)
        let looking = clock.measure {
            for position in positions { names.append(index.nearest(to: position)?.city.name ?? "") }
        }
        print(
            "{\"cities\": \(index.count), \"seconds\": \(reading / .seconds(1)), \"rate\": \(Double(positions.count) / (looking / .seconds(1)))}"
        )
        print(names.joined(separator: "\n"))
    }
}
