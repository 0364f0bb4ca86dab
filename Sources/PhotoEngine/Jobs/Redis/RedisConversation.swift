internal import Core
internal import Glibc

/// One connected socket, from the greeting until it breaks. Used by one thread.
final class RedisConversation {
    private struct Pending {
        let request: RedisRequest
        var values: [RedisValue] = []
    }

    private let socket: RedisSocket
    private let address: RedisAddress
    private var reader = RedisReader()
    private var output: [UInt8] = []
    private var written = 0
    private var pending: ArraySlice<Pending> = []
    private var input = [UInt8](repeating: 0, count: 64 << 10)

    init(_ socket: consuming RedisSocket, address: RedisAddress) {
        self.socket = socket
        self.address = address
    }

    /// Names ourselves, chooses the database, and sends `commands`. Throws `RedisFault`.
    func greet(_ commands: [RedisCommand], deadline: Double) throws {
        var greeting: [RedisCommand] = []
        if let password = address.password {
            greeting.append(
                address.user.map { RedisCommand("AUTH", .text($0), .text(password)) }
                    ?? RedisCommand("AUTH", .text(password)))
        }
        if address.database != 0 { greeting.append(RedisCommand("SELECT", RedisArgument(address.database))) }
        // Always one command: a server that wants a password says so here, rather than at the first job.
        greeting.append(RedisCommand("PING"))
        greeting += commands
        for command in greeting { output += command.bytes }
        var answers: [RedisValue] = []
        while answers.count < greeting.count {
            let wantsWrite = try flush()
            answers += try receive()
            if answers.count < greeting.count {
                try RedisSocket.wait(
                    socket.descriptor, for: POLLIN | (wantsWrite ? POLLOUT : 0), until: deadline)
            }
        }
        for case .error(let text) in answers {
            let kind = text.prefix { $0 != " " }
            throw ["LOADING", "BUSY", "MASTERDOWN"].contains(kind)
                ? RedisFault.system(text) : RedisFault.refused(text)
        }
    }

    /// Serves requests until the connection breaks or is closed; says why. Requests under way are answered with that.
    func serve(
        wake: borrowing WakeSignal, onPush: (@Sendable (RedisValue) -> Void)?, take: () -> [RedisRequest],
        isClosed: () -> Bool
    ) -> RedisFault {
        var fault = RedisFault.closedByServer
        var lastHeard = monotonicSeconds()
        do {
            while !isClosed() {
                for request in take() {
                    for command in request.commands { output += command.bytes }
                    if request.answer != nil { pending.append(Pending(request: request)) }
                }
                let wantsWrite = try flush()
                let values = try receive()
                if !values.isEmpty { lastHeard = monotonicSeconds() }
                if let onPush { values.forEach(onPush) } else { values.forEach(answer) }
                let now = monotonicSeconds()
                var timeout = 3600.0
                if let first = pending.first {
                    // Answers come in order: when the first is late, the server is silent for all.
                    guard first.request.deadline > now else { throw RedisFault.silent }
                    timeout = first.request.deadline - now
                }
                if onPush != nil {
                    // A subscriber hears nothing for hours: the questions keep a dead link from looking quiet.
                    guard now - lastHeard < 30 else { throw RedisFault.silent }
                    if now - lastHeard > 9, output.isEmpty { output += RedisCommand("PING").bytes }
                    timeout = 10
                }
                if !values.isEmpty { continue }
                var entries = [
                    pollfd(
                        fd: socket.descriptor, events: Int16(POLLIN | (wantsWrite ? POLLOUT : 0)), revents: 0),
                    pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
                ]
                poll(&entries, 2, Int32(min(timeout, 3600) * 1000 + 1))
                if entries[1].revents != 0 { wake.lower() }
            }
        } catch {
            fault = error as? RedisFault ?? .system("\(error)")
        }
        let failure = EngineError(fault, address: address)
        for entry in pending { entry.request.answer?(.failure(failure)) }
        pending = []
        return fault
    }

    private func answer(_ value: RedisValue) {
        guard !pending.isEmpty else { return }
        let first = pending.startIndex
        pending[first].values.append(value)
        guard pending[first].values.count == pending[first].request.commands.count else { return }
        let done = pending.removeFirst()
        done.request.answer?(.success(done.values))
    }

    /// Writes what it can; whether something is left.
    private func flush() throws -> Bool {
        while written < output.count {
            let progress = try output.withUnsafeBytes { bytes in
                try socket.write(UnsafeRawBufferPointer(rebasing: bytes[written...]))
            }
            guard case .moved(let count) = progress else { return progress == .waitsToWrite }
            written += count
        }
        output.removeAll(keepingCapacity: output.capacity < 1 << 20)
        written = 0
        return false
    }

    /// What has arrived; empty when nothing more is there.
    private func receive() throws -> [RedisValue] {
        var values: [RedisValue] = []
        while true {
            let progress = try input.withUnsafeMutableBytes { try socket.read(into: $0) }
            guard case .moved(let count) = progress else { return values }
            let isFull = count == input.count
            values += try input.withUnsafeBytes { try reader.feed(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            // Over TLS, bytes may wait inside the library: only an empty read tells that poll can be asked.
            if !isFull, !values.isEmpty { return values }
        }
    }
}
