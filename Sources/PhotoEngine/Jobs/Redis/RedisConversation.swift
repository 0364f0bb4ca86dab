internal import Core
internal import Glibc
internal import Synchronization

/// One connected socket, from the greeting until it breaks. One thread greets and serves; requests may be sent by any.
final class RedisConversation: Sendable {
    private struct Pending {
        let request: RedisRequest
        var values: [RedisValue] = []
    }

    /// What is on its way: the order of `pending` is that of the bytes sent.
    private struct Outgoing {
        var bytes: [UInt8] = []
        var written = 0
        var pending: ArraySlice<Pending> = []
        /// When the serving thread looks up by itself, monotonic seconds.
        var wakesAt = 0.0
        var isOver = false
    }

    /// Only the serving thread's.
    private struct Incoming: ~Copyable {
        var reader = RedisReader()
        var room = [UInt8](repeating: 0, count: 64 << 10)
    }

    /// How long the serving thread stays ready for the next request without having to be woken for its deadline.
    private static let attentiveSeconds = 2.0

    private let socket: RedisSocket
    private let address: RedisAddress
    private let outgoing = Mutex(Outgoing())
    private let incoming = Mutex(Incoming())

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
        outgoing.withLock { outgoing in
            for command in greeting { outgoing.bytes += command.bytes }
        }
        var answers: [RedisValue] = []
        while answers.count < greeting.count {
            let wantsWrite = try outgoing.withLock { try flush(&$0) }
            do {
                answers += try incoming.withLock { try receive(&$0.reader, into: &$0.room) }
            } catch {
                throw answers.isEmpty && socket.isPlain ? RedisFault.hungUp : error
            }
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

    /// Sends a request at once from the caller's thread, sparing a change of threads, where nothing waits before it. Nil where it
    /// is for the serving thread; otherwise whether that must be woken.
    func send(_ request: RedisRequest) -> Bool? {
        guard socket.isPlain, request.answer != nil else { return nil }
        return outgoing.withLock { outgoing in
            guard !outgoing.isOver, outgoing.bytes.isEmpty else { return nil }
            for command in request.commands { outgoing.bytes += command.bytes }
            outgoing.pending.append(Pending(request: request))
            // A broken connection is found by the serving thread, which knows what to do then.
            let isLeft = (try? flush(&outgoing)) ?? true
            return isLeft || request.deadline < outgoing.wakesAt
        }
    }

    /// Serves requests until the connection breaks or is closed; says why. Requests under way are answered with that. `take`
    /// gives what was submitted to the serving thread since it was last asked; nil where the connection is closed. It is asked
    /// after each `wake`.
    func serve(
        wake: borrowing WakeSignal, onPush: (@Sendable (RedisValue) -> Void)?, take: () -> [RedisRequest]?
    ) -> RedisFault {
        var fault = RedisFault.closedByServer
        var lastHeard = monotonicSeconds()
        // An answer is read without touching what senders hold, who else would keep this thread from it while they write.
        var isWoken = true
        var isWritable = false
        // Over TLS a write may wait for a read: a socket that takes bytes is no reason to try again, then.
        var waitsToWrite = false
        do {
            while true {
                if isWoken {
                    guard let requests = take() else { break }
                    outgoing.withLock { outgoing in
                        for request in requests {
                            for command in request.commands { outgoing.bytes += command.bytes }
                            if request.answer != nil { outgoing.pending.append(Pending(request: request)) }
                        }
                    }
                }
                if isWoken || isWritable { waitsToWrite = try outgoing.withLock { try flush(&$0) } }
                let values = try incoming.withLock { try receive(&$0.reader, into: &$0.room) }
                let now = monotonicSeconds()
                if !values.isEmpty { lastHeard = now }
                if let onPush { values.forEach(onPush) } else { values.forEach(answer) }
                let timeout = try outgoing.withLock { outgoing in
                    var timeout = now - lastHeard < Self.attentiveSeconds ? Self.attentiveSeconds : 3600
                    if let first = outgoing.pending.first {
                        // Answers come in order: when the first is late, the server is silent for all.
                        guard first.request.deadline > now else { throw RedisFault.silent }
                        timeout = first.request.deadline - now
                    }
                    if onPush != nil {
                        // A subscriber hears nothing for hours: the questions keep a dead link from looking quiet.
                        guard now - lastHeard < 30 else { throw RedisFault.silent }
                        if now - lastHeard > 9, outgoing.bytes.isEmpty { outgoing.bytes += RedisCommand("PING").bytes }
                        timeout = 10
                    }
                    if !socket.isPlain || !outgoing.bytes.isEmpty && !waitsToWrite {
                        waitsToWrite = try flush(&outgoing)
                    }
                    outgoing.wakesAt = now + timeout
                    return timeout
                }
                isWoken = false
                isWritable = false
                // Over TLS, bytes may wait inside the library: only an empty read tells that poll can be asked.
                if !values.isEmpty, !socket.isPlain { continue }
                var entries = [
                    pollfd(
                        fd: socket.descriptor, events: Int16(POLLIN | (waitsToWrite ? POLLOUT : 0)), revents: 0),
                    pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
                ]
                poll(&entries, 2, Int32(min(timeout, 3600) * 1000 + 1))
                isWritable = entries[0].revents & Int16(POLLOUT) != 0
                isWoken = entries[1].revents != 0
                if isWoken { wake.lower() }
            }
        } catch {
            fault = error as? RedisFault ?? .system("\(error)")
        }
        let failure = EngineError(fault, address: address)
        let left = outgoing.withLock { outgoing in
            defer { outgoing.pending = [] }
            outgoing.isOver = true
            return outgoing.pending
        }
        for entry in left { entry.request.answer?(.failure(failure)) }
        return fault
    }

    private func answer(_ value: RedisValue) {
        let done: Pending? = outgoing.withLock { outgoing in
            guard !outgoing.pending.isEmpty else { return nil }
            let first = outgoing.pending.startIndex
            outgoing.pending[first].values.append(value)
            let entry = outgoing.pending[first]
            return entry.values.count == entry.request.commands.count ? outgoing.pending.removeFirst() : nil
        }
        done?.request.answer?(.success(done?.values ?? []))
    }

    /// Writes what it can; whether something is left.
    private func flush(_ outgoing: inout Outgoing) throws -> Bool {
        while outgoing.written < outgoing.bytes.count {
            let written = outgoing.written
            // SAFETY: the bytes are lent for the call alone.
            let progress = try outgoing.bytes.withUnsafeBytes { bytes in
                try socket.write(UnsafeRawBufferPointer(rebasing: bytes[written...]))
            }
            guard case .moved(let count) = progress else { return progress == .waitsToWrite }
            outgoing.written += count
        }
        outgoing.bytes.removeAll(keepingCapacity: outgoing.bytes.capacity < 1 << 20)
        outgoing.written = 0
        return false
    }

    /// What has arrived; empty when nothing more is there.
    private func receive(_ reader: inout RedisReader, into room: inout [UInt8]) throws -> [RedisValue] {
        var values: [RedisValue] = []
        while true {
            // SAFETY: the room is lent for each call alone, and `count` is no more than it has.
            let progress = try room.withUnsafeMutableBytes { try socket.read(into: $0) }
            guard case .moved(let count) = progress else { return values }
            let isFull = count == room.count
            values += try room.withUnsafeBytes { try reader.feed(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            if !isFull, !values.isEmpty { return values }
        }
    }
}
