import Core
import SystemPackage

/// Photos that nobody took, to fill a catalogue with.
enum MadeUpPhoto {
    static func file(number: Int) throws -> ScannedFile {
        let digest = SHA256Digest(bytes: (0..<32).map { _ in UInt8.random(in: 0...255) })
        let time = CaptureTime(
            year: Int.random(in: 2005...2024), month: Int.random(in: 1...12), day: 1, hour: 0, minute: 0, second: 0,
            source: .modified)
        guard let digest, let time else { throw EngineError(.internal, "a made-up photo is impossible") }
        let path = FilePath("/photos/new/\(number).jpg")
        return ScannedFile(
            path: path, fingerprint: FileFingerprint(byteCount: 4_000_000, modified: 0),
            content: .photo(sha256: digest, mediaType: .jpeg, provisional: time, original: .file(path)))
    }

    static func processed(_ digest: SHA256Digest) -> ProcessedPhoto {
        var metadata = PhotoMetadata()
        metadata.captureTime = CaptureTime(
            year: Int.random(in: 2005...2024), month: Int.random(in: 1...12), day: Int.random(in: 1...28), hour: 12,
            minute: 0, second: 0, source: .exif)
        metadata.cameraMake = "Canon"
        metadata.cameraModel = "EOS 5D"
        metadata.place = "Lisbon"
        metadata.tags = Dictionary(uniqueKeysWithValues: (0..<20).map { ("Exif.Photo.Tag\($0)", "value \($0)") })
        return ProcessedPhoto(
            sha256: digest, mediaType: .jpeg, pixelSize: PixelSize(width: 4032, height: 3024),
            perceptualHash: PerceptualHash(bits: UInt64.random(in: 0...UInt64.max)), metadata: metadata, problem: nil,
            renditions: [])
    }
}
