public import Core

/// The SHA-256 of consecutive parts of the bytes that arrive: of as many bytes each, but for the last.
public struct PartHasher: ~Copyable {
    private let partByteCount: Int64
    private var digests: [SHA256Digest] = []
    private var hasher = SHA256Hasher()
    private var count: Int64 = 0

    /// `partByteCount` is above 0.
    public init(partByteCount: Int64) {
        precondition(partByteCount > 0, "parts have bytes")
        self.partByteCount = partByteCount
    }

    /// Adds the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let taken = rest.prefix(Int(min(Int64(rest.count), partByteCount - count)))
            hasher.update(UnsafeRawBufferPointer(rebasing: taken))
            count += Int64(taken.count)
            rest = rest[taken.endIndex...]
            if count == partByteCount { endPart() }
        }
    }

    /// The digests of all parts. The hasher may not be used afterwards.
    public consuming func finish() -> PartDigests {
        let byteCount = Int64(digests.count) * partByteCount + count
        if count > 0 { endPart() }
        return PartDigests(byteCount: byteCount, partByteCount: partByteCount, digests: digests)
    }

    private mutating func endPart() {
        var ended = SHA256Hasher()
        swap(&ended, &hasher)
        digests.append(ended.finish())
        count = 0
    }
}
