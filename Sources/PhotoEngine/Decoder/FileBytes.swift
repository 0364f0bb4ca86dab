import Core
import Glibc

/// A file read whole, once, at an address that stays put: the C libraries keep pointers into it.
final class FileBytes {
    // SAFETY: allocated in init, freed in deinit, never written after init; whoever keeps the address keeps this object.
    let buffer: UnsafeRawBufferPointer

    /// Reads an open file from its start. Throws `.limitExceeded` for more than `limit` bytes, `.corrupt` for an empty file.
    init(descriptor: Int32, limit: Int) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw EngineError(.unavailable, "the file's size is unknown") }
        let size = Int(status.st_size)
        guard size <= limit else {
            throw EngineError(.limitExceeded, "\(size) bytes are more than the limit of \(limit)")
        }
        guard size > 0 else { throw EngineError(.corrupt, "the file is empty") }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        var filled = 0
        while filled < size {
            let step = pread(descriptor, memory.baseAddress! + filled, size - filled, off_t(filled))
            if step < 0 && errno == EINTR { continue }
            guard step >= 0 else {
                memory.deallocate()
                throw EngineError(.unavailable, "the file could not be read", isRetryable: true)
            }
            if step == 0 { break }
            filled += step
        }
        buffer = UnsafeRawBufferPointer(rebasing: memory[..<filled])
    }

    /// Bytes that were made here, as a raw file's preview.
    init(copying bytes: some Collection<UInt8>) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
        memory.copyBytes(from: bytes)
        buffer = UnsafeRawBufferPointer(rebasing: memory[..<bytes.count])
    }

    deinit {
        buffer.deallocate()
    }
}
