import CPostgres
import Core
import Foundation
import Synchronization

/// Lends connections, first come first served, makes them when they are needed, and fails fast while the server can't be
/// reached.
final class PostgresPool: Sendable {
    let server: String
    var executor: any TaskExecutor { blocking.executor }
    private let settings: PostgresSettings
    private let random: any RandomSource
    private let blocking = BlockingQueue(label: "phototui.postgres", qos: .userInitiated)
    private let state: Mutex<State>

    private struct State {
        var idle: [PostgresConnection] = []
        /// Places for connections that are not lent.
        var places: Int
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
        var nextID: UInt64 = 0
        var isClosed = false
        var breaker = Breaker()
    }

    /// After a failure no connection is tried for a while, the longer the more have failed (full jitter, to 4 s: a try costs
    /// the server little, and whoever waits for it should not wait longer than it is away).
    private struct Breaker {
        var failures = 0
        var opensUntil: ContinuousClock.Instant?
        var last: EngineError?
    }

    init(_ settings: PostgresSettings, random: any RandomSource = SystemRandom()) {
        self.settings = settings
        self.random = random
        server = PostgresPool.name(of: settings.connection)
        state = Mutex(State(places: max(1, settings.connections)))
    }

    /// `Postgres at db.example:5432`, from the connection string, without anything secret.
    static func name(of connection: String) -> String {
        // SAFETY: libpq's list ends with a null keyword, and is freed once; its strings are copied before.
        guard let options = PQconninfoParse(connection, nil) else { return "Postgres" }
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        let host = found["host"] ?? found["hostaddr"] ?? "localhost"
        let port = found["port"].map { ":\($0)" } ?? ""
        return "Postgres at \(host)\(port)"
    }

    /// Runs `body` on a connection, away from the cooperative pool. Cancelling the task stops the statement that runs.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await takePlace()
        defer { givePlace() }
        let start = ContinuousClock.now
        let wait = Waits.begin(server)
        defer { Waits.end(wait) }
        do {
            let value = try await perform(body)
            RequestMeter.database.record(since: start, isFailure: false)
            return value
        } catch {
            RequestMeter.database.record(since: start, isFailure: true)
            throw error
        }
    }

    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let borrowed: (connection: PostgresConnection, wasIdle: Bool)
        if let idle = try idle() {
            borrowed = (idle, true)
        } else {
            borrowed = (try await blocking.run { try self.make() }, false)
        }
        let cancelling = Cancelling()
        let outcome: Result<Value, any Error> = await withTaskCancellationHandler {
            do {
                return .success(
                    try await blocking.run {
                        borrowed.connection.begin()
                        defer { borrowed.connection.end() }
                        return try body(borrowed.connection)
                    })
            } catch {
                return .failure(error)
            }
        } onCancel: {
            // A server that is silent holds this up for as long.
            cancelling.begin()
            Task { [blocking] in
                try? await blocking.run { borrowed.connection.cancel() }
                cancelling.end()
            }
        }
        if cancelling.isUnderWay { try? await blocking.run { cancelling.wait(seconds: 2) } }
        if borrowed.connection.isClean { giveBack(borrowed.connection) }
        if case .failure(let error) = outcome, let error = error as? PostgresError {
            // A connection that had died while it lay idle, or dies now: nothing of this transaction stands.
            if borrowed.wasIdle, error.isLostConnection, !error.isSilent, !error.isInDoubt {
                state.withLock { $0.idle.removeAll() }
                RequestMeter.database.countRetry()
                return try await perform(body)
            }
            throw error.meaning
        }
        return try outcome.get()
    }

    private func idle() throws -> PostgresConnection? {
        try state.withLock { state in
            if state.isClosed { throw EngineError(.unavailable, "the catalogue is closed") }
            if let connection = state.idle.popLast() { return connection }
            if let until = state.breaker.opensUntil, ContinuousClock.now < until, let last = state.breaker.last {
                throw last
            }
            return nil
        }
    }

    /// Blocks until there is a connection, or none can be had.
    private func make() throws -> PostgresConnection {
        do {
            let made = try PostgresConnection(settings, server: server)
            do { try made.lookForPooler() } catch let error as PostgresError { throw error.meaning }
            state.withLock { $0.breaker = Breaker() }
            RequestMeter.database.setBreak(until: nil)
            return made
        } catch let error as EngineError {
            state.withLock { state in
                let wait = JobPolicy.backoffSeconds(attempt: min(state.breaker.failures, 2), random: random)
                state.breaker.failures += 1
                state.breaker.opensUntil = .now + .seconds(wait)
                RequestMeter.database.setBreak(until: state.breaker.opensUntil)
                state.breaker.last = error
            }
            throw error
        }
    }

    private func giveBack(_ connection: PostgresConnection) {
        state.withLock { state in if !state.isClosed { state.idle.append(connection) } }
    }

    // Places

    private func takePlace() async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let isGranted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    guard state.places == 0 || !state.waiting.isEmpty else {
                        state.places -= 1
                        return true
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
        guard isGranted else { throw CancellationError() }
    }

    private func givePlace() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if !state.waiting.isEmpty { return state.waiting.removeFirst().continuation }
            state.places += 1
            return nil
        }
        next?.resume(returning: true)
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.idle.removeAll()
        }
    }
}

/// A request to cancel that is on its way on a connection of its own. Who leaves before the answer, as a process does that ends,
/// ends PgBouncer 1.18 with it (its issue 801).
private final class Cancelling: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let hasBegun = Mutex(false)

    var isUnderWay: Bool { hasBegun.withLock { $0 } }

    func begin() { hasBegun.withLock { $0 = true } }
    func end() { done.signal() }

    /// Blocks, for as long as a server may be silent.
    func wait(seconds: Double) { _ = done.wait(timeout: .now() + seconds) }
}
