import Catalog
import Core
import Foundation

extension Benchmark {
    static let catalogPages = Benchmark(
        name: "catalog", arguments: "CATALOGUE",
        summary: "Milliseconds of the month list, and of the first page and next page of any month, 200 photos a page."
    ) { arguments in
        guard let place = arguments.first else { throw EngineError(.invalidInput, "name a catalogue") }
        let clock = ContinuousClock()
        let opening = clock.now
        let catalog = try await CatalogPlace(place).open()
        let months = try await catalog.months()
        print(Measurement([clock.now - opening]).line("open and first month list"))
        guard !months.isEmpty else { throw EngineError(.notFound, "the catalogue has no photos") }

        // As the app's effects ask.
        try await withTaskExecutorPreference(catalog.executor) { try await measure(catalog, months) }
        try await catalog.close()
    }

    private static func measure(_ catalog: any Catalog, _ months: [MonthCount]) async throws {
        let clock = ContinuousClock()
        var list: [Duration] = []
        var first: [Duration] = []
        var next: [Duration] = []
        var skipped: [Duration] = []
        var places: [Duration] = []
        var marks: [Duration] = []
        for _ in 0..<1000 {
            list.append(try await clock.measure { _ = try await catalog.months() })
            let month = months.randomElement()!
            var page: [TimelineEntry] = []
            first.append(
                try await clock.measure {
                    page = try await catalog.timeline(TimelineQuery(month: month.month, limit: 200))
                })
            let after = page.last?.position
            next.append(
                try await clock.measure {
                    _ = try await catalog.timeline(TimelineQuery(month: month.month, after: after, limit: 200))
                })
        }
        // Apart: a peer of the above asks nothing else meanwhile.
        for _ in 0..<1000 {
            let month = months.randomElement()!
            let skip = Int.random(in: 0..<month.count)
            skipped.append(
                try await clock.measure {
                    _ = try await catalog.timeline(TimelineQuery(month: month.month, skip: skip, limit: 200))
                })
            places.append(try await clock.measure { _ = try await catalog.places(in: month.month, limit: 3) })
            marks.append(try await clock.measure { _ = try await catalog.changeMark() })
        }
        print(Measurement(list).line("month list"))
        print(Measurement(first).line("first page of any month"))
        print(Measurement(next).line("next page of any month"))
        print(Measurement(skipped).line("page anywhere in a month, by number"))
        print(Measurement(places).line("places of a month"))
        print(Measurement(marks).line("change mark"))
    }
}
