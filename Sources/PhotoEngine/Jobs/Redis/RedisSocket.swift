internal import Core
internal import Glibc

/// A non-blocking stream to a server, over a unix socket, TCP, or TLS. Read by one thread.
struct RedisSocket: ~Copyable, Sendable {
    enum Progress: Equatable {
        /// That many bytes were moved.
        case moved(Int)
        /// Not before the socket may be read, or written.
        case waitsToRead
        case waitsToWrite
    }

    let descriptor: Int32
    private let session: TLSSession?

    /// Without TLS: takes one thread's writes beside another's reads, and keeps no bytes that poll knows nothing of. A TLS
    /// session is its thread's.
    var isPlain: Bool { session == nil }

    /// Connects within `seconds`, TLS included. Blocks. Throws `RedisFault`.
    init(_ address: RedisAddress, seconds: Double) throws {
        let deadline = monotonicSeconds() + seconds
        let connected: Int32
        switch address.place {
        case .socket(let path): connected = try Self.connect(socketPath: path, deadline: deadline)
        case .host(let host, let port): connected = try Self.connect(host: host, port: port, deadline: deadline)
        }
        do {
            session = try address.tls.map {
                try TLSSession($0, host: address.hostName, descriptor: connected, deadline: deadline)
            }
        } catch {
            close(connected)
            throw error
        }
        descriptor = connected
    }

    deinit {
        session?.end()
        close(descriptor)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Progress {
        if let session { return try session.read(into: buffer) }
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .moved(count) }
            if count == 0 { throw RedisFault.closedByServer }
            if errno == EAGAIN { return .waitsToRead }
            if errno != EINTR { throw RedisFault.system(errorText()) }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws -> Progress {
        if let session { return try session.write(bytes) }
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .moved(count) }
            if errno == EAGAIN { return .waitsToWrite }
            if errno != EINTR { throw RedisFault.system(errorText()) }
        }
    }

    private static func connect(socketPath: String, deadline: Double) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(socketPath.utf8)
        // SAFETY: the path was checked to be shorter than sun_path, which is zeroed and so stays terminated.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.prefix($0.count - 1)) }
        return try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                try connect(
                    family: AF_UNIX, address: general, size: socklen_t(MemoryLayout<sockaddr_un>.size),
                    deadline: deadline)
            }
        }
    }

    private static func connect(host: String, port: UInt16, deadline: Double) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0 else { throw RedisFault.system("\(host): \(String(cString: gai_strerror(code)))") }
        // SAFETY: the list that getaddrinfo made is read until freeaddrinfo, once.
        defer { freeaddrinfo(found) }
        var failure: any Error = RedisFault.system("\(host) has no address")
        var next = found
        while let candidate = next {
            do {
                let descriptor = try connect(
                    family: candidate.pointee.ai_family, address: candidate.pointee.ai_addr,
                    size: candidate.pointee.ai_addrlen, deadline: deadline)
                var on: Int32 = 1
                let size = socklen_t(MemoryLayout<Int32>.size)
                setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
                setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, size)
                return descriptor
            } catch {
                failure = error
            }
            next = candidate.pointee.ai_next
        }
        throw failure
    }

    private static func connect(
        family: Int32, address: UnsafePointer<sockaddr>, size: socklen_t, deadline: Double
    ) throws -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw RedisFault.system(errorText()) }
        do {
            if Glibc.connect(descriptor, address, size) != 0 {
                guard errno == EINPROGRESS else { throw RedisFault.system(errorText()) }
                try wait(descriptor, for: POLLOUT, until: deadline)
                var code: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
                if code != 0 { throw RedisFault.system(String(cString: strerror(code))) }
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    static func wait(_ descriptor: Int32, for events: Int32, until deadline: Double) throws {
        while true {
            let rest = deadline - monotonicSeconds()
            guard rest > 0 else { throw RedisFault.silent }
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, Int32(max(1, rest * 1000)))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw RedisFault.system(errorText()) }
        }
    }
}
