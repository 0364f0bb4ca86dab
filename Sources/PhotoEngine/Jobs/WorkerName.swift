internal import Glibc

/// What a worker is called in the catalogue: `host/namespace/process/start/serial`. It tells a process that still runs from one
/// that is gone, also after its number was given to another.
public struct WorkerName: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    /// The kernel's number of the process namespace: in another one, process numbers mean other processes.
    public let namespace: String
    public let process: Int32
    /// When the process started, in clock ticks since the machine did.
    public let start: UInt64
    /// Tells workers of one process apart.
    public let serial: UInt64

    public init(host: String, namespace: String, process: Int32, start: UInt64, serial: UInt64) {
        self.host = host
        self.namespace = namespace
        self.process = process
        self.start = start
        self.serial = serial
    }

    /// A name for a worker of this process.
    public static func current(serial: UInt64 = .random(in: .min ... .max)) -> WorkerName {
        WorkerName(
            host: thisHost(), namespace: thisNamespace(), process: getpid(), start: startTime(of: getpid()) ?? 0,
            serial: serial)
    }

    /// Parses `description`; nil for a name of another form, of whose worker nothing can be told.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, let process = Int32(parts[2]), process > 0, let start = UInt64(parts[3]), start > 0,
            let serial = UInt64(parts[4], radix: 16)
        else { return nil }
        self.init(host: parts[0], namespace: parts[1], process: process, start: start, serial: serial)
    }

    public var description: String {
        "\(host)/\(namespace)/\(process)/\(start)/\(String(serial, radix: 16))"
    }

    /// Whether the worker's process certainly no longer runs. False wherever that can't be told: on another machine or
    /// in another container.
    public var isGone: Bool {
        guard host == WorkerName.thisHost(), !namespace.isEmpty, namespace == WorkerName.thisNamespace() else {
            return false
        }
        return WorkerName.startTime(of: process) != start
    }

    private static func thisHost() -> String {
        var status = utsname()
        guard uname(&status) == 0 else { return "unknown" }
        // SAFETY: nodename is NUL-terminated and read only inside the closure.
        let bytes = withUnsafeBytes(of: &status.nodename) { Array($0.prefix { $0 != 0 }) }
        return String(decoding: bytes, as: UTF8.self).split(separator: "/").joined(separator: "-")
    }

    /// `pid:[4026531836]`; empty when it can't be read.
    private static func thisNamespace() -> String {
        var buffer = [UInt8](repeating: 0, count: 64)
        // SAFETY: the buffer is not empty, and readlink writes no more than its size.
        let count = buffer.withUnsafeMutableBytes { bytes in
            readlink("/proc/self/ns/pid", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }

    /// Field 22 of /proc/PID/stat (proc(5)), behind the program's name, which may itself hold spaces and brackets; nil
    /// when no such process runs, or only its exit status is left.
    private static func startTime(of process: Int32) -> UInt64? {
        let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        // SAFETY: the buffer is not empty, and read writes no more than its size.
        let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, $0.count) }
        guard count > 0, let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = String(decoding: buffer[(end + 1)..<count], as: UTF8.self).split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}
