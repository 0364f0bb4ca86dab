public import Core
public import SystemPackage

extension SHA256Hasher {
    /// The digest of a file's bytes from its start, wherever the descriptor's offset is, and how many there were; in
    /// bounded memory. Blocks: not for the cooperative pool.
    ///
    /// A larger block gains nothing, and is one that malloc takes from the kernel anew for each file, or never returns.
    public static func digest(
        file: FileDescriptor, blockSize: Int = 64 << 10
    ) throws(EngineError) -> (sha256: SHA256Digest, byteCount: Int64) {
        // SAFETY: owned by this call; the hasher and the read see it only while it is allocated.
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 16)
        defer { block.deallocate() }
        var hasher = SHA256Hasher()
        var offset: Int64 = 0
        do {
            while true {
                let count = try file.read(fromAbsoluteOffset: offset, into: block)
                guard count > 0 else { return (hasher.finish(), offset) }
                hasher.update(UnsafeRawBufferPointer(rebasing: block[..<count]))
                offset += Int64(count)
            }
        } catch {
            throw (error as? Errno).map { EngineError($0, doing: "reading a file") }
                ?? EngineError(.internal, "reading a file failed", cause: error)
        }
    }

    /// As `digest(file:)`, for the file at `path`.
    public static func digest(path: FilePath) throws(EngineError) -> (sha256: SHA256Digest, byteCount: Int64) {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch {
            throw (error as? Errno).map { EngineError($0, doing: "opening a file") }
                ?? EngineError(.internal, "opening a file failed", cause: error)
        }
        defer { try? file.close() }
        return try digest(file: file)
    }
}
