public import Core
import SystemPackage

/// The digest of the made-up file number `number`.
func digest(_ number: Int) -> SHA256Digest {
    var random = SeededRandom(seed: UInt64(number))
    return SHA256Digest(bytes: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })!
}

func time(
    _ year: Int, _ month: Int, _ day: Int = 1, hour: Int = 12, source: CaptureTimeSource = .modified
) -> CaptureTime {
    CaptureTime(year: year, month: month, day: day, hour: hour, minute: 0, second: 0, source: source)!
}

/// A file whose bytes are photo number `number`.
func scanned(_ number: Int, path: FilePath? = nil, at captureTime: CaptureTime = time(2024, 7)) -> ScannedFile {
    let path = path ?? FilePath("/photos/\(number).jpg")
    return ScannedFile(
        path: path, fingerprint: FileFingerprint(byteCount: Int64(1000 + number), modified: Int64(number)),
        content: .photo(sha256: digest(number), mediaType: .jpeg, provisional: captureTime, original: .file(path)))
}

/// An entry of the journal with nothing of interest but its moment and subject.
public func journalEntry(
    id: JournalEntryID = JournalEntryID(clock: SystemClock(), random: SystemRandom()), at moment: Int64, subject: String
) -> JournalEntry {
    JournalEntry(id: id, at: moment, actor: "a", action: "b", subject: subject, outcome: "")
}

func processed(_ number: Int, _ change: (inout PhotoMetadata) -> Void = { _ in }) -> ProcessedPhoto {
    var metadata = PhotoMetadata()
    change(&metadata)
    return ProcessedPhoto(
        sha256: digest(number), mediaType: .jpeg, pixelSize: PixelSize(width: 4000, height: 3000),
        perceptualHash: PerceptualHash(bits: UInt64.max - UInt64(number)), metadata: metadata, problem: nil,
        renditions: [])
}

extension EditCatalog {
    /// Returns how many photos changed.
    @discardableResult
    public func edit(_ change: EditChange, _ photos: [PhotoID] = []) async throws -> Int {
        try await edit(EditRequest(change, photos: photos, actor: "a"))?.photoCount ?? 0
    }

    public func setFavourite(_ isFavourite: Bool, photos: [PhotoID]) async throws -> Int {
        try await edit(.favourite(isFavourite), photos)
    }

    /// Takes an edit back, one part after the other.
    func undo(_ edit: Edit) async throws -> UndoneEdit {
        while true {
            let part = try await undoPart(of: edit.id, actor: "u", reason: "why not")
            if part.isComplete { return part }
        }
    }

    func lastEdit() async throws -> Edit { try requirePresent(try await edits(after: nil, limit: 1).first, "an edit") }
}

extension Catalog {
    /// Records one file and returns its photo.
    func add(_ file: ScannedFile) async throws -> PhotoID {
        switch try await record([file]).first {
        case .imported(let id), .known(let id), .moved(let id): id
        default: throw ContractViolation("the file was not taken as a photo")
        }
    }

    func claimAll(worker: String = "w", leaseSeconds: Double = 60) async throws -> [Job] {
        try await claim(queue: .high, worker: worker, leaseSeconds: leaseSeconds, limit: 10_000)
    }

    /// Records photo `number` and finishes its job with `change`d metadata.
    func addProcessed(
        _ number: Int, path: FilePath? = nil, _ change: (inout PhotoMetadata) -> Void = { _ in }
    ) async throws -> PhotoID {
        let id = try await add(scanned(number, path: path))
        for job in try await claimAll() where job.photo == id {
            try require(
                try await finish(job.id, worker: "w", processed: processed(number, change)), "the job could be finished"
            )
        }
        return id
    }

    /// Records photo `number`, whose file has these keywords.
    @discardableResult
    public func addPhoto(_ number: Int, keywords: [String]) async throws -> PhotoID {
        try await addProcessed(number) { $0.keywords = keywords }
    }

    func ids(_ query: TimelineQuery) async throws -> [PhotoID] {
        try await timeline(query).map(\.id)
    }

    func requireSound() async throws {
        try requireEqual(try await check(), [], "the faults that check finds")
    }
}
