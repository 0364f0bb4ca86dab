import Core
import SystemPackage

private let lisbon = GeoPosition(latitude: 38.7, longitude: -9.1, altitude: 3)!
private let sintra = GeoPosition(latitude: 38.8, longitude: -9.4)!

func madeUpCity(_ id: Int64, _ name: String, _ country: String = "Portugal") -> City {
    City(
        id: id, name: name, region: nil, countryCode: String(country.prefix(2)).uppercased(), country: country,
        position: sintra, timeZone: "Europe/Lisbon")
}

private func found(_ position: GeoPosition, _ city: City?, offset: Int? = nil) -> FoundPlace {
    FoundPlace(position: position, city: city, offsetMinutes: offset)
}

private let july = Month(year: 2024, month: 7)!

extension Catalog {
    fileprivate func addAt(_ number: Int, _ position: GeoPosition?, named place: String? = nil) async throws -> PhotoID
    {
        try await addProcessed(number) {
            $0.position = position
            $0.place = place
        }
    }

    fileprivate func counts() async throws -> [String] {
        try await cities().map { "\($0.city.place) \($0.count)" }
    }

    fileprivate func process(_ photo: PhotoID, _ number: Int, _ place: FoundPlace?, at position: GeoPosition?)
        async throws
    {
        _ = try await enqueueProcessing([photo])
        for job in try await claimAll() where job.photo == photo {
            var result = processed(number) { $0.position = position }
            result.place = place
            try require(try await finish(job.id, worker: "w", processed: result), "the job could be finished")
        }
    }
}

extension CatalogContract {
    static let placeCases: [ContractCase<CatalogSubject>] = [
        ContractCase("Photos with a position wait to be looked up until somebody did, and are found by their city") {
            subject in
            let catalog = subject.catalog
            let one = try await catalog.addAt(1, lisbon)
            let two = try await catalog.addAt(2, sintra)
            let named = try await catalog.addAt(3, lisbon, named: "Lisboa")
            let far = try await catalog.addAt(4, GeoPosition(latitude: -90, longitude: 180))
            _ = try await catalog.addAt(5, nil)
            let waiting = try await catalog.unplaced(after: nil, limit: 9)
            try requireEqual(waiting.map(\.photo), [one, two, named, far], "those that wait")
            try requireEqual(waiting[0].position, GeoPosition(latitude: 38.7, longitude: -9.1), "where")
            try requireEqual(try await catalog.unplaced(after: one, limit: 2).map(\.photo), [two, named], "a page")
            try requireEqual(try await catalog.unplacedCount(), 4, "how many")
            let city = madeUpCity(7, "Lisbon")
            let count = try await subject.second.setPlaces([
                one: found(lisbon, city, offset: 60), two: found(sintra, madeUpCity(8, "Sintra")),
                named: found(lisbon, city), far: found(waiting[3].position, nil),
            ])
            try requireEqual(count, 4, "how many were noted")
            try await catalog.requireIndexed("once places were noted")
            try requireEqual(try await catalog.unplacedCount(), 0, "how many wait then")
            try requireEqual(try await catalog.counts(), ["Lisbon, Portugal 2", "Sintra, Portugal 1"], "the cities")
            try requireEqual(
                try await catalog.photos(inCity: 7, after: nil, limit: 9).map(\.id), [named, one], "Lisbon's photos")
            let first = try await catalog.photos(inCity: 7, after: nil, limit: 1)
            try requireEqual(
                try await catalog.photos(inCity: 7, after: first[0].position, limit: 9).map(\.id), [one],
                "the next page")
            try requireEqual(try await catalog.photos(inCity: 0, after: nil, limit: 9), [], "those at no city")
            let known = try requirePresent(try await catalog.photo(one), "the photo")
            try requireEqual(known.metadata.place, "Lisbon, Portugal", "its place")
            try requireEqual(known.captureTime.offsetMinutes, 60, "its time zone")
            try requireEqual(try await catalog.photo(named)?.metadata.place, "Lisboa", "what the file names")
            try requireEqual(
                Set(try await catalog.places(in: july, limit: 9)), ["Lisbon, Portugal", "Lisboa", "Sintra, Portugal"],
                "the month's places")
            try await catalog.edit(.archived(true), [two])
            try requireEqual(try await catalog.counts(), ["Lisbon, Portugal 2"], "the cities, without the archive")
            try await catalog.requireIndexed("with a photo in the archive")
            try await catalog.forgetPlaces()
            try await catalog.requireIndexed("once all is forgotten")
            try requireEqual(try await catalog.counts(), [], "once all is forgotten")
            try requireEqual(try await catalog.unplacedCount(), 4, "what waits again")
            try requireEqual(try await catalog.places(in: july, limit: 9), ["Lisboa"], "the month's places then")
        },
        ContractCase("What was found for an old position is not noted, and is forgotten with it") { subject in
            let catalog = subject.catalog
            let city = madeUpCity(7, "Lisbon")
            let one = try await catalog.addAt(1, lisbon)
            try requireEqual(try await catalog.setPlaces([one: found(sintra, city)]), 0, "one that is elsewhere")
            try requireEqual(try await catalog.setPlaces([one: found(lisbon, city)]), 1, "one that is there")
            try requireEqual(try await catalog.setPlaces([one: found(lisbon, nil)]), 0, "one that was looked up")
            var marks = WrittenMarks()
            marks.position = sintra
            _ = try await catalog.recordSidecars([Sidecar(path: "/photos/1.xmp", marks: marks)])
            try requireEqual(
                try await catalog.photo(one)?.metadata.place, nil, "its place, once a sidecar knows better")
            try requireEqual(try await catalog.unplaced(after: nil, limit: 9).map(\.position), [sintra], "what waits")
            try requireEqual(try await catalog.places(in: july, limit: 9), [], "the month's places")
            try await catalog.requireIndexed("once a sidecar knows better")
            // Processing brings what it found along; the sidecar's position is looked up anew.
            try await catalog.process(one, 1, found(lisbon, city, offset: 60), at: lisbon)
            try requireEqual(
                try await catalog.unplaced(after: nil, limit: 9).map(\.position), [sintra], "what waits then")
            let two = try await catalog.addAt(2, nil)
            try await catalog.process(two, 2, found(lisbon, city, offset: -90), at: lisbon)
            let known = try requirePresent(try await catalog.photo(two), "the second")
            try requireEqual(known.metadata.place, "Lisbon, Portugal", "the place that processing found")
            try requireEqual(known.captureTime.offsetMinutes, -90, "and the time zone")
            try await catalog.requireIndexed("once processing found a place")
            try await catalog.process(two, 2, nil, at: nil)
            try requireEqual(try await catalog.photo(two)?.metadata.place, nil, "once the file has no position")
            try requireEqual(try await catalog.counts(), [], "the cities")
            try await catalog.requireIndexed("once the file has no position")
        },
        ContractCase("A position taken over from a duplicate is looked up, and its undo takes the place along") {
            subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            let two = try await catalog.addCompared(2, 1, like: one) { $0.position = lisbon }
            let resolution = try await catalog.resolve(
                ResolutionRequest(cluster: ClusterID(first: one), keeper: one, members: [one, two], actor: "a"))
            let waiting = try await catalog.unplaced(after: nil, limit: 9)
            try require(waiting.contains { $0.photo == one }, "the keeper waits")
            _ = try await catalog.setPlaces([one: found(lisbon, madeUpCity(7, "Lisbon"))])
            try requireEqual(try await catalog.counts(), ["Lisbon, Portugal 1"], "the cities")
            try await catalog.requireIndexed("with a position taken over")
            _ = try await catalog.undo(resolution.id, actor: "b")
            try requireEqual(try await catalog.photo(one)?.metadata.place, nil, "its place")
            try requireEqual(try await catalog.counts(), [], "the cities then")
            try await catalog.requireIndexed("once that is undone")
        },
    ]
}

extension OwnerTrial {
    private static let city = madeUpCity(7, "Lisbon")

    static let places: [OwnerTrial] = [
        OwnerTrial("unplaced(after:limit:)") { own, other in
            for theirs in other.photos {
                let found = try await own.catalog.unplaced(after: theirs, limit: 9)
                try requireOwn(found.map(\.photo), of: own.photos, "a page behind the other's photo")
            }
        } use: { own in
            try await own.catalog.process(own.photos[0], 1, nil, at: lisbon)
            try requireEqual(
                try await own.catalog.unplaced(after: nil, limit: 9).map(\.photo), [own.photos[0]], "those that wait")
        },
        OwnerTrial("unplacedCount()") { own in
            try requireEqual(try await own.catalog.unplacedCount(), 1, "how many wait")
        },
        OwnerTrial("setPlaces(_:)") { own, other in
            let places = Dictionary(uniqueKeysWithValues: other.photos.map { ($0, found(lisbon, city)) })
            try requireEqual(try await own.catalog.setPlaces(places), 0, "the other's photos")
        } use: { own in
            try requireEqual(
                try await own.catalog.setPlaces([own.photos[0]: found(lisbon, city)]), 1, "the own one's")
        },
        OwnerTrial("cities()") { own in
            try requireEqual(try await own.catalog.cities(), [CityCount(city: city, count: 1)], "the cities")
        },
        OwnerTrial("photos(inCity:after:limit:)") { own in
            try requireEqual(
                try await own.catalog.photos(inCity: 7, after: nil, limit: 9).map(\.id), [own.photos[0]], "its photos")
        },
        OwnerTrial("forgetPlaces()") { own in
            try await own.catalog.forgetPlaces()
            try requireEqual(try await own.catalog.unplacedCount(), 1, "how many wait")
        },
    ]
}
