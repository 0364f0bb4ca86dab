internal import Core
internal import Digest
internal import Foundation
internal import SystemPackage

/// A file from its start to its end, part by part, with their digests: those known from before, or else of what it reads, and
/// then that of all that was read too. Its bytes are not kept.
final class PartReader: Sendable {
    // SAFETY: read and changed on `reading` alone, which runs one body at a time, and by the last owner's deinit.
    private final class State: @unchecked Sendable {
        var hasher: SHA256Hasher? = SHA256Hasher()
        var offset: Int64 = 0
        /// Of what stays in the processor's cache between being read and being hashed.
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

        deinit { block.deallocate() }
    }

    /// What was read of a file.
    struct Part: Sendable {
        let range: Range<Int64>
        let sha256: SHA256Digest
        /// In hex; nil where it was not asked for, or libcrypto refuses it.
        let md5: String?

        /// Whether the provider's tag of a part, where it is an MD5, says that it has these bytes: a file may have changed and
        /// changed back since.
        func isStored(as part: UploadPart) -> Bool {
            guard part.byteCount == range.upperBound - range.lowerBound, let md5 else { return false }
            return part.entityTag.trimmingCharacters(in: CharacterSet(charactersIn: "\"")).lowercased() == md5
        }
    }

    /// Open as long as this lives.
    let file: FileDescriptor
    private let known: PartDigests?
    private let state = State()
    private let reading = BlockingQueue(label: "phototui.upload.read", isSerial: true)

    /// `known` are the digests of parts as long as those that will be asked for. Throws `FileFault`.
    init(_ path: FilePath, known: PartDigests? = nil) throws {
        self.known = known
        do {
            file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch {
            throw FileFault(
                error: (error as? Errno).map { EngineError($0, doing: "opening a file") }
                    ?? EngineError(.internal, "a file can't be opened", cause: error))
        }
    }

    deinit { try? file.close() }

    /// The next `count` bytes, fewer at the file's end; with their MD5, by which providers tag parts, where `tagging`.
    func next(_ count: Int64, tagging: Bool = false) async throws -> Part {
        try await reading.run { [self] in
            var sha256 = SHA256Hasher()
            var md5 = tagging ? MD5Hasher() : nil
            let start = state.offset
            if let known {
                let number = Int(start / known.partByteCount)
                state.offset = min(start + count, known.byteCount)
                return Part(range: start..<state.offset, sha256: known.digests[number], md5: nil)
            }
            do {
                while state.offset < start + count {
                    let wanted = min(Int64(state.block.count), start + count - state.offset)
                    let read = try file.read(
                        fromAbsoluteOffset: state.offset,
                        into: UnsafeMutableRawBufferPointer(rebasing: state.block[..<Int(wanted)]))
                    guard read > 0 else { break }
                    let bytes = UnsafeRawBufferPointer(rebasing: state.block[..<read])
                    state.hasher?.update(bytes)
                    sha256.update(bytes)
                    md5?.update(bytes)
                    state.offset += Int64(read)
                }
            } catch {
                throw FileFault(
                    error: (error as? Errno).map { EngineError($0, doing: "reading a file") }
                        ?? EngineError(.internal, "a file can't be read", cause: error))
            }
            return Part(range: start..<state.offset, sha256: sha256.finish(), md5: md5.take()?.finish())
        }
    }

    /// Whether the file, as all its parts and their digests have it, is this and no more.
    func isAtEnd(of content: UploadContent) async throws -> Bool {
        if known != nil {
            // The parts are of the reading that gave the content's digest, and each goes up under its own.
            return try await reading.run { [file] in
                try file.seek(offset: 0, from: .end) == content.byteCount.bytes
            }
        }
        // A file that grew is another one.
        _ = try await next(1)
        return try await reading.run { [state] in
            let hasher = state.hasher.take() ?? SHA256Hasher()
            return hasher.finish() == content.sha256
        }
    }
}
