import Core

/// What a transaction adds to the counters, gathered while it changes rows and written at its end.
struct CounterChanges {
    /// The names of `totals`.
    enum Total: Hashable {
        case photos, missing, unreadable, files, bytes
        case jobs(JobState)

        var name: String {
            switch self {
            case .photos: "photos"
            case .missing: "missing"
            case .unreadable: "unreadable"
            case .files: "files"
            case .bytes: "bytes"
            case .jobs(let state): "jobs.\(state.rawValue)"
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
        for (month, count) in months where count != 0 {
            try connection.send(
                """
                INSERT INTO month_counts (owner, month, photos) VALUES (?, ?, ?)
                ON CONFLICT (owner, month) DO UPDATE SET photos = month_counts.photos + excluded.photos
                """, [owner, .int(month), .int(count)])
        }
        for (key, count) in places where count != 0 {
            try connection.send(
                """
                INSERT INTO place_counts (owner, month, place, photos) VALUES (?, ?, ?, ?)
                ON CONFLICT (owner, month, place) DO UPDATE SET photos = place_counts.photos + excluded.photos
                """, [owner, .int(key.month), .string(key.place), .int(count)])
        }
        for (total, count) in totals where count != 0 {
            try connection.send(
                """
                INSERT INTO totals (owner, name, value) VALUES (?, ?, ?)
                ON CONFLICT (owner, name) DO UPDATE SET value = totals.value + excluded.value
                """, [owner, .text(total.name), .int(count)])
        }
    }
}
