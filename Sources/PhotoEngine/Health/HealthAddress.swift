public import Core
internal import Glibc

/// Where health is served: `HOST:PORT`, `[IPV6]:PORT`, or the path of a unix socket.
public enum HealthAddress: Hashable, Sendable, CustomStringConvertible {
    case host(String, port: UInt16)
    case socket(String)

    /// Throws `.invalidInput`.
    public init(_ text: String) throws(EngineError) {
        func refusal(_ reason: String) -> EngineError {
            EngineError(
                .invalidInput, "\"\(text)\" is no address to serve health on: \(reason)",
                whatToDo: "write HOST:PORT, such as 127.0.0.1:9464, or the path of a unix socket")
        }
        if text.hasPrefix("/") || text.hasPrefix("unix:/") {
            let path = text.hasPrefix("/") ? text : String(text.dropFirst(5))
            guard path.utf8.count < 108 else { throw refusal("a socket's path has at most 107 bytes") }
            self = .socket(path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw refusal("it has no port")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw refusal("an IPv6 address stands in [brackets]")
        }
        guard !host.isEmpty else { throw refusal("it names no host") }
        self = .host(host, port: port)
    }

    public var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .socket(let path): path
        }
    }

    /// Whether only this machine can reach it.
    public var isLocal: Bool {
        switch self {
        case .socket: true
        case .host(let host, _): host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
    }

    /// A listening, non-blocking descriptor, and the address it has: port 0 becomes a free one. Throws what the system
    /// refuses.
    func listen() throws -> (descriptor: Int32, address: HealthAddress) {
        switch self {
        case .socket(let path): (try listen(path: path), self)
        case .host(let host, let port): try listen(host: host, port: port)
        }
    }

    private func failure(_ reason: String) -> EngineError {
        EngineError(
            .unavailable, "health can't be served on \(self): \(reason)",
            whatToDo: "choose another address, or end what uses this one")
    }

    private static let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

    private func listen(path: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: the path was checked to be shorter than sun_path, which is zeroed and so stays terminated.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix($0.count - 1)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        // SAFETY: a sockaddr_un is a sockaddr of that size, and outlives the call.
        func with(_ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
            withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, size) } }
        }
        let descriptor = Glibc.socket(AF_UNIX, Self.kind, 0)
        guard descriptor >= 0 else { throw failure(errorText()) }
        var result = with { bind(descriptor, $0, $1) }
        if result != 0, errno == EADDRINUSE, isLeftOver(path, with) {
            unlink(path)
            result = with { bind(descriptor, $0, $1) }
        }
        guard result == 0, Glibc.listen(descriptor, 64) == 0 else {
            let reason = errorText()
            close(descriptor)
            throw failure(reason)
        }
        return descriptor
    }

    /// Whether the path is a socket that nobody listens at any more: its program was killed.
    private func isLeftOver(_ path: String, _ with: ((UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        let probe = Glibc.socket(AF_UNIX, Self.kind, 0)
        defer { close(probe) }
        return with { connect(probe, $0, $1) } != 0 && errno == ECONNREFUSED
    }

    private func listen(host: String, port: UInt16) throws -> (Int32, HealthAddress) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = found else { throw failure(String(cString: gai_strerror(code))) }
        // SAFETY: the list that getaddrinfo made is read until freeaddrinfo, once.
        defer { freeaddrinfo(found) }
        let descriptor = Glibc.socket(first.pointee.ai_family, Self.kind, 0)
        guard descriptor >= 0 else { throw failure(errorText()) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0,
            Glibc.listen(descriptor, 64) == 0
        else {
            let reason = errorText()
            close(descriptor)
            throw failure(reason)
        }
        return (descriptor, .host(host, port: Self.port(of: descriptor) ?? port))
    }

    private static func port(of descriptor: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // SAFETY: the storage holds an address of any family; both families have their port in bytes 2 and 3.
        let isKnown = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) } == 0
        }
        guard isKnown else { return nil }
        return withUnsafeBytes(of: &storage) { UInt16($0[2]) << 8 | UInt16($0[3]) }
    }
}
