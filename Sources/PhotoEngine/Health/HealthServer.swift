internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization

/// A small HTTP/1 server for whoever watches: one thread of its own, a bounded number of connections, each for one request
/// without a body and for a bounded time. It answers while everything else of the process is busy.
public final class HealthServer: Sendable {
    public struct Answer: Sendable {
        public var status: Int
        public var contentType: String
        public var body: [UInt8]

        public init(_ status: Int, _ body: [UInt8], contentType: String) {
            (self.status, self.body, self.contentType) = (status, body, contentType)
        }
    }

    public enum Reply: Sendable {
        case now(Answer)
        /// The connection waits; after a while it is told that there is no answer.
        case later(@Sendable () async -> Answer)
    }

    static let mostConnections = 64
    private let requestSeconds: Double
    private let answerSeconds: Double

    /// Where it listens; a port 0 has become a free one.
    public let address: HealthAddress
    private let listener: Int32
    /// A pipe: readable when the thread is to look up.
    private let wake: (reading: Int32, writing: Int32)
    /// By path; nil for what is not there.
    private let route: @Sendable (String) -> Reply?
    private let shared = Mutex(Shared())

    private struct Shared {
        var answers: [(connection: Int, answer: Answer)] = []
        var isClosed = false
        var hasEnded = false
    }

    /// Listens from now on. A request may take `requestSeconds` to arrive, an answer as long to be read, and
    /// `answerSeconds` to be made. Throws `.unavailable` where the address can't be had.
    public init(
        _ address: HealthAddress, requestSeconds: Double = 5, answerSeconds: Double = 8,
        route: @escaping @Sendable (String) -> Reply?
    ) throws {
        (self.requestSeconds, self.answerSeconds) = (requestSeconds, answerSeconds)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw EngineError(.unavailable, "health can't be served: \(errorText())")
        }
        for end in ends { Self.prepare(end) }
        do {
            (listener, self.address) = try address.listen()
        } catch {
            for end in ends { Glibc.close(end) }
            throw error
        }
        wake = (ends[0], ends[1])
        self.route = route
        let thread = Thread { [self] in run() }
        thread.name = "phototui.health"
        thread.stackSize = 512 << 10
        thread.start()
    }

    /// Ends the thread and closes everything, within a moment.
    public func close() {
        shared.withLock { $0.isClosed = true }
        raise()
        while !shared.withLock(\.hasEnded) { usleep(2000) }
    }

    private func raise() {
        var byte: UInt8 = 1
        _ = Glibc.write(wake.writing, &byte, 1)
    }

    private static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    // The thread

    private func run() {
        var connections: [Int: HealthConnection] = [:]
        var nextID = 0
        // Later than now while the process has no descriptors left for those who knock.
        var acceptsFrom = 0.0
        while !shared.withLock(\.isClosed) {
            var ids: [Int] = []
            var entries = [
                pollfd(fd: listener, events: acceptsFrom > monotonicSeconds() ? 0 : Int16(POLLIN), revents: 0),
                pollfd(fd: wake.reading, events: Int16(POLLIN), revents: 0),
            ]
            for (id, connection) in connections {
                ids.append(id)
                entries.append(pollfd(fd: connection.descriptor, events: connection.events, revents: 0))
            }
            var soonest = connections.values.map(\.deadline).min() ?? .infinity
            if acceptsFrom > 0 { soonest = min(soonest, acceptsFrom) }
            let wait = soonest.isFinite ? max(0, min(60, soonest - monotonicSeconds())) * 1000 + 1 : -1
            poll(&entries, nfds_t(entries.count), Int32(wait))
            if entries[1].revents != 0 {
                var bytes = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
                _ = withUnsafeMutableBytes(of: &bytes) { Glibc.read(wake.reading, $0.baseAddress, $0.count) }
            }
            for (connection, answer) in takeAnswers() { connections[connection]?.answer(answer) }
            for (id, entry) in zip(ids, entries.dropFirst(2)) where entry.revents != 0 {
                if let request = connections[id]?.serve() { perform(request, for: id, of: &connections) }
            }
            let now = monotonicSeconds()
            for (id, connection) in connections where !connection.isEnded && connection.deadline <= now {
                connections[id]?.expire()
            }
            connections = connections.filter { _, connection in
                if connection.isEnded { Glibc.close(connection.descriptor) }
                return !connection.isEnded
            }
            acceptsFrom = 0
            if entries[0].revents != 0, !accept(into: &connections, &nextID) { acceptsFrom = now + 0.1 }
        }
        for connection in connections.values { Glibc.close(connection.descriptor) }
        Glibc.close(listener)
        if case .socket(let path) = address { unlink(path) }
        shared.withLock { $0.hasEnded = true }
    }

    private func takeAnswers() -> [(connection: Int, answer: Answer)] {
        shared.withLock { shared in
            defer { shared.answers = [] }
            return shared.answers
        }
    }

    private func perform(_ request: RequestHead, for id: Int, of connections: inout [Int: HealthConnection]) {
        guard let reply = route(request.path) else {
            connections[id]?.answer(.text(404, "there is no \(request.path.prefix(100))"))
            return
        }
        switch reply {
        case .now(let answer): connections[id]?.answer(answer)
        case .later(let make):
            Task {
                let answer = await make()
                self.shared.withLock { if !$0.hasEnded { $0.answers.append((id, answer)) } }
                self.raise()
            }
        }
    }

    /// False when the process has no descriptors left.
    private func accept(into connections: inout [Int: HealthConnection], _ nextID: inout Int) -> Bool {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return ![EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) }
            Self.prepare(descriptor)
            // The one that has taken the longest over its request makes way: it may never send it.
            if connections.count >= Self.mostConnections {
                let reading = connections.filter(\.value.isReading)
                let slowest = (reading.isEmpty ? connections : reading).min { $0.value.deadline < $1.value.deadline }
                if let slowest {
                    Glibc.close(slowest.value.descriptor)
                    connections[slowest.key] = nil
                }
            }
            nextID += 1
            connections[nextID] = HealthConnection(
                descriptor, requestSeconds: requestSeconds, answerSeconds: answerSeconds)
        }
    }

    deinit {
        Glibc.close(wake.reading)
        Glibc.close(wake.writing)
    }
}

extension HealthServer.Answer {
    public static func text(_ status: Int, _ text: String) -> Self {
        Self(status, Array((text + "\n").utf8), contentType: "text/plain; charset=utf-8")
    }
}
