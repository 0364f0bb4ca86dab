import Core
import Duplicates
import Foundation
import SystemPackage

/// A photo as a camera makes it; the tests change what they are about.
func photo(
    _ number: Int, _ filename: String, _ mediaType: MediaType = .jpeg, width: Int = 4032, height: Int = 3024,
    at seconds: Double = 0, camera: String? = "X100", change: (inout Photo) -> Void = { _ in }
) -> Photo {
    let taken = CaptureTime(year: 2024, month: 5, day: 1, hour: 12, minute: 0, second: 0, source: .exif)!
    var metadata = PhotoMetadata()
    let time = CaptureTime(
        wallMicroseconds: taken.wallMicroseconds + Int64(seconds * 1_000_000), offsetMinutes: nil,
        source: camera == nil ? .modified : .exif)
    if let camera {
        metadata.cameraMake = "Acme"
        metadata.cameraModel = camera
        metadata.exposure.seconds = 0.01
        metadata.exposure.aperture = 2
        metadata.exposure.iso = 100
        metadata.captureTime = time
    }
    var photo = Photo(
        id: PhotoID(String(format: "00000000-0000-7000-8000-%012d", number))!,
        owner: OwnerID("00000000-0000-7000-8000-000000000001")!,
        sha256: SHA256Digest(bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 32))!,
        perceptualHash: nil, filename: filename, mediaType: mediaType, byteCount: ByteCount(2_000_000),
        pixelSize: PixelSize(width: width, height: height), captureTime: time, importedAt: 0, metadata: metadata,
        original: .file("/photos/x"), status: .ready, problem: nil, isFavourite: false, isArchived: false,
        isMissing: false)
    change(&photo)
    return photo
}
