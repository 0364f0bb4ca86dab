public import Core
internal import Foundation
internal import Synchronization
public import SystemPackage

/// Brings the objects of a library to where it is promoted: originals, and the renditions that there are. Each is verified
/// where it has come to; what is there already is not sent again. Nothing is taken away from where they were.
public final class ObjectPromotion: Sendable {
    public typealias Photos = @Sendable (_ behind: SHA256Digest?) async throws -> [PromotedPhoto]

    /// What becomes of the objects.
    public enum Purpose: Sendable {
        /// `mayBeThere` where an earlier run may have brought some.
        case bring(mayBeThere: Bool)
        case verify
        /// Only what would be brought is counted.
        case plan
        /// What was brought is taken away again, but what `keeps` is true of: somebody else's by now.
        case remove(keeps: @Sendable (PromotedPhoto) async throws -> Bool)

        /// Photos that stay without an original are nothing to complain of.
        var leavesMissing: Bool {
            switch self {
            case .verify, .remove: true
            case .bring, .plan: false
            }
        }
    }

    private let photos: Photos
    private let source: PromotionStorage
    let target: PromotionStorage
    /// What the owner is called in a bucket's keys.
    private let owner: String
    private let leavesMissing: Bool
    /// Where an original lies for a moment on its way out of a bucket.
    private let scratch: FilePath
    private let parallel: Int
    private let state: Mutex<State>

    private struct State {
        var tally: ObjectTally
        /// The beginnings of the digests of photos that are placed: eight bytes for each, however many there are.
        var placed: Set<UInt64> = []
        let began = ContinuousClock.now
    }

    /// `total` is how much the library has.
    public init(
        photos: @escaping Photos, from source: PromotionStorage, to target: PromotionStorage, owner: String,
        leavesMissing: Bool, scratch: FilePath, total: (photos: Int, bytes: ByteCount), parallel: Int = 8
    ) {
        (self.photos, self.source, self.target, self.owner) = (photos, source, target, owner)
        (self.leavesMissing, self.scratch, self.parallel) = (leavesMissing, scratch, parallel)
        state = Mutex(State(tally: ObjectTally(totalPhotos: total.photos, totalBytes: total.bytes.bytes)))
    }

    public var tally: ObjectTally { state.withLock(\.tally) }

    /// All photos, or these, that were not placed by an earlier call.
    public func run(
        _ purpose: Purpose, photos: Photos? = nil, progress: @escaping @Sendable (ObjectTally) -> Void
    ) async throws {
        let photos = photos ?? self.photos
        var last: SHA256Digest?
        while true {
            try Task.checkCancellation()
            let page = try await photos(last)
            guard let end = page.last else { return }
            last = end.sha256
            let rest = state.withLock { state in page.filter { !state.placed.contains(Self.mark($0)) } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                var waiting = rest.makeIterator()
                func add() {
                    guard let photo = waiting.next() else { return }
                    group.addTask {
                        try await self.take(photo, purpose)
                        progress(self.tally)
                    }
                }
                for _ in 0..<parallel { add() }
                while try await group.next() != nil { add() }
            }
        }
    }

    private static func mark(_ photo: PromotedPhoto) -> UInt64 {
        photo.sha256.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    // Where originals go

    /// Where the originals of these photos are now. Throws `UnpromotedPhoto` for one that was not brought.
    public func places(of photos: [PromotedPhoto]) async throws -> [OriginalLocation] {
        let arePlaced = state.withLock { state in photos.allSatisfy { state.placed.contains(Self.mark($0)) } }
        guard arePlaced else { throw UnpromotedPhoto() }
        var places: [OriginalLocation] = []
        for photo in photos { places.append(try await place(of: photo)) }
        return places
    }

    /// Where the originals of these photos should be, whether or not they were brought.
    public func expectedPlaces(of photos: [PromotedPhoto]) async throws -> [OriginalLocation] {
        var places: [OriginalLocation] = []
        for photo in photos { places.append(try await place(of: photo)) }
        return places
    }

    private func place(of photo: PromotedPhoto) async throws -> OriginalLocation {
        guard let key = key(of: photo) else { return photo.original }
        if case .folder(let store) = target, case .file = photo.earlier, try await store.head(key) == nil {
            return photo.earlier ?? photo.original
        }
        return .object(key)
    }

    /// Nil for a photo whose original stays the file that is missing.
    private func key(of photo: PromotedPhoto) -> ObjectKey? {
        switch target {
        case .bucket:
            if case .file = photo.original, photo.isMissing { return nil }
            return photo.unusedKey(Uploader.key(of: photo.sha256, mediaType: photo.mediaType, owner: owner))
        case .folder:
            if case .file = photo.original { return nil }
            if case .object(let key) = photo.earlier { return key }
            return photo.unusedKey(Importer.key(of: photo.sha256, mediaType: photo.mediaType, day: photo.day))
        }
    }

    // One photo

    private func take(_ photo: PromotedPhoto, _ purpose: Purpose) async throws {
        var fault: String?
        if let key = key(of: photo) {
            switch purpose {
            case .plan: fault = try await plan(photo)
            case .verify: fault = try await verify(photo, key)
            case .remove(let keeps): fault = try await remove(photo, key, keeps)
            case .bring(let mayBeThere):
                // Renditions first: an original that is there tells of its photo as a whole.
                try await bringRenditions(of: photo, mayBeThere)
                fault = try await bring(photo, key, mayBeThere)
            }
        } else if !leavesMissing, !purpose.leavesMissing {
            fault = "its file is missing: bring its disk back and import its folder, or say --leave-missing"
        }
        state.withLock { state in
            if let fault {
                state.tally.add(.init(photo: photo.id, filename: photo.filename, reason: fault))
            } else {
                state.placed.insert(Self.mark(photo))
                if key(of: photo) == nil { state.tally.left += 1 }
            }
            state.tally.photos += 1
            state.tally.bytes += photo.byteCount.bytes
            let time = (ContinuousClock.now - state.began).components
            state.tally.seconds = Double(time.seconds) + Double(time.attoseconds) / 1e18
        }
    }

    func count(_ change: (inout ObjectTally) -> Void) {
        state.withLock { change(&$0.tally) }
    }

    private func verify(_ photo: PromotedPhoto, _ key: ObjectKey) async throws -> String? {
        if case .file(let path) = try await place(of: photo) {
            guard try await CandidateFile(path: path).holds(photo) else { return "its file no longer holds its bytes" }
        } else {
            switch try await target.verify(key, byteCount: photo.byteCount, sha256: photo.sha256) {
            case nil: return "its original is not there"
            case false?: return "its original is there with other bytes"
            case true?: break
            }
        }
        count { $0.verified += 1 }
        for rendition in try await renditions(of: photo) {
            guard try await target.objects.head(rendition.key) != nil else { return "a rendition of it is not there" }
            count { $0.verified += 1 }
        }
        return nil
    }

    private func plan(_ photo: PromotedPhoto) async throws -> String? {
        if case .file = photo.original, try await candidates(photo).isEmpty { return Self.gone }
        var isInPlace = false
        if case .folder = target, case .file(let path) = photo.earlier {
            isInPlace = try await CandidateFile(path: path).mayHold(photo)
        }
        let renditions = try await renditions(of: photo)
        count { [isInPlace] tally in
            tally.inPlace += isInPlace ? 1 : 0
            tally.sent += renditions.count + (isInPlace ? 0 : 1)
            tally.bytesSent +=
                renditions.reduce(0) { $0 + $1.byteCount.bytes } + (isInPlace ? 0 : photo.byteCount.bytes)
        }
        return nil
    }

    private static let gone =
        "no file holds its bytes any more: import its folder again, with --mark-missing where it is gone for good"

    private func candidates(_ photo: PromotedPhoto) async throws -> [FilePath] {
        var paths: [FilePath] = []
        if case .file(let path) = photo.original { paths.append(path) }
        for path in photo.files where !paths.contains(path) { paths.append(path) }
        var found: [FilePath] = []
        for path in paths where try await CandidateFile(path: path).mayHold(photo) { found.append(path) }
        return found
    }

    /// Why it can't be had, for what is the matter with the photo alone.
    private func bring(_ photo: PromotedPhoto, _ key: ObjectKey, _ mayBeThere: Bool) async throws -> String? {
        if case .folder(let store) = target, case .file(let path) = photo.earlier, try await store.head(key) == nil,
            try await CandidateFile(path: path).holds(photo)
        {
            count { $0.inPlace += 1 }
            return nil
        }
        if mayBeThere {
            switch try await target.verify(key, byteCount: photo.byteCount, sha256: photo.sha256) {
            case true?:
                count { ($0.present, $0.verified) = ($0.present + 1, $0.verified + 1) }
                return nil
            // Nobody else's: no photo of an owner that nobody finds yet is there.
            case false?: try await target.objects.delete(key)
            case nil: break
            }
        }
        if let fault = try await send(photo, key) { return fault }
        guard try await target.verify(key, byteCount: photo.byteCount, sha256: photo.sha256) == true else {
            try await target.objects.delete(key)
            return "what arrived was not what was sent: promote again"
        }
        count { tally in
            tally.sent += 1
            tally.verified += 1
            tally.bytesSent += photo.byteCount.bytes
        }
        return nil
    }

    func send(_ photo: PromotedPhoto, _ key: ObjectKey) async throws -> String? {
        switch (photo.original, source) {
        case (.object(let from), .bucket(let store)):
            let part = scratch.appending("\(UUID().uuidString).part")
            defer { try? FileManager.default.removeItem(atPath: part.string) }
            do {
                try await store.fetch(from, to: part, sha256: photo.sha256)
            } catch let error as EngineError where [.notFound, .corrupt].contains(error.code) && !error.isRefusalOfUs {
                return error.description
            }
            try await put(part, at: key, photo)
            return nil
        case (.object(let from), .folder(let store)):
            return try await put([store.localPath(of: from)], at: key, photo)
        case (.file, _):
            return try await put(try await candidates(photo), at: key, photo)
        }
    }

    /// The first of these files that holds the photo.
    private func put(_ files: [FilePath], at key: ObjectKey, _ photo: PromotedPhoto) async throws -> String? {
        for file in files where try await CandidateFile(path: file).mayHold(photo) {
            do {
                try await put(file, at: key, photo)
                return nil
            } catch let error as EngineError where error.code == .corrupt {
                continue
            }
        }
        if case .object = photo.original { return "its copy is gone or damaged" }
        return Self.gone
    }

    private func put(_ file: FilePath, at key: ObjectKey, _ photo: PromotedPhoto) async throws {
        do {
            try await target.objects.putFile(file, at: key, sha256: photo.sha256)
        } catch let error as EngineError where error.code == .conflict {
            try await target.objects.delete(key)
            try await target.objects.putFile(file, at: key, sha256: photo.sha256)
        }
    }

    // Renditions

    /// More sizes and formats than anybody makes.
    private static let mostRenditions = 100

    private func renditions(of photo: PromotedPhoto) async throws -> [ObjectSummary] {
        try await renditions(of: photo, in: source)
    }

    func renditions(of photo: PromotedPhoto, in storage: PromotionStorage) async throws -> [ObjectSummary] {
        let digits = photo.sha256.description
        return try await storage.objects.list(
            prefix: "renditions/\(digits.prefix(2))/\(digits)/", after: nil, limit: Self.mostRenditions)
    }

    private func bringRenditions(of photo: PromotedPhoto, _ mayBeThere: Bool) async throws {
        for rendition in try await renditions(of: photo) {
            let isSent: Bool
            do {
                isSent = try await bring(rendition, mayBeThere)
            } catch let error as EngineError where error.code == .conflict {
                // Other owners have the photo, too, and their rendition of it serves all.
                isSent = false
            } catch let error as EngineError where error.code == .notFound && !error.isRefusalOfUs {
                continue
            }
            count { tally in
                tally.verified += 1
                tally.sent += isSent ? 1 : 0
                tally.present += isSent ? 0 : 1
                tally.bytesSent += isSent ? rendition.byteCount.bytes : 0
            }
        }
    }

    private func bring(_ rendition: ObjectSummary, _ mayBeThere: Bool) async throws -> Bool {
        let key = rendition.key
        switch source {
        case .bucket(let store):
            if mayBeThere, try await target.objects.head(key) == rendition.byteCount { return false }
            try await target.objects.put(try await store.get(key), at: key, sha256: nil)
        case .folder(let store):
            let path = store.localPath(of: key)
            let (sha256, byteCount) = try await CandidateFile(path: path).digest()
            let size = ByteCount(byteCount)
            if mayBeThere, try await target.verify(key, byteCount: size, sha256: sha256) != nil { return false }
            try await target.objects.putFile(path, at: key, sha256: sha256)
            guard try await target.verify(key, byteCount: size, sha256: sha256) != nil else {
                throw EngineError(
                    .unavailable, "what was stored under \(key) is not there", whatToDo: "promote again",
                    isRetryable: true)
            }
        }
        return true
    }
}
