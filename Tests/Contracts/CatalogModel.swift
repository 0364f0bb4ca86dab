import Core
import SystemPackage

/// What a catalogue should hold, kept the plainest way, to compare with after random operations.
struct CatalogModel {
    private struct Item {
        var id: PhotoID
        var month: Month
        var place: String?
        var isUnreadable = false
    }

    private var photos: [Int: Item] = [:]
    /// Which photo's bytes are at a path, and whether it is there.
    private var files: [FilePath: (number: Int, isPresent: Bool)] = [:]
    private var running: [JobID: Int] = [:]
    private var random: SeededRandom

    private init(seed: UInt64) { random = SeededRandom(seed: seed) }

    static let `case` = ContractCase<CatalogSubject>("Counters and marks equal recounts after any operations") {
        subject in
        var model = CatalogModel(seed: 20_241)
        for step in 0..<400 {
            try await model.step(subject)
            if step % 40 == 39 { try await model.compare(subject.catalog, step: step) }
        }
        try await subject.stranger.requireSound()
    }

    private mutating func step(_ subject: CatalogSubject) async throws {
        let catalog = Bool.random(using: &random) ? subject.catalog : subject.second
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: try await record(catalog)
        case 4:
            let paths = somePaths()
            try await catalog.markMissing(paths)
            for path in paths { files[path]?.isPresent = false }
        case 5:
            let paths = somePaths()
            try await catalog.markPresent(paths)
            for path in paths { files[path]?.isPresent = true }
        case 6:
            for job in try await catalog.claim(queue: .high, worker: "w", leaseSeconds: 1000, limit: 4) {
                running[job.id] = photos.first { $0.value.id == job.photo }?.key
            }
        case 7, 8: try await finishOne(catalog)
        default:
            subject.clock.advance(seconds: Double.random(in: 0...3, using: &random))
            _ = try await catalog.enqueueProcessing(photos.values.prefix(2).map(\.id))
        }
    }

    private func pathFor(_ number: Int) -> FilePath { FilePath("/m/\(number)") }

    private mutating func somePaths() -> [FilePath] {
        let count = Int.random(in: 0...3, using: &random)
        return (0..<count).map { _ in pathFor(Int.random(in: 0..<40, using: &random)) }
    }

    private mutating func record(_ catalog: any Catalog) async throws {
        var batch: [(path: FilePath, number: Int, month: Month)] = []
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            batch.append(
                (
                    pathFor(Int.random(in: 0..<40, using: &random)), Int.random(in: 0..<30, using: &random),
                    Month(year: 2000, month: Int.random(in: 1...6, using: &random))!
                ))
        }
        let outcomes = try await catalog.record(
            batch.map { scanned($0.number, path: $0.path, at: time($0.month.year, $0.month.month)) })
        for (item, outcome) in zip(batch, outcomes) {
            let wasMissing = photos[item.number] != nil && !isPresent(item.number)
            switch outcome {
            case .imported(let id):
                try require(photos[item.number] == nil, "only new bytes are imported")
                photos[item.number] = Item(id: id, month: item.month)
            case .known(let id), .moved(let id):
                try requireEqual(id, photos[item.number]?.id ?? id, "the photo of known bytes")
                try requireEqual(outcome, wasMissing ? .moved(id) : .known(id), "the outcome")
            case .unsupported, .rejected, .overQuota: throw ContractViolation("a photo was refused")
            }
            files[item.path] = (item.number, true)
        }
    }

    private mutating func finishOne(_ catalog: any Catalog) async throws {
        guard let job = running.keys.sorted().first, let number = running.removeValue(forKey: job) else { return }
        if Int.random(in: 0..<4, using: &random) == 0 {
            let isDone = try await catalog.fail(job, worker: "w", error: "bad", runAt: nil, unreadable: true)
            try require(isDone, "a job held can fail")
            photos[number]?.isUnreadable = true
        } else {
            let month = Month(year: 2001, month: Int.random(in: 1...3, using: &random))!
            let place = Bool.random(using: &random) ? "place \(number % 4)" : nil
            let result = processed(number) {
                $0.captureTime = time(month.year, month.month, source: .exif)
                $0.place = place
            }
            try require(try await catalog.finish(job, worker: "w", processed: result), "a job held can be finished")
            photos[number]?.isUnreadable = false
            photos[number]?.month = month
            photos[number]?.place = place
        }
    }

    private func isPresent(_ number: Int) -> Bool {
        files.values.contains { $0.number == number && $0.isPresent }
    }

    private func compare(_ catalog: any Catalog, step: Int) async throws {
        let visible = photos.values.filter { !$0.isUnreadable }
        let months = Dictionary(grouping: visible, by: \.month).mapValues(\.count)
        let counted = try await catalog.months()
        try requireEqual(
            counted, months.keys.sorted(by: >).map { MonthCount(month: $0, count: months[$0] ?? 0) },
            "the months after step \(step)")
        let entries = try await catalog.timeline(TimelineQuery(limit: 1000))
        try requireEqual(Set(entries.map(\.id)), Set(visible.map(\.id)), "the timeline after step \(step)")
        let missing = Set(photos.filter { !isPresent($0.key) }.map(\.value.id))
        for entry in entries {
            try requireEqual(entry.isMissing, missing.contains(entry.id), "a photo's mark after step \(step)")
        }
        let statistics = try await catalog.statistics()
        try requireEqual(statistics.photos, photos.count, "the photos after step \(step)")
        try requireEqual(statistics.missing, missing.count, "the missing photos after step \(step)")
        try requireEqual(statistics.files, files.count, "the files after step \(step)")
        for month in months.keys {
            let places = Dictionary(grouping: visible.filter { $0.month == month }.compactMap(\.place), by: { $0 })
                .mapValues(\.count)
            let expected = places.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
            try requireEqual(
                try await catalog.places(in: month, limit: 99), expected, "the places of \(month) after step \(step)")
        }
        try await catalog.requireSound()
    }
}
