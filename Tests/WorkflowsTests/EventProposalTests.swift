import Core
import Testing
import Workflows

@Suite("Events that are proposed as albums")
struct EventProposalTests {
    /// Photos in the timeline's order, as a catalogue gives them.
    private struct Photos: EventCatalog {
        let photos: [EventPhoto]

        func eventPhotos(after: TimelinePosition?, limit: Int) async throws -> [EventPhoto] {
            let rest = photos.drop { photo in
                after.map { (photo.wallMicroseconds, photo.id) >= ($0.wallMicroseconds, $0.id) } ?? false
            }
            return Array(rest.prefix(limit))
        }
    }

    private static let lisbon = GeoPosition(latitude: 38.71, longitude: -9.14)
    private static let sintra = GeoPosition(latitude: 38.80, longitude: -9.38)
    private static let porto = GeoPosition(latitude: 41.15, longitude: -8.61)

    /// The hours at which they were taken, since the morning of a day.
    private func events(
        _ taken: [(hour: Double, at: GeoPosition?)], place: String? = nil,
        _ change: (inout EventRules) -> Void = { _ in }
    ) async throws -> [[Int]] {
        var rules = EventRules()
        rules.fewest = 2
        change(&rules)
        let photos = made(taken, place: place)
        return try await rules.proposals(in: Photos(photos: photos.reversed())).map { event in
            event.photos.map { photo in photos.firstIndex { $0.id == photo.id } ?? -1 }
        }
    }

    private func made(_ taken: [(hour: Double, at: GeoPosition?)], place: String? = nil) -> [EventPhoto] {
        let morning = CaptureTime(year: 2024, month: 7, day: 12, hour: 8, minute: 0, second: 0, source: .exif)!
        return taken.enumerated().map { index, photo in
            var bytes = [UInt8](repeating: 0, count: 16)
            (bytes[14], bytes[15]) = (UInt8(index >> 8), UInt8(index & 255))
            return EventPhoto(
                id: PhotoID(bytes: bytes)!,
                wallMicroseconds: morning.wallMicroseconds + Int64(photo.hour * 3_600_000_000), position: photo.at,
                place: place)
        }
    }

    @Test("A gap of time ends one, a night does not, and too few photos are none")
    func gaps() async throws {
        let week = [0.0, 1, 9, 24, 25, 72, 73, 200].map { (hour: $0, at: GeoPosition?.none) }
        #expect(try await events(week) == [[5, 6], [0, 1, 2, 3, 4]])
        #expect(try await events(week) { $0.gapHours = 10 } == [[5, 6], [3, 4], [0, 1, 2]])
        #expect(try await events(week) { $0.fewest = 3 } == [[0, 1, 2, 3, 4]])
        #expect(try await events([]) == [])
        #expect(try await events([(0, nil)]) { $0.fewest = 1 } == [[0]])
    }

    @Test("Far away some hours later it is another one; on the way, and where no place is known, it goes on")
    func places() async throws {
        let day = [
            (0.0, Self.lisbon), (1, Self.sintra), (4, Self.lisbon), (4.5, nil), (8, Self.porto), (9, Self.porto),
        ]
        #expect(try await events(day) == [[3, 4, 5], [0, 1, 2]])
        // Within two hours one may be on a train.
        #expect(try await events([(0, Self.lisbon), (1, Self.porto), (2, Self.porto)]) == [[0, 1, 2]])
        #expect(try await events(day) { $0.distance = 500 } == [[0, 1, 2, 3, 4, 5]])
        // Both sides of the date line are near.
        let (east, west) = (GeoPosition(latitude: 0, longitude: 179.95), GeoPosition(latitude: 0, longitude: -179.95))
        #expect(try await events([(0, east), (5, west)]) == [[0, 1]])
    }

    @Test("Its name is its first day and the city that most of it is of")
    func names() throws {
        var photos = made([(0, nil), (30, nil), (31, nil)], place: "Lis/bon, Portugal")
        #expect(EventProposal(photos: photos).name == "2024-07-12 Lis-bon")
        photos[0] = EventPhoto(id: photos[0].id, wallMicroseconds: photos[0].wallMicroseconds, place: "Porto, Portugal")
        #expect(EventProposal(photos: photos).city == "Lis/bon")
        #expect(EventProposal(photos: made([(0, nil)])).name == "2024-07-12")
        #expect(EventProposal(photos: made([(0, nil)])).id == photos[0].id)
    }

    @Test("Pages of very many photos are one event where no gap is between them")
    func pages() async throws {
        let many = (0..<21_000).map { (hour: Double($0) / 100, at: GeoPosition?.none) }
        let morning = Int64(0)
        let photos = many.enumerated().map { index, photo in
            EventPhoto(
                id: PhotoID(
                    bytes: [UInt8](repeating: 0, count: 12) + withUnsafeBytes(of: UInt32(index).bigEndian, Array.init))!,
                wallMicroseconds: morning + Int64(photo.hour * 3_600_000_000))
        }
        let found = try await EventRules().proposals(in: Photos(photos: photos.reversed()))
        #expect(found.map(\.photos.count) == [21_000])
        #expect(found.first?.photos.map(\.id) == photos.map(\.id))
    }
}
