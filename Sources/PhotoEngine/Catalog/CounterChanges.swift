import Core

/// What a transaction adds to the counters, gathered while it changes rows and written at its end.
struct CounterChanges {
    /// The names of `totals`.
    enum Total: Hashable {
        case photos, missing, unreadable, files, bytes
        case jobs(JobState)
        /// How often something changed that no other counter counts.
        case changes
        /// How often clusters or what decides on them changed.
        case comparisons

        var name: String {
            switch self {
            case .photos: "photos"
            case .missing: "missing"
            case .unreadable: "unreadable"
            case .files: "files"
            case .bytes: "bytes"
            case .jobs(let state): "jobs.\(state.rawValue)"
            case .changes: "changes"
            case .comparisons: "comparisons"
            }
        }
    }

    private struct MonthPlace: Hashable {
        let month: Int
        let place: String
    }

    private var months: [Int: Int] = [:]
    private var places: [MonthPlace: Int] = [:]
    private var totals: [Total: Int64] = [:]

    mutating func add(_ count: Int64, to total: Total) {
        totals[total, default: 0] += count
    }

    mutating func moveJobs(_ count: Int = 1, from old: JobState?, to new: JobState) {
        if let old { add(Int64(-count), to: .jobs(old)) }
        add(Int64(count), to: .jobs(new))
    }

    /// Adds `count` timeline photos of a month, at `place` where it is known.
    mutating func addToTimeline(_ count: Int, month: Int, place: String?) {
        months[month, default: 0] += count
        if let place { places[MonthPlace(month: month, place: place), default: 0] += count }
    }

    func write(to connection: any SQLConnection, owner: SQLValue) throws {
        try CounterChanges.add(
            months.filter { $0.value != 0 }.map { [owner, .int($0.key), .int($0.value)] },
            to: "month_counts", key: "owner, month", counter: "photos", connection)
        try CounterChanges.add(
            places.filter { $0.value != 0 }.map {
                [owner, .int($0.key.month), .string($0.key.place), .int($0.value)]
            }, to: "place_counts", key: "owner, month, place", counter: "photos", connection)
        try CounterChanges.add(
            totals.filter { $0.value != 0 }.map { [owner, .text($0.key.name), .int($0.value)] },
            to: "totals", key: "owner, name", counter: "value", connection)
    }

    private static func add(
        _ rows: [[SQLValue]], to table: String, key: String, counter: String, _ connection: any SQLConnection
    ) throws {
        guard let columns = rows.first?.count else { return }
        try connection.insert(
            into: "\(table) (\(key), \(counter))",
            row: "(" + repeatElement("?", count: columns).joined(separator: ", ") + ")", values: rows,
            onConflict: "ON CONFLICT (\(key)) DO UPDATE SET \(counter) = \(table).\(counter) + excluded.\(counter)")
    }
}
