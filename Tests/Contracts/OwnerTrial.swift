import Core
import SystemPackage

/// A requirement of the catalogue's port, tried by two owners who hold alike libraries in one database.
struct OwnerTrial: Sendable {
    /// As Swift names it: `photos(after:limit:)`.
    let requirement: String
    /// Asks with what is the other's: nothing may be found, nor changed.
    let trespass: @Sendable (_ own: Holding, _ other: Holding) async throws -> Void
    /// Asks for one's own while the other does the same. May change one's own, for the trials that follow.
    let use: @Sendable (_ own: Holding) async throws -> Void

    init(
        _ requirement: String,
        trespass: @escaping @Sendable (_ own: Holding, _ other: Holding) async throws -> Void = { _, _ in },
        use: @escaping @Sendable (_ own: Holding) async throws -> Void
    ) {
        (self.requirement, self.trespass, self.use) = (requirement, trespass, use)
    }
}

extension CatalogContract {
    private static let trials: [(about: String, trials: [OwnerTrial])] = [
        ("the timeline", OwnerTrial.timeline), ("photos", OwnerTrial.photos), ("files", OwnerTrial.files),
        ("jobs", OwnerTrial.jobs), ("uploads", OwnerTrial.uploads), ("duplicates", OwnerTrial.duplicates),
        ("albums, tags and edits", OwnerTrial.collections),
        ("searches", OwnerTrial.searches), ("sidecars", OwnerTrial.sidecars), ("places", OwnerTrial.places),
        ("stories", OwnerTrial.stories), ("events", OwnerTrial.events),
        ("exports and shares", OwnerTrial.sharing), ("quotas", OwnerTrial.quotas),
        ("tiers", OwnerTrial.tiers), ("the storage", OwnerTrial.storage),
        ("the journal", OwnerTrial.journal),
        ("maintenance", OwnerTrial.maintenance),
    ]

    /// What the cases below try, as Swift names it: all that the port has, but for `close()`, which asks nothing.
    public static var requirementsTriedByTwoOwners: [String] { trials.flatMap(\.trials).map(\.requirement) }

    static let ownerCases: [ContractCase<CatalogSubject>] = trials.map { about, trials in
        ContractCase("Two owners side by side never meet: \(about)") { subject in
            let first = try await Holding(subject.catalog, number: 10, clock: subject.clock)
            let second = try await Holding(subject.stranger, number: 20, clock: subject.clock)
            for trial in trials {
                let before = (try await first.contents(), try await second.contents())
                try await trial.inTurns(
                    { try await $0.trespass(first, second) }, { try await $0.trespass(second, first) })
                try requireEqual(try await first.contents(), before.0, "the first's, after \(trial.requirement)")
                try requireEqual(try await second.contents(), before.1, "the second's, after \(trial.requirement)")
            }
            for trial in trials {
                try await trial.inTurns({ try await $0.use(first) }, { try await $0.use(second) })
            }
            try await first.catalog.requireSound()
            try await second.catalog.requireSound()
        }
    }
}

extension OwnerTrial {
    /// Both at once: their calls meet in the database, on its connections and in what the catalogue gathers.
    fileprivate func inTurns(
        _ first: @escaping @Sendable (OwnerTrial) async throws -> Void,
        _ second: @escaping @Sendable (OwnerTrial) async throws -> Void
    ) async throws {
        do {
            async let one: Void = first(self)
            async let other: Void = second(self)
            _ = try await (one, other)
        } catch {
            throw ContractViolation("\(requirement): \(error)")
        }
    }
}

/// What one of the two owners has: the same names, bytes, paths and moments as the other wherever both may have them, and one
/// photo, one worker and one moment of its own.
struct Holding: Sendable {
    let catalog: any Catalog
    /// Five, in the order of their ids; of the files 1 to 4, and of the own one.
    let photos: [PhotoID]
    /// One for each photo, in their order: succeeded, retrying at `due`, running, dead, queued.
    let jobs: [JobID]
    let number: Int
    let worker: String
    let due: Int64
    let folder: FolderID
    let entry: JournalEntryID
    /// Multipart, with one part.
    let upload: UploadID

    var ownPath: FilePath { FilePath("/photos/\(number).jpg") }
    /// Letters alone: the number is looked for, too.
    static func keyword(_ number: Int) -> String { String(repeating: "k", count: 2 + number % 10) }
    static let month = Month(year: 2024, month: 7)!

    init(_ catalog: any Catalog, number: Int, clock: FixedClock) async throws {
        (self.catalog, self.number, worker) = (catalog, number, "worker-\(number)")
        due = clock.microseconds + Int64(number) * 1_000_000
        let outcomes = try await catalog.record([1, 2, 3, 4, number].map { scanned($0) })
        photos = try outcomes.map { outcome in
            guard case .imported(let id) = outcome else { throw ContractViolation("a photo is not new: \(outcome)") }
            return id
        }
        let claimed = try await catalog.claim(queue: .high, worker: worker, leaseSeconds: 600, limit: 99)
        jobs = try photos.map { photo in try requirePresent(claimed.first { $0.photo == photo }, "the photo's job").id }
        let keyword = Self.keyword(number)
        var first = processed(1) { ($0.place, $0.keywords) = ("Lisbon", [keyword]) }
        first.faces = [(0.1, "Ana"), (0.5, "\(number)")].map { x, name in
            FaceRegion(
                box: PictureRegion(x: x, y: 0.1, width: 0.2, height: 0.2), name: name, source: .mwg, dimensions: nil)
        }
        try require(try await catalog.finish(jobs[0], worker: worker, processed: first), "the end")
        _ = try await catalog.fail(jobs[1], worker: worker, error: "later", runAt: due, unreadable: false)
        _ = try await catalog.fail(jobs[3], worker: worker, error: "no", runAt: nil, unreadable: false)
        try await catalog.release([jobs[4]], worker: worker)
        folder = try await catalog.addFolder("/photos").id
        let entry = journalEntry(at: Int64(number), subject: "c")
        try await catalog.append(entry)
        self.entry = entry.id
        upload = UploadID(clock: clock, random: SystemRandom())
        _ = try await catalog.beginUpload(upload, of: Self.content(9), at: Self.key(9))
        try await catalog.setMultipart(MultipartUpload(token: "t", partByteCount: 5), of: upload)
        try await catalog.addPart(UploadPart(number: 1, byteCount: 5, entityTag: "e"), to: upload)
    }

    static func content(_ number: Int) -> UploadContent {
        UploadContent(
            sha256: digest(number), byteCount: ByteCount(Int64(1000 + number)), mediaType: .jpeg,
            filename: "\(number).jpg", provisional: time(2024, 7))
    }

    static func key(_ number: Int) -> ObjectKey { ObjectKey("originals/owner/\(digest(number)).jpg") }

    struct Contents: Equatable {
        let photos: [Photo]
        let timeline: [TimelineEntry]
        let files: [LibraryFile]
        let folders: [WatchedFolder]
        let jobs: [Job]
        let uploads: [Upload]
        let parts: [UploadPart]
        let journal: [JournalEntry]
        let statistics: CatalogStatistics
        let figures: CatalogFigures
    }

    /// All that can be asked of it.
    func contents() async throws -> Contents {
        var uploads: [Upload] = []
        for state in UploadState.allCases { uploads += try await catalog.uploads(state: state, after: nil, limit: 99) }
        return Contents(
            photos: try await catalog.photos(after: nil, limit: 99),
            timeline: try await catalog.timeline(TimelineQuery(limit: 99)),
            files: try await catalog.files(under: "/", after: nil, limit: 99), folders: try await catalog.folders(),
            jobs: try await catalog.jobs(state: nil, after: nil, limit: 99), uploads: uploads,
            parts: try await catalog.parts(of: upload), journal: try await catalog.journal(limit: 99),
            statistics: try await catalog.statistics(), figures: try await catalog.figures())
    }
}

/// Fails unless all that was found is one's own.
func requireOwn<Value: Hashable>(_ found: [Value], of own: [Value], _ what: String) throws {
    try require(Set(found).isSubset(of: own), "\(what) has what is the other's")
}
