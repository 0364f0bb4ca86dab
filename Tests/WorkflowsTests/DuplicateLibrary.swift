import Catalog
import Core
import Digest
import Duplicates
import Foundation
import Objects
import Synchronization
import SystemPackage
import Workflows

/// A catalogue in memory with made-up photos, and the small pictures that a store would have of them.
final class DuplicateLibrary: PictureSource {
    let catalog: any Catalog
    private let pictures = Mutex<[SHA256Digest: PixelBuffer]>([:])
    private let finePrint = Mutex<[SHA256Digest: [UInt8]]>([:])
    private let isAway = Mutex(false)

    /// Where the photos' files are; nil for nowhere.
    private let folder: URL?

    init(folder: URL? = nil) async throws {
        self.folder = folder
        catalog = try await SQLiteCatalog.inMemory()
    }

    func picture(of original: SHA256Digest) async throws -> PixelBuffer? {
        if isAway.withLock({ $0 }) { throw EngineError(.unavailable, "the store is away", isRetryable: true) }
        return pictures.withLock { $0[original] }
    }

    func largestPicture(of original: SHA256Digest) async throws -> PixelBuffer? {
        try await picture(of: original)
    }

    func largestRendition(of original: SHA256Digest) async throws -> [UInt8]? {
        try await picture(of: original)?.rgb
    }

    func pixelDigest(of original: SHA256Digest) async throws -> PixelDigest? {
        try await picture(of: original).map {
            var hasher = SHA256Hasher()
            ($0.rgb + finePrint.withLock { $0[original] ?? [] }).withUnsafeBytes { hasher.update($0) }
            return PixelDigest(size: $0.size, sha256: hasher.finish())
        }
    }

    /// Gives a photo's original pixels that its renditions don't show.
    func print(finely text: String, on number: Int) {
        finePrint.withLock { $0[Self.digest(number)] = Array(text.utf8) }
    }

    func setAway(_ value: Bool) { isAway.withLock { $0 = value } }

    /// Adds a photo of a made-up scene and processes it; returns its id. `fading` makes a copy of other brightness, `turned`
    /// one whose stored picture is turned so, with a note of it in its metadata only where `isNoted`; `flipping` are bits in which
    /// its hash differs from its picture's.
    @discardableResult
    func add(
        _ number: Int, scene: UInt64, fading: Int = 0, turned: Orientation = .upright, isNoted: Bool = false,
        hasPicture: Bool = true, flipping: UInt64 = 0, change: (inout PhotoMetadata) -> Void = { _ in }
    ) async throws -> PhotoID {
        let upright = Scene(scene).pixels(fading: fading)
        let stored = upright.stored(turned)
        let sha256 = Self.digest(number)
        if hasPicture { pictures.withLock { $0[sha256] = isNoted ? upright : stored } }
        let path = FilePath((folder?.path ?? "/photos") + "/\(number).jpg")
        let byteCount = Int64(1000 + number)
        if folder != nil {
            _ = FileManager.default.createFile(
                atPath: path.string, contents: Data(count: Int(byteCount)),
                attributes: [.modificationDate: Date(timeIntervalSince1970: Double(number))])
        }
        let time = CaptureTime(
            wallMicroseconds: Int64(number) * 60_000_000, offsetMinutes: nil, source: .modified)
        let file = ScannedFile(
            path: path, fingerprint: FileFingerprint(byteCount: byteCount, modified: Int64(number) * 1_000_000_000),
            content: .photo(sha256: sha256, mediaType: .jpeg, provisional: time, original: .file(path)))
        guard case .imported(let id) = try await catalog.record([file]).first else {
            throw EngineError(.internal, "photo \(number) is there already")
        }
        var metadata = PhotoMetadata()
        change(&metadata)
        if isNoted { metadata.orientation = turned }
        for job in try await catalog.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 10) {
            let processed = ProcessedPhoto(
                sha256: sha256, mediaType: .jpeg, pixelSize: stored.size,
                perceptualHash: PerceptualHash(bits: stored.hash.bits ^ flipping),
                metadata: metadata, problem: nil, renditions: [])
            _ = try await catalog.finish(job.id, worker: "w", processed: processed)
        }
        return id
    }

    func restorePicture(_ number: Int, scene: UInt64) {
        pictures.withLock { $0[Self.digest(number)] = Scene(scene).pixels(fading: 0) }
    }

    /// Paints a black bar over a photo's small picture.
    func spoil(_ number: Int, rows: Range<Int> = 20..<25) {
        pictures.withLock { pictures in
            guard let picture = pictures[Self.digest(number)] else { return }
            var rgb = picture.rgb
            let row = picture.size.width * 3
            for place in (rows.lowerBound * row)..<(rows.upperBound * row) { rgb[place] = 0 }
            pictures[Self.digest(number)] = PixelBuffer(size: picture.size, rgb: rgb)
        }
    }

    func losePicture(_ number: Int) { pictures.withLock { $0[Self.digest(number)] = nil } }

    static func digest(_ number: Int) -> SHA256Digest {
        SHA256Digest(bytes: (0..<32).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 4))) })!
    }

    func scan(
        _ options: DuplicateScanOptions = DuplicateScanOptions(),
        progress: @escaping @Sendable (DuplicateScanProgress) -> Void = { _ in }
    ) async throws -> DuplicateScanReport {
        try await DuplicateScan(catalog: catalog, pictures: self).run(options, progress: progress)
    }

    /// Its photos' files are nowhere, unless a test makes them.
    func review(_ rules: KeeperRules = KeeperRules(), rulesFault: EngineError? = nil) -> DuplicateReview {
        DuplicateReview(
            catalog: catalog, rules: rules, rulesFault: rulesFault,
            originals: OriginalPresence(catalog: catalog, objects: MemoryObjectStore()), pictures: self)
    }

    /// The photos of each cluster.
    func clusters() async throws -> Set<Set<PhotoID>> {
        var found: Set<Set<PhotoID>> = []
        for cluster in try await catalog.clusters(ClusterQuery(limit: 1000)) {
            let members = try await catalog.members(of: cluster.id, after: nil, limit: 1000)
            found.insert(Set(members.map(\.photo)))
        }
        return found
    }
}

/// A picture of soft patches, another one for each seed; seed 0 is an even grey.
private struct Scene {
    private let seed: UInt64

    init(_ seed: UInt64) { self.seed = seed }

    func pixels(fading: Int) -> PixelBuffer {
        let (width, height) = (80, 60)
        // Not a multiple of the step below: scenes would share their patches.
        var state = seed &* 0xD134_2543_DE82_EF95
        func next() -> Double {
            // SplitMix64.
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((value ^ (value >> 31)) >> 11) / Double(1 << 53)
        }
        let patches = (0..<14).map { _ in
            (x: next() * 80, y: next() * 60, size: 4 + next() * 14, light: next() * 240 - 120)
        }
        let rgb = (0..<width * height).flatMap { index -> [UInt8] in
            let (x, y) = (Double(index % width), Double(index / width))
            var light = 128.0
            for patch in patches where seed != 0 {
                let distance = (x - patch.x) * (x - patch.x) + (y - patch.y) * (y - patch.y)
                light += patch.light * exp(-distance / (patch.size * patch.size))
            }
            // First what a sensor can tell, then what a program makes of it.
            light = max(0, min(255, light))
            let grey = UInt8(light + (128 - light) * Double(fading) / 100)
            return [grey, grey, grey]
        }
        return PixelBuffer(size: PixelSize(width: width, height: height), rgb: rgb)
    }
}

extension PixelBuffer {
    fileprivate var hash: PerceptualHash {
        rgb.withUnsafeBufferPointer { PerceptualHashing.hash(rgb: $0, width: size.width, height: size.height) }
    }

    /// The picture that a viewer turns by `orientation` to see this one.
    fileprivate func stored(_ orientation: Orientation) -> PixelBuffer {
        let (width, height) = orientation.swapsAxes ? (size.height, size.width) : (size.width, size.height)
        var stored = [UInt8](repeating: 0, count: rgb.count)
        for y in 0..<height {
            for x in 0..<width {
                // EXIF: which side of the upright picture the stored row 0 and column 0 are at.
                let (toX, toY): (Int, Int) =
                    switch orientation {
                    case .upright: (x, y)
                    case .mirrored: (size.width - 1 - x, y)
                    case .rotated180: (size.width - 1 - x, size.height - 1 - y)
                    case .flipped: (x, size.height - 1 - y)
                    case .transposed: (y, x)
                    case .rotated90: (size.width - 1 - y, x)
                    case .transversed: (size.width - 1 - y, size.height - 1 - x)
                    case .rotated270: (y, size.height - 1 - x)
                    }
                for channel in 0..<3 {
                    stored[(y * width + x) * 3 + channel] = rgb[(toY * size.width + toX) * 3 + channel]
                }
            }
        }
        return PixelBuffer(size: PixelSize(width: width, height: height), rgb: stored)
    }
}
