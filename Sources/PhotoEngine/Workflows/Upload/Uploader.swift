public import Core
internal import Digest
internal import Foundation
internal import Synchronization
internal import SystemPackage

/// Brings originals into a store behind a network: begins an upload in the ledger, sends what is missing of it, and confirms it
/// with the photo's row, so that a photo never shows without durable bytes.
public final class Uploader: Sendable {
    public typealias LedgerCatalog = UploadCatalog & FileCatalog & PhotoCatalog & FilmCatalog

    let catalog: any LedgerCatalog
    let store: any RemoteObjectStore
    let clock: any EngineClock
    /// How much a client may send.
    let limits: ImportLimits
    /// What has scanned what a client sent; nil where nothing does.
    let scanning: MalwareScanning?
    /// The files that wait for the store.
    public let waiting: WaitingFiles
    private let owner: String
    let transfers: TransferSlots
    private let parallel: Int
    private let isAway = Mutex(Absence())

    /// Why nothing is sent for now, and when the store was asked last.
    private struct Absence {
        var error: EngineError?
        var asked: ContinuousClock.Instant?
    }
    private static let patience = Duration.seconds(5)

    private static let leastPartByteCount: Int64 = 8 << 20
    static let multipartThreshold: Int64 = 32 << 20

    /// `owner` stands in the keys: letters, digits, dots, dashes. `parallel` transfers run at a time, each in less than
    /// a megabyte of memory.
    public init(
        catalog: any LedgerCatalog, store: any RemoteObjectStore, owner: String, waiting: WaitingFiles,
        parallel: Int = 4, limits: ImportLimits = ImportLimits(), scanning: MalwareScanning? = nil,
        clock: any EngineClock = SystemClock()
    ) {
        (self.limits, self.scanning) = (limits, scanning)
        self.catalog = catalog
        self.store = store
        self.owner = owner
        self.waiting = waiting
        self.parallel = max(1, parallel)
        self.clock = clock
        transfers = TransferSlots(max(1, parallel))
    }

    /// The size of the parts in which a file of so many bytes goes up; nil where it goes up whole.
    public static func partByteCount(of byteCount: Int64) -> Int64? {
        // At most 10,000 parts, S3's limit.
        byteCount > multipartThreshold ? max(leastPartByteCount, (byteCount + 9_999) / 10_000) : nil
    }

    /// What the keys of the owner's originals begin with.
    public var originals: String { "originals/\(owner)/" }

    /// Where an original goes: `originals/<owner>/<first two digits>/<SHA-256>.<extension>`.
    public func key(of sha256: SHA256Digest, mediaType: MediaType) -> ObjectKey {
        Self.key(of: sha256, mediaType: mediaType, owner: owner)
    }

    /// As `key(of:mediaType:)`, for any owner.
    public static func key(of sha256: SHA256Digest, mediaType: MediaType, owner: String) -> ObjectKey {
        let digits = sha256.description
        return ObjectKey("originals/\(owner)/\(digits.prefix(2))/\(digits).\(mediaType.fileExtension)")
    }

    /// What became of a file.
    public enum Outcome: Sendable {
        case recorded(RecordOutcome)
        /// It is no longer what was read: nothing of it is recorded.
        case changed
        case gone
        case unreadable(EngineError)
        /// It goes up once the store is there again: its upload is begun, and it is among the files that wait.
        case waiting(EngineError)
    }

    /// Uploads and records files; their outcomes in their order. What is no photo is only recorded. Throws what the catalogue
    /// throws, and what the store refuses for good.
    public func record(_ files: [ScannedFile]) async throws -> [Outcome] {
        let areSent = files.contains { file in
            switch file.content {
            case .photo, .film: true
            case .unsupported, .rejected: false
            }
        }
        if areSent { _ = await isStoreThere() }
        let outcomes = try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes = [Outcome?](repeating: nil, count: files.count)
            var next = 0
            func add() {
                guard next < files.count else { return }
                let (index, file) = (next, files[next])
                next += 1
                group.addTask { (index, try await self.record(file)) }
            }
            // More than there are slots: while one writes to the ledger, another sends.
            for _ in 0..<2 * parallel { add() }
            while let (index, outcome) = try await group.next() {
                outcomes[index] = outcome
                add()
            }
            return outcomes.compactMap { $0 }
        }
        try await remember(files, outcomes)
        return outcomes
    }

    /// Keeps on disk what waits, and forgets what no longer does.
    private func remember(_ files: [ScannedFile], _ outcomes: [Outcome]) async throws {
        var waits: [FilePath] = []
        var rests: [FilePath] = []
        // What lies in an archive comes out of it anew, by the next import of that.
        for (file, outcome) in zip(files, outcomes) where file.unpacked == nil {
            switch outcome {
            case .waiting: waits.append(file.path)
            // It waits on, where it did.
            case .recorded(.overQuota): break
            case .recorded, .gone: rests.append(file.path)
            case .changed, .unreadable: break
            }
        }
        try await waiting.change(adding: waits, removing: rests)
    }

    private func record(_ file: ScannedFile) async throws -> Outcome {
        do {
            return try await attempt(file)
        } catch let error as EngineError where error.code == .conflict {
            // Given up by another process meanwhile.
            return try await attempt(file)
        }
    }

    private func attempt(_ file: ScannedFile) async throws -> Outcome {
        if case .film(let identifier, _) = file.content { return try await attempt(file, filmOf: identifier) }
        guard case .photo(let sha256, let mediaType, let provisional, _) = file.content else {
            return .recorded(try await recordAlone(file))
        }
        let content = UploadContent(
            sha256: sha256, byteCount: ByteCount(file.fingerprint.byteCount), mediaType: mediaType,
            filename: file.path.lastComponent?.string ?? "", provisional: provisional)
        let id = UploadID(clock: clock, random: SystemRandom())
        let upload: Upload
        do {
            switch try await catalog.beginUpload(id, of: content, at: key(of: sha256, mediaType: mediaType)) {
            case .known(let photo): return .recorded(try await recordAlone(file, of: photo))
            case .begun(let begun): upload = begun
            }
        } catch let error as EngineError where error.code == .limitExceeded {
            return .recorded(.overQuota(reason: error.description))
        }
        if let absence { return .waiting(absence) }
        do {
            guard try await send(file, upload) else { return .changed }
        } catch let fault as StoreFault {
            return try waits(for: fault)
        } catch let error as FileFault {
            return error.error.code == .notFound ? .gone : .unreadable(error.error)
        }
        return .recorded(try await catalog.confirmUpload(upload.id, file: file))
    }

    /// What becomes of a file that the store did not take; throws what it refuses for good.
    func waits(for fault: StoreFault) throws -> Outcome {
        let error = fault.error
        switch error.code {
        case .unavailable, .timedOut, .noSpace:
            isAway.withLock { $0 = Absence(error: error, asked: .now) }
            return .waiting(error)
        default: throw error
        }
    }

    /// One more path of a photo that is stored. Throws `.conflict` when it was removed for good meanwhile.
    private func recordAlone(_ file: ScannedFile, of photo: PhotoID) async throws -> RecordOutcome {
        guard case .photo(let sha256, let mediaType, let provisional, _) = file.content,
            let known = try await catalog.photo(photo)
        else { throw EngineError(.conflict, "the photo was removed meanwhile", whatToDo: "import the file again") }
        guard case .object = known.original else { return try await recordAlone(file) }
        return try await recordAlone(
            ScannedFile(
                path: file.path, fingerprint: file.fingerprint,
                content: .photo(
                    sha256: sha256, mediaType: mediaType, provisional: provisional, original: known.original)))
    }

    /// What is recorded without being sent.
    func recordAlone(_ file: ScannedFile) async throws -> RecordOutcome {
        guard let outcome = try await catalog.record([file]).first else {
            throw EngineError(.internal, "a file was not accounted for")
        }
        return outcome
    }

    // The store's absence

    /// Why nothing is sent for now; nil while the store answers.
    public var absence: EngineError? { isAway.withLock(\.error) }

    /// Asks whether the store answers, first of all and, while it is away, every few seconds: one that doesn't would hold each
    /// file up for as long as a request is repeated.
    func isStoreThere() async -> Bool {
        let isDue = isAway.withLock { away in
            guard let asked = away.asked else { return true }
            return away.error != nil && ContinuousClock.now - asked >= Self.patience
        }
        guard isDue else { return absence == nil }
        var absence: EngineError?
        do {
            try await store.requireAnswer()
        } catch let error as EngineError where error.code == .unavailable {
            absence = error
        } catch {
            // Whoever sends something is told what it is.
        }
        isAway.withLock { [absence] in $0 = Absence(error: absence, asked: .now) }
        return absence == nil
    }
}

/// What the store, rather than the catalogue or the file, answered with.
struct StoreFault: Error {
    let error: EngineError

    static func telling<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as EngineError {
            throw StoreFault(error: error)
        }
    }
}

/// What keeps a file of this machine from being read.
struct FileFault: Error {
    let error: EngineError
}
