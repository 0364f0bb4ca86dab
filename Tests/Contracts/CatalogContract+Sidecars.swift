import Core
import SystemPackage

private func marks(_ change: (inout WrittenMarks) -> Void) -> WrittenMarks {
    var marks = WrittenMarks()
    change(&marks)
    return marks
}

private func region(_ name: String?, x: Double = 0.25) -> FaceRegion {
    FaceRegion(
        box: PictureRegion(x: x, y: 0.25, width: 0.25, height: 0.25), name: name, source: .mwg, dimensions: nil)
}

extension Catalog {
    fileprivate func say(_ path: FilePath, _ change: (inout WrittenMarks) -> Void) async throws -> [PhotoID] {
        try requirePresent(try await recordSidecars([Sidecar(path: path, marks: marks(change))]).first, "its photos")
    }

    fileprivate func known(_ photo: PhotoID) async throws -> Photo {
        try requirePresent(try await self.photo(photo), "the photo")
    }

    fileprivate func processAgain(_ photo: PhotoID, _ number: Int, _ change: (inout PhotoMetadata) -> Void) async throws
    {
        _ = try await enqueueProcessing([photo])
        try await finishJob(of: photo, number, 5, faces: [region("Ana")], change)
    }
}

extension CatalogContract {
    static let sidecarCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A sidecar that only fills gives a date and marks where the file has none, of the photos it names")
        {
            subject in
            let catalog = subject.catalog
            let lisbon = GeoPosition(latitude: 38.7, longitude: -9.1, altitude: 2)
            let told = try await catalog.addHashed(1, 5, faces: []) {
                $0.captureTime = time(2024, 7, 1, source: .exif)
                $0.caption = "of the file"
            }.photo
            let untold = try await catalog.addHashed(2, 5, faces: []) {
                $0.captureTime = time(2024, 7, 2, source: .filename)
            }.photo
            let waiting = try await catalog.add(scanned(3, at: time(2024, 7, 3, source: .modified)))
            let album = try await catalog.addAlbum("Trips", [told, untold])
            let note = marks {
                $0.onlyFills = true
                $0.captureTime = time(2019, 6, 8, source: .sidecar)
                $0.caption = "of the note"
                $0.position = lisbon
                $0.keywords = ["People/Anna"]
            }
            let sidecar = Sidecar(path: "/export/any.json", marks: note, photos: [untold, told, waiting])
            let unknown = Sidecar(path: "/export/stranger.json", marks: note, photos: [told])
            try requireEqual(try await catalog.recordSidecars([sidecar]), [[told, untold, waiting]], "its photos")
            try requireEqual(try await subject.stranger.recordSidecars([unknown]), [[]], "another owner's")
            _ = try await catalog.say("/photos/1.jpg.xmp") { $0.onlyFills = nil }

            let first = try await catalog.known(told)
            try requireEqual(first.captureTime, time(2024, 7, 1, source: .exif), "the file's own date")
            try requireEqual(first.metadata.caption, "of the file", "the file's own caption")
            try requireEqual(first.metadata.position, lisbon, "the note's position")
            let second = try await catalog.known(untold)
            try requireEqual(second.captureTime, time(2019, 6, 8, source: .sidecar), "the note's date")
            try requireEqual(second.metadata.caption, "of the note", "the note's caption")
            try requireEqual(second.metadata.keywords, ["People/Anna"], "the note's keywords")
            // One that is processed later has it then.
            try await catalog.finishJob(of: waiting, 3, 5, faces: []) { $0.captureTime = nil }
            try requireEqual(
                try await catalog.known(waiting).captureTime, time(2019, 6, 8, source: .sidecar), "processed later")
            try await catalog.processAgain(untold, 2) { $0.captureTime = nil }
            try requireEqual(
                try await catalog.known(untold).captureTime, time(2019, 6, 8, source: .sidecar), "processed again")
            try requireEqual(try await catalog.months().map(\.count), [1, 2], "July 2024, June 2019")
            let order = try await catalog.photos(in: .album(album), after: nil, limit: 9).map(\.photo.id)
            try requireEqual(order, [told, untold], "the album's order follows")
            try await catalog.requireIndexed("once a note was read")
            try await catalog.requireSound()
        },
        ContractCase("What a sidecar says goes before what the file says, and its absence before nothing") { subject in
            let catalog = subject.catalog
            let lisbon = GeoPosition(latitude: 38.7, longitude: -9.1, altitude: 2)
            func file(_ metadata: inout PhotoMetadata) {
                metadata.rating = 2
                metadata.caption = "of the file"
                metadata.keywords = ["sea"]
            }
            let photo = try await catalog.addHashed(1, 5, faces: [region("Ana")], file).photo
            let beside = try await catalog.say("/photos/1.jpg.xmp") {
                $0.rating = 5
                $0.position = lisbon
                $0.keywords = ["sea", "Places/Lisbon"]
                $0.isFavourite = true
                $0.faces = [region("Ben", x: 0.5)]
            }
            try requireEqual(beside, [photo], "the photos it is beside")
            func requireBoth(_ what: String) async throws {
                let known = try await catalog.known(photo)
                let expected = PhotoMarks(
                    isFavourite: true, rating: 5, caption: "of the file", position: lisbon,
                    keywords: ["sea", "Places/Lisbon"])
                try requireEqual(PhotoMarks(of: known), expected, what)
                try requireEqual(try await catalog.faces(of: [photo])[0].map(\.name), ["Ana", "Ben"], "faces, \(what)")
            }
            try await requireBoth("what both say")
            try await catalog.requireIndexed("once a sidecar was read")
            try await catalog.processAgain(photo, 1, file)
            try await requireBoth("once it is processed again")
            try await catalog.requireIndexed("once it is processed again")
            _ = try await subject.second.recordSidecars([Sidecar(path: "/photos/1.jpg.xmp", marks: WrittenMarks())])
            let known = try await catalog.known(photo)
            try requireEqual(known.metadata.rating, 2, "the file's rating, once the sidecar has none")
            try requireEqual(known.metadata.keywords, ["sea"], "its keywords")
            try requireEqual(known.metadata.position, nil, "its position")
            try requireEqual(try await catalog.faces(of: [photo])[0].map(\.name), ["Ana"], "its faces")
            try await catalog.requireIndexed("once the sidecar says nothing")
        },
        ContractCase("A sidecar leaves alone what somebody edited here, and the words that are tags") { subject in
            let catalog = subject.catalog
            let photo = try await catalog.addHashed(1, 5).photo
            try await catalog.edit(.rating(1), [photo])
            try await catalog.edit(.caption("mine"), [photo])
            try await catalog.edit(.favourite(true), [photo])
            try await catalog.edit(.favourite(false), [photo])
            try await catalog.edit(.addTags([.tag("Sea")]), [photo])
            let asked = try await catalog.say("/photos/1.jpg.xmp") {
                $0.rating = 5
                $0.caption = "theirs"
                $0.isFavourite = true
                $0.keywords = ["sea", "sand"]
            }
            try requireEqual(asked, [photo], "its photos")
            try await catalog.requireIndexed("once a sidecar was read")
            let known = try await catalog.known(photo)
            try requireEqual(
                PhotoMarks(of: known), PhotoMarks(rating: 1, caption: "mine", keywords: ["sand"]), "its marks")
            for _ in 0..<5 { _ = try await catalog.undo(catalog.nextEdit()) }
            try await catalog.requireIndexed("once the edits are undone")
            _ = try await catalog.say("/photos/1.jpg.xmp") { $0.rating = 4 }
            try requireEqual(try await catalog.known(photo).metadata.rating, 4, "once the edits are undone")
            try await catalog.requireIndexed("after edits and their undoing")
        },
        ContractCase("A sidecar is beside the file of its name, else beside those that differ in their ending") {
            subject in
            let catalog = subject.catalog
            let raw = try await catalog.addProcessed(1, path: "/photos/IMG_1.CR2")
            let jpeg = try await catalog.addProcessed(2, path: "/photos/IMG_1.JPG")
            let edited = try await catalog.addProcessed(3, path: "/photos/IMG_1.edited.JPG")
            let far = try await catalog.addProcessed(4, path: "/photos/IMG_10.JPG")
            try requireEqual(
                try await catalog.say("/photos/IMG_1.xmp") { $0.rating = 1 }, [raw, jpeg].sorted(), "both")
            try requireEqual(try await catalog.say("/photos/IMG_1.JPG.XMP") { $0.rating = 3 }, [jpeg], "the one")
            try requireEqual(try await catalog.say("/elsewhere/IMG_1.xmp") { $0.rating = 5 }, [], "none")
            var ratings: [Int?] = []
            for photo in [raw, jpeg, edited, far] { ratings.append(try await catalog.known(photo).metadata.rating) }
            try requireEqual(ratings, [1, 3, nil, nil], "the ratings: the longer name goes first")
            // A photo that is not processed yet takes it up then.
            let late = try await catalog.add(scanned(5))
            try requireEqual(try await catalog.say("/photos/5.xmp") { $0.caption = "later" }, [late], "one that waits")
            try requireEqual(try await catalog.known(late).metadata.caption, nil, "what it says as yet")
            try await catalog.finishJob(of: late, 5, 7)
            try requireEqual(try await catalog.known(late).metadata.caption, "later", "what it says then")
            try await catalog.requireIndexed("once a photo took up what waited for it")
        },
        ContractCase("A removed photo takes what sidecars said of it along") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            let two = try await catalog.addCompared(2, 1, like: one)
            _ = try await catalog.say("/photos/2.xmp") { $0.faces = [region("Ana")] }
            let resolution = try await catalog.resolve(
                ResolutionRequest(cluster: ClusterID(first: one), keeper: one, members: [one, two], actor: "a"))
            _ = try await catalog.remove(two, trashedAt: resolution.resolvedAt, forgetting: [], actor: "a", reason: "")
            try requireEqual(try await catalog.say("/photos/2.xmp") { $0.rating = 3 }, [], "its photos then")
            try requireEqual(try await catalog.faces(of: [one])[0].map(\.name), ["Ana"], "what the keeper took over")
            try await catalog.requireIndexed("once the photo is removed")
        },
    ]
}

extension EditCatalog {
    /// The last that was not undone.
    fileprivate func nextEdit() async throws -> Edit {
        try requirePresent(try await edits(after: nil, limit: 99).first { $0.undone == nil }, "an edit")
    }
}
