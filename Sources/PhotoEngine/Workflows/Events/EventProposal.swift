public import Core

/// Photos taken one after the other, with a gap in time or place around them, that may want to be an album.
public struct EventProposal: Hashable, Sendable {
    /// Oldest first; not empty.
    public let photos: [EventPhoto]

    public init(photos: [EventPhoto]) { self.photos = photos }

    /// What it is called by: its oldest photo's.
    public var id: PhotoID { photos[0].id }
    public var span: ClosedRange<Int64> {
        photos[0].wallMicroseconds...photos[photos.count - 1].wallMicroseconds
    }

    /// Where most of its photos with a place were taken: the city alone. Untrusted.
    public var city: String? {
        var counts: [Substring: Int] = [:]
        for photo in photos {
            if let city = photo.place?.prefix(while: { $0 != "," }), !city.isEmpty { counts[city, default: 0] += 1 }
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { String($0.key) }
    }

    /// `2024-07-12 Lisbon`: its first day, and its city. Untrusted.
    public var name: String {
        let day = String(
            CaptureTime(wallMicroseconds: span.lowerBound, offsetMinutes: nil, source: .exif).rfc3339.prefix(10))
        // A slash would nest the album.
        return ([day] + [city?.replacing("/", with: "-")].compactMap { $0 }).joined(separator: " ")
    }
}

/// What makes an event.
public struct EventRules: Hashable, Sendable {
    /// Hours without a photo that end one; a night is no end.
    public var gapHours = 18.0
    /// Kilometres between one photo and the next that end one, where `moveHours` lie between them, too.
    public var distance = 50.0
    public var moveHours = 2.0
    /// Fewer photos are no event.
    public var fewest = 8

    public init() {}

    /// Photos read at once.
    private static let page = 10_000
    /// An event of more ends here: what is longer than a year of pictures is no event.
    private static let most = 100_000

    /// Newest first.
    public func proposals(in catalog: any EventCatalog) async throws -> [EventProposal] {
        var found: [EventProposal] = []
        var open: [EventPhoto] = []
        var after: TimelinePosition?
        while true {
            let photos = try await catalog.eventPhotos(after: after, limit: Self.page)
            for photo in photos {
                if let last = open.last, isApart(photo, from: last, in: open) || open.count == Self.most {
                    found += proposal(of: open)
                    open = []
                }
                open.append(photo)
            }
            guard photos.count == Self.page, let last = photos.last else { break }
            after = TimelinePosition(wallMicroseconds: last.wallMicroseconds, id: last.id)
            try Task.checkCancellation()
        }
        return found + proposal(of: open)
    }

    private func proposal(of photos: [EventPhoto]) -> [EventProposal] {
        photos.count < max(1, fewest) ? [] : [EventProposal(photos: photos.reversed())]
    }

    /// Whether an older photo is of another event than the one after it.
    private func isApart(_ older: EventPhoto, from newer: EventPhoto, in event: [EventPhoto]) -> Bool {
        func hours(to other: EventPhoto) -> Double {
            Double(other.wallMicroseconds - older.wallMicroseconds) / 3_600_000_000
        }
        if hours(to: newer) > gapHours { return true }
        // From place to place: between the two may be photos without one.
        guard let here = older.position, let next = event.last(where: { $0.position != nil }),
            let there = next.position, hours(to: next) > moveHours
        else { return false }
        return Sphere.kilometres(here, there) > distance
    }
}

extension EventProposal {
    /// A name for an album that none has: another event of the day may have been there as well.
    public static func albumName(
        _ name: String, in catalog: any CollectionCatalog
    ) async throws -> CollectionName {
        let base = try CollectionName.album(name.filter { !$0.isNewline })
        var free = base
        var number = 2
        while try await catalog.album(named: free) != nil {
            free = try CollectionName.album("\(base.text) (\(number))")
            number += 1
        }
        return free
    }
}
