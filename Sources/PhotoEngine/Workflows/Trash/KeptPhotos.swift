internal import Core

/// What was kept instead of the photos of one page of the trash, and whether it has its bytes: each question is asked once, however
/// many photos one decision put there.
struct KeptPhotos {
    typealias Catalog = TrashCatalog & PhotoCatalog & FileCatalog

    private let catalog: any Catalog
    private let originals: OriginalPresence
    /// Those of the page that nobody asked about yet, by moment.
    private var together: [Int64: Set<PhotoID>]
    private var kept: [Place: [PhotoID]] = [:]
    private var asked: Set<Place> = []
    private var withBytes: [PhotoID: Bool] = [:]

    /// A photo in the trash since a moment, in Unix microseconds.
    private struct Place: Hashable {
        let photo: PhotoID
        let moment: Int64
    }

    init(insteadOf page: [TrashedPhoto], catalog: any Catalog, originals: OriginalPresence) {
        (self.catalog, self.originals) = (catalog, originals)
        together = Dictionary(grouping: page, by: \.trashedAt).mapValues { Set($0.map(\.photo.id)) }
    }

    /// One that has its bytes and is not in the trash itself; nil where no decision put `trashed` there. Throws `.conflict` where
    /// there is none, whether it went before, goes now, or will.
    mutating func keeper(of trashed: TrashedPhoto) async throws -> PhotoID? {
        var place = Place(photo: trashed.photo.id, moment: trashed.trashedAt)
        var isInTrash = false
        // What was kept may have made way for another since.
        for step in 0..<100 {
            try await ask(place)
            guard let kept = kept[place] else {
                if step == 0 { return nil }
                isInTrash = true
                break
            }
            var next: Place?
            for id in kept {
                guard let found = try await catalog.photo(id) else { continue }
                if let moment = found.trashedAt {
                    next = Place(photo: id, moment: moment)
                } else if try await hasBytes(found) {
                    return id
                }
            }
            guard let next else { break }
            place = next
        }
        throw EngineError(
            .conflict,
            "it is the last copy: what was kept instead of it is "
                + (isInTrash ? "in the trash, too" : "no longer there"),
            whatToDo: "take it back with trash restore, or say --last-copies")
    }

    private mutating func ask(_ place: Place) async throws {
        if let photos = together.removeValue(forKey: place.moment) {
            do {
                try await ask(photos, trashedAt: place.moment)
            } catch let error as EngineError where !error.isRetryable {
                // One decision that can't be read is no reason to keep the others' photos: each is asked for by itself.
            }
        }
        if !asked.contains(place) { try await ask([place.photo], trashedAt: place.moment) }
    }

    private mutating func ask(_ photos: Set<PhotoID>, trashedAt moment: Int64) async throws {
        let found = try await catalog.kept(insteadOf: photos, trashedAt: moment)
        for (photo, ids) in found { kept[Place(photo: photo, moment: moment)] = ids }
        asked.formUnion(photos.map { Place(photo: $0, moment: moment) })
    }

    private mutating func hasBytes(_ photo: Photo) async throws -> Bool {
        if let known = withBytes[photo.id] { return known }
        let found = photo.isMissing ? false : try await originals.isThere(photo)
        withBytes[photo.id] = found
        return found
    }
}
