internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization

/// Tells Celery's monitors what this worker does: `worker-*` events at once, `task-*` events in lists, as Celery sends them.
final class CeleryEvents: Sendable {
    private struct State {
        var clock = 0
        var buffered: [JSONValue] = []
        var isEnabled: Bool
    }

    private let broker: CeleryBroker
    private let node: String
    private let state: Mutex<State>

    init(_ broker: CeleryBroker, node: String, isEnabled: Bool) {
        self.broker = broker
        self.node = node
        state = Mutex(State(isEnabled: isEnabled))
    }

    var isEnabled: Bool {
        get { state.withLock { $0.isEnabled } }
        set { state.withLock { $0.isEnabled = newValue } }
    }

    /// The logical clock (Lamport's): ahead of every clock seen.
    var clock: Int { state.withLock { $0.clock } }

    /// A clock that nobody can have reached by counting is not followed: it would be the end of all.
    @discardableResult
    func tick(past seen: Int = 0) -> Int {
        state.withLock { state in
            state.clock = max(state.clock, seen < 1 << 53 ? seen : 0) + 1
            return state.clock
        }
    }

    func task(_ type: String, _ id: String, _ members: @autoclosure () -> [JSONMember] = []) {
        guard isEnabled else { return }
        let event = event(type, [JSONMember("uuid", .string(id))] + members())
        state.withLock { $0.buffered.append(event) }
    }

    func worker(_ type: String, _ members: [JSONMember]) async throws {
        let event = event(type, members)
        let routingKey = type.replacingOccurrences(of: "-", with: ".")
        try await publish(event, routingKey: routingKey)
    }

    /// Sends the task events gathered since the last time.
    func flush() async throws {
        let events = state.withLock { state in
            defer { state.buffered = [] }
            return state.buffered
        }
        for start in stride(from: 0, to: events.count, by: 500) {
            try await publish(.array(Array(events[start..<min(start + 500, events.count)])), routingKey: "task.multi")
        }
    }

    private func event(_ type: String, _ members: [JSONMember]) -> JSONValue {
        .object(
            [
                JSONMember("hostname", .string(node)), JSONMember("utcoffset", .integer(0)),
                JSONMember("pid", .integer(getpid())), JSONMember("clock", .integer(tick())),
                JSONMember("timestamp", .real(Date().timeIntervalSince1970)), JSONMember("type", .string(type)),
            ] + members)
    }

    private func publish(_ body: JSONValue, routingKey: String) async throws {
        let envelope = CeleryEnvelope.make(
            body: body, exchange: "celeryev", routingKey: routingKey, headers: .members(["hostname": .string(node)]))
        try await broker.connection.send(
            RedisCommand("PUBLISH", .text(broker.keys.eventChannel(routingKey)), .bytes(envelope.encoded)))
    }
}

/// What kombu wraps around everything that is no task message.
enum CeleryEnvelope {
    static func make(body: JSONValue, exchange: String, routingKey: String, headers: JSONValue) -> JSONValue {
        .members([
            "body": .string(Data(body.encoded).base64EncodedString()), "content-encoding": .string("utf-8"),
            "content-type": .string("application/json"), "headers": headers,
            "properties": .members([
                "delivery_mode": .integer(1),
                "delivery_info": .members([
                    "exchange": .string(exchange), "routing_key": .string(routingKey),
                ]),
                "priority": .integer(0), "body_encoding": .string("base64"),
                "delivery_tag": .string(CeleryID.make()),
            ]),
        ])
    }

    static func body(of envelope: JSONValue) -> JSONValue? {
        guard let text = envelope["body"].string else { return nil }
        if envelope["properties"]["body_encoding"].string == "base64" {
            return Data(base64Encoded: text).flatMap { JSONValue(parsing: $0) }
        }
        return JSONValue(parsing: Array(text.utf8))
    }
}
