import Core
import SystemPackage

private func box(_ x: Double, _ y: Double, _ size: Double = 0.125) -> PictureRegion {
    PictureRegion(x: x, y: y, width: size, height: size)
}

private func region(_ name: String?, _ box: PictureRegion, _ source: Face.Source = .mwg) -> FaceRegion {
    FaceRegion(box: box, name: name, source: source, dimensions: PixelSize(width: 4000, height: 3000))
}

private func face(_ name: String?, _ box: PictureRegion, _ source: Face.Source = .mwg) -> Face {
    Face(box: box, name: name, source: source)
}

extension Catalog {
    /// Processes a photo once more, whose file tells of these faces, and compares it.
    fileprivate func process(
        _ photo: PhotoID, _ number: Int, faces: [FaceRegion], orientation: Orientation = .upright
    ) async throws {
        _ = try await enqueueProcessing([photo])
        try await finishJob(of: photo, number, 5, faces: faces) { $0.orientation = orientation }
        for waiting in try await uncompared(after: nil, limit: 9) where waiting.photo == photo {
            try require(try await record([], of: waiting), "it could be compared")
        }
    }

    fileprivate func faces(of photo: PhotoID) async throws -> [Face] {
        try requirePresent(try await faces(of: [photo]).first, "the photo's faces")
    }

    fileprivate func addFaces(
        _ number: Int, _ faces: [FaceRegion], like other: PhotoID? = nil, turned turn: Orientation = .upright
    ) async throws -> PhotoID {
        try await addCompared(number, 5, like: other, turned: turn, faces: faces)
    }

    fileprivate func resolve(_ keeper: PhotoID, _ members: [PhotoID]) async throws -> Resolution {
        try await resolve(
            ResolutionRequest(
                cluster: ClusterID(first: members[0]), keeper: keeper, members: Set(members), actor: "a"))
    }
}

extension CatalogContract {
    static let faceCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A photo has the faces that its file told of last, as the picture is shown, each person once") {
            subject in
            let catalog = subject.catalog
            let one = try await catalog.addFaces(
                1, [region("Ben", box(0.5, 0.25)), region("Ana", box(0.25, 0.5)), region(nil, box(0.75, 0.75))])
            let two = try await catalog.addFaces(2, [])
            try requireEqual(
                try await catalog.faces(of: [two, one]),
                [[], [face("Ana", box(0.25, 0.5)), face("Ben", box(0.5, 0.25)), face(nil, box(0.75, 0.75))]],
                "the faces, left to right")
            try await catalog.requireSound()
            // What Microsoft's words repeat, a name in other letters, and what lies outside are passed over.
            let told = [
                region("Ana", box(0.25, 0.5)), region("ANA", box(0, 0), .microsoft),
                region(nil, box(0.25, 0.5), .microsoft), region("Zoe\u{1b}[2J", box(1.5, 0)),
                region("Eve", box(.nan, 0)),
            ]
            try await catalog.process(one, 1, faces: told, orientation: .rotated90)
            try requireEqual(
                try await catalog.faces(of: one), [face("Ana", box(0.375, 0.25))], "turned as the picture is")
            try await catalog.process(one, 1, faces: [])
            try requireEqual(try await catalog.faces(of: one), [], "once the file tells of none")
            try await catalog.requireSound()
        },
        ContractCase(
            "A resolution gives the keeper the faces it lacks, turned as it stands, and its undo takes them back"
        ) {
            subject in
            let catalog = subject.catalog
            let one = try await catalog.addFaces(1, [region("Ana", box(0.25, 0.5)), region(nil, box(0.5, 0.5))])
            // Stands as the first does once it is turned by 90 degrees: what is at (x, y) there is at (1 - y, x).
            let two = try await catalog.addFaces(
                2,
                [
                    region("ana", box(0.75, 0.75)), region("Ben", box(0.25, 0)), region(nil, box(0.5, 0.375)),
                    region(nil, box(0, 0)),
                ], like: one, turned: .rotated90)
            let before = try await catalog.faces(of: [one, two])
            let resolution = try await catalog.resolve(one, [one, two])
            let added = [face(nil, box(0.875, 0)), face("Ben", box(0.875, 0.25))]
            try requireEqual(Set(resolution.after.faces), Set(before[0] + added), "the keeper's faces as told")
            try requireEqual(resolution.before.faces, before[0], "and before")
            try requireEqual(Set(try await catalog.faces(of: one)), Set(before[0] + added), "the keeper's faces")
            try requireEqual(resolution.after.differences(from: resolution.before), [.faces], "what changed")
            try requireEqual(
                try await subject.second.resolution(resolution.id)?.after, resolution.after, "as it is told later")
            try await catalog.requireSound()
            try await catalog.process(
                one, 1, faces: [region("Ana", box(0.25, 0.5)), region(nil, box(0.5, 0.5))])
            try requireEqual(
                Set(try await catalog.faces(of: one)), Set(before[0] + added), "what it took outlasts its processing")
            try requireEqual(try await subject.second.undo(resolution.id, actor: "b").conflicts, [], "what changed")
            try requireEqual(try await catalog.faces(of: [one, two]), before, "all as it was")
            try await catalog.requireSound()

            // The other way round: the first has to be turned back.
            let other = try await catalog.resolve(two, [one, two])
            try requireEqual(
                Set(other.after.faces).subtracting(before[1]), [], "Ana is there, and the box overlaps one")
            _ = try await catalog.undo(other.id, actor: "b")
            try requireEqual(try await catalog.faces(of: [one, two]), before, "all as it was")
        },
        ContractCase("A resolution taken back leaves the keeper a face that a later one gives it, too") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addFaces(1, [region("Ana", box(0.25, 0.5))])
            let two = try await catalog.addFaces(2, [region("Ben", box(0.75, 0.25))], like: one)
            let before = try await catalog.faces(of: one)
            let older = try await catalog.resolve(one, [one, two])
            let three = try await catalog.addFaces(3, [region("Ben", box(0.75, 0.25))], like: one)
            let newer = try await catalog.resolve(one, [one, three])
            try requireEqual(newer.after.differences(from: newer.before), [], "what the newer changes")
            _ = try await catalog.undo(older.id, actor: "b")
            try requireEqual(
                Set(try await catalog.faces(of: one)), Set(before + [face("Ben", box(0.75, 0.25))]),
                "the face that the newer gives")
            _ = try await catalog.undo(newer.id, actor: "b")
            try requireEqual(try await catalog.faces(of: one), before, "the faces, with both undone")
            try await catalog.requireSound()
        },
        ContractCase("Who is removed for good leaves no face and no person behind") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addFaces(1, [])
            let two = try await catalog.addFaces(2, [region("Ana", box(0, 0)), region("Ben", box(0.5, 0))], like: one)
            let resolution = try await catalog.resolve(one, [one, two])
            _ = try await catalog.remove(two, trashedAt: resolution.resolvedAt, forgetting: [], actor: "a", reason: "")
            try requireEqual(try await catalog.faces(of: [one, two]).map(\.count), [2, 0], "the faces")
            try await catalog.requireSound()
            try await requireRefusedUndo(of: resolution.id, catalog)
            try requireEqual(try await catalog.faces(of: [one, two]).map(\.count), [2, 0], "the faces then")
            try await catalog.requireSound()
        },
    ]

    private static func requireRefusedUndo(of resolution: ResolutionID, _ catalog: any Catalog) async throws {
        do {
            _ = try await catalog.undo(resolution, actor: "b")
        } catch let error as EngineError {
            return try requireEqual(error.code, .conflict, "an undo of what is gone")
        }
        throw ContractViolation("an undo of what is gone")
    }
}
