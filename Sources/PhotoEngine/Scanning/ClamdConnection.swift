internal import Core
internal import Glibc

/// One question to clamd and its answer, over a socket that never waits past a deadline. Blocks.
struct ClamdConnection: ~Copyable {
    /// How often a wait looks whether it was cancelled.
    private static let glance = 0.1
    /// No answer is longer.
    private static let longestAnswer = 4096

    private let descriptor: Int32
    private let address: ClamdAddress
    private let deadline: Double
    private let isCancelled: () -> Bool

    init(_ address: ClamdAddress, seconds: Double, isCancelled: @escaping () -> Bool) throws {
        (self.address, self.isCancelled) = (address, isCancelled)
        deadline = Self.now + seconds
        descriptor =
            switch address.place {
            case .socket(let path): try Self.connect(path, address, deadline, isCancelled)
            case .host(let host, let port): try Self.connect(host, port, address, deadline, isCancelled)
            }
    }

    deinit { close(descriptor) }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Sends all of it; false where clamd has answered meanwhile, and wants no more.
    func send(_ bytes: UnsafeRawBufferPointer) throws -> Bool {
        var start = 0
        while start < bytes.count {
            let events = try Self.wait(descriptor, for: POLLIN | POLLOUT, address, deadline, isCancelled)
            if events & POLLIN != 0 { return false }
            let count = Glibc.send(
                descriptor, bytes.baseAddress! + start, bytes.count - start, Int32(MSG_NOSIGNAL))
            if count >= 0 {
                start += count
            } else if errno == EPIPE || errno == ECONNRESET {
                return false
            } else if errno != EAGAIN, errno != EINTR {
                throw Self.fault(address, errno)
            }
        }
        return true
    }

    /// What it answers, up to its NUL or its end.
    func answer() throws -> String {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 512)
        while !bytes.contains(0), bytes.count < Self.longestAnswer {
            _ = try Self.wait(descriptor, for: POLLIN, address, deadline, isCancelled)
            let count = recv(descriptor, &part, part.count, 0)
            if count == 0 { break }
            if count > 0 {
                bytes += part[..<count]
            } else if errno == ECONNRESET {
                break
            } else if errno != EAGAIN, errno != EINTR {
                throw Self.fault(address, errno)
            }
        }
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        guard !text.isEmpty else {
            throw EngineError(
                .unavailable, "clamd at \(address) hung up without an answer", whatToDo: "see its log",
                isRetryable: true)
        }
        return text
    }

    // Connecting and waiting

    private static func connect(
        _ path: String, _ clamd: ClamdAddress, _ deadline: Double, _ isCancelled: () -> Bool
    ) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: the path is shorter than sun_path, which is zeroed and so stays terminated.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                try connect(
                    AF_UNIX, general, socklen_t(MemoryLayout<sockaddr_un>.size), clamd, deadline, isCancelled)
            }
        }
    }

    private static func connect(
        _ host: String, _ port: UInt16, _ clamd: ClamdAddress, _ deadline: Double, _ isCancelled: () -> Bool
    ) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0 else { throw away(clamd, String(cString: gai_strerror(code))) }
        // SAFETY: the list that getaddrinfo made is read until freeaddrinfo, once.
        defer { freeaddrinfo(found) }
        var failure: any Error = away(clamd, "it has no address")
        var next = found
        while let candidate = next {
            do {
                return try connect(
                    candidate.pointee.ai_family, candidate.pointee.ai_addr, candidate.pointee.ai_addrlen, clamd,
                    deadline, isCancelled)
            } catch {
                failure = error
            }
            next = candidate.pointee.ai_next
        }
        throw failure
    }

    private static func connect(
        _ family: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t, _ clamd: ClamdAddress,
        _ deadline: Double, _ isCancelled: () -> Bool
    ) throws -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw fault(clamd, errno) }
        do {
            // A full queue of a unix socket says EAGAIN at once.
            while Glibc.connect(descriptor, address, size) != 0 {
                if errno == EINPROGRESS {
                    _ = try wait(descriptor, for: POLLOUT, clamd, deadline, isCancelled)
                    var code: Int32 = 0
                    var length = socklen_t(MemoryLayout<Int32>.size)
                    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
                    guard code == 0 else { throw fault(clamd, code) }
                    break
                }
                guard errno == EAGAIN || errno == EINTR else { throw fault(clamd, errno) }
                guard now < deadline, !isCancelled() else { throw late(clamd) }
                usleep(20_000)
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Which of the events have come.
    private static func wait(
        _ descriptor: Int32, for events: Int32, _ clamd: ClamdAddress, _ deadline: Double, _ isCancelled: () -> Bool
    ) throws -> Int32 {
        while true {
            if isCancelled() { throw CancellationError() }
            let rest = deadline - now
            guard rest > 0 else { throw late(clamd) }
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, Int32(max(1, min(rest, glance) * 1000)))
            if count > 0 {
                // What is hung up is read to its end first.
                return Int32(entry.revents) & (POLLHUP | POLLERR) != 0 && events & POLLIN != 0
                    ? POLLIN : Int32(entry.revents)
            }
            if count < 0, errno != EINTR { throw fault(clamd, errno) }
        }
    }

    private static func late(_ clamd: ClamdAddress) -> EngineError {
        EngineError(
            .timedOut, "clamd at \(clamd) gave no answer in time",
            whatToDo: "see what it does, or raise scan_seconds in config.toml", isRetryable: true)
    }

    private static func fault(_ clamd: ClamdAddress, _ number: Int32) -> EngineError {
        away(clamd, String(cString: strerror(number)))
    }

    private static func away(_ clamd: ClamdAddress, _ reason: String) -> EngineError {
        EngineError(
            .unavailable, "clamd at \(clamd) can't be asked: \(reason)",
            whatToDo: "see whether it runs, and check scan in config.toml", isRetryable: true)
    }
}
