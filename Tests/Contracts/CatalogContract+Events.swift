import Core
import SystemPackage

extension CatalogContract {
    static let eventCases: [ContractCase<CatalogSubject>] = [
        ContractCase("Events are of photos in no album and of no refused time, and undoing brings them back") {
            subject in
            let catalog = subject.catalog
            func add(_ number: Int, _ day: Int, source: CaptureTimeSource = .exif) async throws -> PhotoID {
                try await catalog.addProcessed(number) {
                    $0.captureTime = time(2024, 7, day, source: source)
                    $0.position = number == 1 ? GeoPosition(latitude: 38.7, longitude: -9.1) : nil
                    $0.place = number == 1 ? "Lisbon, Portugal" : nil
                }
            }
            var photos: [PhotoID] = []
            for day in 1...5 { photos.append(try await add(day, day)) }
            // Of these it is not known when they were taken, or they are out of sight.
            _ = try await catalog.add(scanned(8, at: time(2024, 7, 3)))
            let archived = try await add(9, 3)
            try await catalog.edit(.archived(true), [archived])
            func found(after: TimelinePosition? = nil, limit: Int = 99) async throws -> [Int] {
                try await subject.second.eventPhotos(after: after, limit: limit).map {
                    (photos.firstIndex(of: $0.id) ?? -1) + 1
                }
            }
            try requireEqual(try await found(), [5, 4, 3, 2, 1], "newest first")
            try requireEqual(try await found(limit: 2), [5, 4], "a page")
            let fourth = TimelinePosition(wallMicroseconds: time(2024, 7, 4).wallMicroseconds, id: photos[3])
            try requireEqual(try await found(after: fourth), [3, 2, 1], "the next")
            let first = try requirePresent(try await catalog.eventPhotos(after: nil, limit: 9).last, "the oldest")
            try requireEqual(first.place, "Lisbon, Portugal", "its place")
            try requireEqual(first.position, GeoPosition(latitude: 38.7, longitude: -9.1), "its position")
            _ = try await catalog.addAlbum("Trips", [photos[4]])
            try requireEqual(try await found(), [4, 3, 2, 1], "without one in an album")
            let span = time(2024, 7, 2).wallMicroseconds...time(2024, 7, 3).wallMicroseconds
            let refusal = EditChange.refuseEvent(span, name: "July\u{1B}")
            try await catalog.edit(refusal)
            let edit = try await catalog.lastEdit()
            try requireEqual(edit.kind, .refuseEvent, "the edit")
            try requireEqual(edit.subject, "July\u{1B}", "what it is about")
            try requireEqual(try await found(), [4, 1], "without those of a refused time")
            photos.append(try await add(6, 2))
            try requireEqual(try await found(), [4, 1], "nor those that come later")
            try require(
                try await catalog.edit(EditRequest(refusal, actor: "a")) == nil,
                "what is refused already changes nothing")
            try requireEqual(try await subject.stranger.eventPhotos(after: nil, limit: 9), [], "a stranger's")
            _ = try await catalog.undo(edit)
            try requireEqual(try await found(), [4, 3, 6, 2, 1], "once that is undone")
            try await catalog.requireSound()
        }
    ]
}

extension OwnerTrial {
    static let events: [OwnerTrial] = [
        OwnerTrial("eventPhotos(after:limit:)") { own, other in
            let found = try await own.catalog.eventPhotos(after: nil, limit: 99)
            try requireOwn(found.map(\.id), of: own.photos, "what events are of")
        } use: { own in
            let span = Int64.min...Int64.max
            try await own.catalog.edit(.refuseEvent(span, name: "all"))
            try requireEqual(try await own.catalog.eventPhotos(after: nil, limit: 99), [], "what is left")
        }
    ]
}
