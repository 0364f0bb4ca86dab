internal import Core
internal import Glibc
internal import SystemPackage

/// The file of one object, opened for reading.
final class StoredFile {
    private let descriptor: FileDescriptor
    private let byteCount: Int64

    init(_ path: FilePath) throws {
        do {
            descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
        } catch let failure as Errno {
            throw EngineError(failure, doing: "reading an object")
        }
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            try? descriptor.close()
            throw EngineError(.notFound, "there is no such object")
        }
        byteCount = Int64(status.st_size)
    }

    deinit {
        try? descriptor.close()
    }

    func read(_ range: Range<Int64>?) throws -> [UInt8] {
        let wanted = (range ?? 0..<byteCount).clamped(to: 0..<byteCount)
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted.count) { buffer, count in
            do {
                while count < wanted.count {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                    let got = try descriptor.read(
                        fromAbsoluteOffset: wanted.lowerBound + Int64(count), into: rest)
                    guard got > 0 else { return }
                    count += got
                }
            } catch {
                failure = error as? Errno
            }
        }
        if let failure { throw EngineError(failure, doing: "reading an object") }
        return bytes
    }

    /// The size of the object at `path`; nil when there is none.
    static func byteCount(of path: FilePath) throws -> ByteCount? {
        var status = stat()
        guard path.withPlatformString({ stat($0, &status) }) == 0 else {
            switch Errno(rawValue: errno) {
            case .noSuchFileOrDirectory, .notDirectory, .fileNameTooLong: return nil
            case let failure: throw EngineError(failure, doing: "looking for an object")
            }
        }
        return status.st_mode & S_IFMT == S_IFREG ? ByteCount(Int64(status.st_size)) : nil
    }
}
