public import Core
internal import Digest
internal import Glibc
internal import Synchronization
public import SystemPackage

/// Asks clamd of ClamAV, by its INSTREAM command: the bytes are sent to it, so that it needs no right to the files, and may be
/// another machine (clamd(8)).
public struct ClamdScanner: MalwareScanner {
    private static let chunk = 1 << 16

    public let address: ClamdAddress
    private let seconds: Double
    private let queue = BlockingQueue(label: "phototui.clamd")

    /// `seconds` is how long the verdict of one file may take.
    public init(_ address: ClamdAddress, seconds: Double) {
        (self.address, self.seconds) = (address, seconds)
    }

    public func scan(_ file: FilePath) async throws -> MalwareVerdict {
        try await asking { connection in
            let descriptor = file.withPlatformString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
            guard descriptor >= 0 else { throw EngineError(Errno(rawValue: errno), doing: "reading a file for clamd") }
            defer { close(descriptor) }
            var hasher = SHA256Hasher()
            // The length of each chunk goes before it.
            var buffer = [UInt8](repeating: 0, count: 4 + Self.chunk)
            var isWanted = try Self.send(Array("zINSTREAM\0".utf8)[...], connection)
            while isWanted {
                let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + 4, Self.chunk) }
                guard count >= 0 else {
                    if errno == EINTR { continue }
                    throw EngineError(Errno(rawValue: errno), doing: "reading a file for clamd")
                }
                buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[4..<4 + count])) }
                for place in 0..<4 { buffer[place] = UInt8(truncatingIfNeeded: count >> (24 - 8 * place)) }
                isWanted = try Self.send(buffer[..<(4 + count)], connection)
                if count == 0 { break }
            }
            let signature = try verdict(try connection.answer())
            return MalwareVerdict(sha256: hasher.finish(), signature: signature)
        }
    }

    public func version() async throws -> String {
        try await asking { connection in
            _ = try Self.send(Array("zVERSION\0".utf8)[...], connection)
            return try connection.answer()
        }
    }

    public func findsTestFile() async throws -> Bool {
        try await asking { connection in
            let bytes = Array(Self.testFile.utf8)
            _ = try Self.send(
                Array("zINSTREAM\0".utf8) + [0, 0, 0, UInt8(bytes.count)] + bytes + [0, 0, 0, 0], connection)
            return try verdict(try connection.answer()) != nil
        }
    }

    /// In two parts, so that no scanner takes this program for it (https://www.eicar.org/download-anti-malware-testfile/).
    private static let testFile = #"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-"# + "ANTIVIRUS-TEST-FILE!$H+H*"

    private static func send(_ bytes: ArraySlice<UInt8>, _ connection: borrowing ClamdConnection) throws -> Bool {
        try bytes.withUnsafeBytes { try connection.send($0) }
    }

    /// What was found; nil for nothing. `stream: OK`, `stream: NAME FOUND`, or an error.
    private func verdict(_ answer: String) throws -> String? {
        let words = answer.hasPrefix("stream: ") ? String(answer.dropFirst(8)) : answer
        if words == "OK" { return nil }
        if words.hasSuffix(" FOUND") { return String(words.dropLast(6)) }
        if words.contains("size limit exceeded") {
            throw EngineError(
                .limitExceeded, "clamd at \(address) takes no file so large",
                whatToDo: "raise StreamMaxLength in clamd.conf, with MaxFileSize and MaxScanSize")
        }
        throw EngineError(
            .unavailable, "clamd at \(address) says: \(displayEscaped(words))", whatToDo: "see its log",
            isRetryable: true)
    }

    private func asking<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing ClamdConnection) throws -> Value
    ) async throws -> Value {
        let cancelled = CancelMark()
        let (address, seconds) = (address, seconds)
        return try await withTaskCancellationHandler {
            try await queue.run {
                try body(try ClamdConnection(address, seconds: seconds) { cancelled.isSet })
            }
        } onCancel: {
            cancelled.set()
        }
    }
}

/// Tells a thread that its task was cancelled.
private final class CancelMark: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
