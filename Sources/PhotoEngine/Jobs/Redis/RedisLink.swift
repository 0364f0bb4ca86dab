internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization

struct RedisRequest: Sendable {
    let commands: [RedisCommand]
    /// Monotonic seconds.
    let deadline: Double
    /// Nil for commands whose confirmations are pushed.
    let answer: (@Sendable (Result<[RedisValue], any Error>) -> Void)?
}

/// The thread behind a `RedisConnection`: connects, writes what was submitted, hands out what is read.
final class RedisLink: Sendable {
    private struct Shared {
        var waiting: [RedisRequest] = []
        var hasThread = false
        var isClosed = false
        /// The connection that serves now.
        var conversation: RedisConversation?
    }

    private let address: RedisAddress
    private let greeting: @Sendable () -> [RedisCommand]
    private let onReady: @Sendable () -> Void
    private let onPush: (@Sendable (RedisValue) -> Void)?
    private let onChange: @Sendable (EngineError?) -> Void
    private let shared = Mutex(Shared())
    private let wake = WakeSignal()

    init(
        _ address: RedisAddress, greeting: @escaping @Sendable () -> [RedisCommand],
        onReady: @escaping @Sendable () -> Void, onPush: (@Sendable (RedisValue) -> Void)?,
        onChange: @escaping @Sendable (EngineError?) -> Void
    ) {
        self.address = address
        self.greeting = greeting
        self.onReady = onReady
        self.onPush = onPush
        self.onChange = onChange
    }

    func submit(_ request: RedisRequest) {
        let (isAccepted, needsThread, needsWake) = shared.withLock { shared in
            if shared.isClosed { return (false, false, false) }
            if shared.waiting.isEmpty, let needsWake = shared.conversation?.send(request) {
                return (true, false, needsWake)
            }
            let isFirst = shared.waiting.isEmpty
            shared.waiting.append(request)
            let needsThread = !shared.hasThread
            shared.hasThread = true
            return (true, needsThread, isFirst)
        }
        guard isAccepted else {
            request.answer?(.failure(EngineError(.unavailable, "the connection to Redis at \(address) is closed")))
            return
        }
        if needsThread { startThread() } else if needsWake { wake.raise() }
    }

    func start() {
        let needsThread = shared.withLock { shared in
            defer { shared.hasThread = true }
            return !shared.hasThread && !shared.isClosed
        }
        if needsThread { startThread() }
    }

    func close() {
        shared.withLock { $0.isClosed = true }
        wake.raise()
    }

    private func startThread() {
        let thread = Thread { [self] in run() }
        thread.name = "phototui.redis"
        thread.stackSize = 512 << 10
        thread.start()
    }

    private var isClosed: Bool { shared.withLock { $0.isClosed } }

    private func run() {
        var failures = 0
        var isTold = false
        while !isClosed {
            var fault: RedisFault
            do {
                let socket = try RedisSocket(address, seconds: 5)
                let conversation = RedisConversation(socket, address: address)
                try conversation.greet(greeting(), deadline: monotonicSeconds() + 5)
                failures = 0
                if isTold { onChange(nil) }
                isTold = false
                onReady()
                if onPush == nil { shared.withLock { $0.conversation = conversation } }
                defer { shared.withLock { $0.conversation = nil } }
                fault = conversation.serve(wake: wake, onPush: onPush) { self.take() }
            } catch {
                fault = error as? RedisFault ?? .system("\(error)")
            }
            if isClosed { break }
            failures += 1
            // A server that was restarted, or closed an idle connection, takes the next one.
            if failures > 1, !isTold {
                isTold = true
                onChange(EngineError(fault, address: address))
            }
            RequestMeter.broker.countRetry()
            pause(failures, after: fault)
        }
        let left = shared.withLock { shared in
            defer { shared.waiting = [] }
            return shared.waiting
        }
        for request in left {
            request.answer?(.failure(EngineError(.unavailable, "the connection to Redis at \(address) is closed")))
        }
    }

    private func take() -> [RedisRequest]? {
        shared.withLock { shared in
            if shared.isClosed { return nil }
            defer { shared.waiting = [] }
            return shared.waiting
        }
    }

    /// Waits before the next attempt, and answers those whose time is up meanwhile.
    private func pause(_ failures: Int, after fault: RedisFault) {
        // The first attempt follows at once: most connections end because a server was restarted or was idle.
        let most = failures == 1 ? 0.02 : min(8, 0.05 * Double(1 << min(failures, 8)))
        let end = monotonicSeconds() + Double.random(in: 0...most)
        let isHopeless = if case .refused = fault { true } else { false }
        repeat {
            let now = monotonicSeconds()
            let late = shared.withLock { shared in
                let late = shared.waiting.filter { isHopeless || $0.deadline <= now }
                shared.waiting.removeAll { isHopeless || $0.deadline <= now }
                return late
            }
            for request in late { request.answer?(.failure(EngineError(fault, address: address))) }
            let soonest = shared.withLock { $0.waiting.map(\.deadline).min() } ?? .infinity
            let rest = min(end, soonest) - monotonicSeconds()
            guard rest > 0, !isClosed else { continue }
            var entry = pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, Int32(min(1000, rest * 1000 + 1)))
            if entry.revents != 0 { wake.lower() }
        } while monotonicSeconds() < end && !isClosed
    }
}
