internal import Core
internal import Foundation
internal import Synchronization

/// A connection to Redis with a thread of its own: commands of any number of tasks go out together and their answers come
/// back in order. A lost connection is made again, after full-jitter pauses; commands wait for it until their time is up.
///
/// Errors: `.unavailable` (retryable) when the server can't be reached, was silent, or the connection broke under a command,
/// which the server may then have carried out; `.permissionDenied` when it refuses the password, the certificate or the
/// command.
final class RedisConnection: Sendable {
    let address: RedisAddress
    /// What its waits are called.
    private let waitName: String
    private let link: RedisLink

    /// Opens nothing yet: the first command does.
    ///
    /// `greeting` gives the commands sent first on each new connection. With `onPush` the connection is one for subscriptions:
    /// everything the server sends behind the greeting goes there, on the connection's thread. `onReady` is called there when
    /// a new connection has been greeted; `onChange` with the reason once the server can't be reached, and with nil once it can
    /// again.
    init(
        _ address: RedisAddress, greeting: @escaping @Sendable () -> [RedisCommand] = { [] },
        onPush: (@Sendable (RedisValue) -> Void)? = nil, onReady: @escaping @Sendable () -> Void = {},
        onChange: @escaping @Sendable (EngineError?) -> Void = { _ in }
    ) {
        self.address = address
        waitName = "Redis at \(address)"
        link = RedisLink(address, greeting: greeting, onReady: onReady, onPush: onPush, onChange: onChange)
    }

    deinit {
        link.close()
    }

    /// The answers to `commands`, in order; a command the server refuses is an `.error` among them.
    func send(_ commands: [RedisCommand], seconds: Double = 10) async throws -> [RedisValue] {
        if commands.isEmpty { return [] }
        let start = ContinuousClock.now
        let wait = Waits.begin(waitName)
        defer { Waits.end(wait) }
        return try await withCheckedThrowingContinuation { continuation in
            link.submit(
                RedisRequest(
                    commands: commands, deadline: monotonicSeconds() + seconds,
                    answer: { result in
                        let isFailure = if case .failure = result { true } else { false }
                        RequestMeter.broker.record(since: start, isFailure: isFailure)
                        continuation.resume(with: result)
                    }))
        }
    }

    /// The answer to one command. Throws where the server refuses it.
    @discardableResult
    func send(_ command: RedisCommand, seconds: Double = 10) async throws -> RedisValue {
        let value = try await send([command], seconds: seconds)[0]
        if case .error(let text) = value { throw EngineError(redisRefusal: text, of: command, address: address) }
        return value
    }

    /// The answers to `commands`, in order. Throws for the first that the server refuses; it may have carried out the others.
    @discardableResult
    func sendAll(_ commands: [RedisCommand]) async throws -> [RedisValue] {
        let values = try await send(commands)
        try check(values, of: commands)
        return values
    }

    func check(_ values: [RedisValue], of commands: [RedisCommand]) throws {
        for case (.error(let text), let command) in zip(values, commands) {
            throw EngineError(redisRefusal: text, of: command, address: address)
        }
    }

    /// Sends without awaiting anything: for subscriptions, whose confirmations are pushed.
    func push(_ command: RedisCommand) {
        link.submit(RedisRequest(commands: [command], deadline: .infinity, answer: nil))
    }

    /// Connects, where it has not yet; for subscriptions, which send nothing themselves.
    func open() {
        link.start()
    }

    func close() {
        link.close()
    }
}
