internal import Core
internal import Digest
internal import Glibc
internal import SystemPackage

/// Reads a file once and says what its bytes are.
struct FileReader: Sendable {
    /// The size of the parts in which a file of so many bytes goes up, whose digests are taken on the way; nil where it goes up
    /// whole, or stays.
    var partByteCount: @Sendable (_ byteCount: Int64) -> Int64? = { _ in nil }
    /// Pictures that find none in it are not read on.
    var room = ImportRoom(ImportLimits())

    struct Reading: Sendable {
        enum Content: Sendable {
            case picture(SHA256Digest, MediaType)
            case unsupported(String)
            case rejected(String)
            /// Not to be remembered: the next import looks again.
            case unreadable(String)
            /// A picture that the import has no room for.
            case left(String)
            case gone
            case cancelled
        }

        var content: Content
        var fingerprint: FileFingerprint
        var bytesRead: Int64
        var parts: PartDigests?
    }

    private static let bufferSize = 1 << 20
    private static let sniffedBytes = 4096

    /// Blocks. `isCancelled` is asked between parts of a megabyte. A file that changes while it is read is read once more.
    func read(_ path: FilePath, isCancelled: () -> Bool) -> Reading {
        let first = attempt(path, isCancelled: isCancelled)
        guard case .unreadable(Self.changed) = first.content, !isCancelled() else { return first }
        var second = attempt(path, isCancelled: isCancelled)
        second.bytesRead += first.bytesRead
        return second
    }

    private static let changed = "it changes while it is read: import again when it is at rest"

    private func attempt(_ path: FilePath, isCancelled: () -> Bool) -> Reading {
        var reading = Reading(
            content: .gone, fingerprint: FileFingerprint(byteCount: 0, modified: 0), bytesRead: 0)
        // Without blocking: a pipe put in the file's place would wait for its writer for ever.
        let descriptor = path.withPlatformString { open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
        guard descriptor >= 0 else {
            if errno != ENOENT { reading.content = .unreadable(Errno(rawValue: errno).description) }
            return reading
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            reading.content = .unreadable("it is no longer a file")
            return reading
        }
        reading.fingerprint = FileFingerprint(status)
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        // SAFETY: the buffer lives until this method returns, and no slice of it outlives an iteration.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 16)
        defer { buffer.deallocate() }
        var hasher = SHA256Hasher()
        var parts = partByteCount(reading.fingerprint.byteCount).map { PartHasher(partByteCount: $0) }
        var mediaType: MediaType?
        while true {
            guard !isCancelled() else {
                reading.content = .cancelled
                return reading
            }
            // The first read is short, so that little is read of what is no picture.
            let wanted = reading.bytesRead == 0 ? Self.sniffedBytes : buffer.count
            let count = Glibc.read(descriptor, buffer.baseAddress!, wanted)
            guard count >= 0 else {
                if errno == EINTR { continue }
                reading.content = .unreadable(Errno(rawValue: errno).description)
                return reading
            }
            let part = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            if reading.bytesRead == 0 {
                mediaType = MediaType(sniffing: Array(part))
                if mediaType == nil {
                    reading.bytesRead = Int64(count)
                    reading.content = refusal(of: path, isEmpty: count == 0)
                    return reading
                }
                if let limited = limited(reading.fingerprint) {
                    reading.bytesRead = Int64(count)
                    reading.content = limited
                    return reading
                }
            }
            guard count > 0 else { break }
            hasher.update(part)
            parts?.update(part)
            reading.bytesRead += Int64(count)
        }
        var after = stat()
        guard fstat(descriptor, &after) == 0, FileFingerprint(after) == reading.fingerprint,
            reading.bytesRead == reading.fingerprint.byteCount
        else {
            reading.content = .unreadable(Self.changed)
            return reading
        }
        reading.content = .picture(hasher.finish(), mediaType!)
        reading.parts = parts.take()?.finish()
        return reading
    }

    private func limited(_ fingerprint: FileFingerprint) -> Reading.Content? {
        if let reason = room.limits.refusal(of: ByteCount(fingerprint.byteCount)) { return .unreadable(reason) }
        return room.isFull ? .left(room.reason) : nil
    }

    /// A file named as a picture is one that can't be read; any other is not for us.
    private func refusal(of path: FilePath, isEmpty: Bool) -> Reading.Content {
        guard Self.isPictureName(path.filename) else {
            return .unsupported(isEmpty ? "an empty file" : Self.otherReason)
        }
        return .rejected(isEmpty ? "the file is empty" : "its first bytes are of no picture format that phototui knows")
    }

    static let otherReason = "not a picture format that phototui knows"

    static func isPictureName(_ filename: String) -> Bool {
        guard let dot = filename.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
        return pictureExtensions.contains(filename[filename.index(after: dot)...].lowercased())
    }

    private static let pictureExtensions: Set<String> = [
        "jpg", "jpeg", "jpe", "jfif", "png", "webp", "avif", "heic", "heif", "tif", "tiff", "gif", "jxl", "dng", "cr2",
        "cr3", "crw", "nef", "nrw", "arw", "srf", "sr2", "raf", "orf", "rw2", "raw", "pef", "srw", "x3f", "mrw", "dcr",
        "kdc", "erf", "mef", "mos", "iiq", "3fr", "rwl",
    ]
}
