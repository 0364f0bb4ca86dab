public import Core
internal import Foundation
internal import Synchronization

/// Hears what workers and publishers tell of tasks, of any Celery deployment: it only subscribes, and declares nothing.
public final class CeleryEventListener: Sendable {
    /// What came as one message, and when.
    public struct Payload: Sendable {
        public let bytes: [UInt8]
        /// Unix seconds.
        public let heardAt: Double
        /// By which two listeners know the same message.
        public let mark: UInt64

        public init(bytes: [UInt8], heardAt: Double) {
            self.bytes = bytes
            self.heardAt = heardAt
            mark = Self.mark(bytes)
        }

        /// FNV-1a, 64 bits, over eight bytes at a time: each message has a delivery tag of its own, or else the worker's clock.
        private static func mark(_ bytes: [UInt8]) -> UInt64 {
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count)
            bytes.withUnsafeBytes { storage in
                var place = 0
                while place + 8 <= storage.count {
                    // SAFETY: the eight bytes are within the storage.
                    let word = storage.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                    hash = (hash ^ word) &* 0x100_0000_01b3
                    hash ^= hash >> 29
                    place += 8
                }
                while place < storage.count {
                    hash = (hash ^ UInt64(storage[place])) &* 0x100_0000_01b3
                    place += 1
                }
            }
            return hash
        }
    }

    public struct Heard: Sendable {
        public var payloads: [Payload] = []
        /// Messages dropped since nobody took them in time.
        public var missed = 0
        /// How often the server has confirmed the subscription.
        public var connections = 0
    }

    private struct State {
        var heard = Heard()
        var byteCount = 0
    }

    /// Waiting messages, in bytes; what comes above is dropped, and counted.
    private static let mostBytes = 32 << 20
    private static let kinds = [
        "multi", "sent", "received", "started", "succeeded", "failed", "retried", "revoked", "rejected",
    ]
    private let ears: RedisConnection
    private let state: Held

    private final class Held: Sendable {
        let state = Mutex(State())
    }

    /// Connects at `start`.
    public init(_ address: RedisAddress) {
        let held = Held()
        state = held
        let keys = CeleryKeys(address)
        let names = Self.kinds.map { "task.\($0)" } + ["online", "heartbeat", "offline"].map { "worker.\($0)" }
        let channels = names.map { RedisArgument.text(keys.eventChannel($0)) }
        ears = RedisConnection(
            address, greeting: { [RedisCommand("SUBSCRIBE", channels)] },
            onPush: { value in
                let parts = value.array
                guard parts.count == 3, parts[0].text == "message", let bytes = parts[2].bytes else { return }
                let payload = Payload(bytes: bytes, heardAt: Date().timeIntervalSince1970)
                held.state.withLock { state in
                    guard state.byteCount + bytes.count <= Self.mostBytes else {
                        state.heard.missed += 1
                        return
                    }
                    state.byteCount += bytes.count
                    state.heard.payloads.append(payload)
                }
            },
            onReady: { held.state.withLock { $0.heard.connections += 1 } })
    }

    deinit { ears.close() }

    public func start() { ears.open() }
    public func close() { ears.close() }

    /// What was heard since the last time.
    public func take() -> Heard {
        state.state.withLock { state in
            defer {
                state.heard = Heard()
                state.byteCount = 0
            }
            return state.heard
        }
    }
}

extension TaskEvent {
    /// What of a text is kept, in bytes.
    private enum Most {
        static let name = 255
        static let arguments = 4096
        static let result = 1024
        static let error = 2048
        static let trace = 16_384
    }
    /// By how much a worker's clock may differ before its moments are taken from ours.
    private static let mostSkew = 60.0
    /// Longer ones are not looked into.
    private static let mostBytes = 16 << 20

    /// The task events in a message, in their order, and how much of it was none. Events of other kinds are passed over.
    public static func reading(_ payload: CeleryEventListener.Payload) -> (events: [TaskEvent], unreadable: Int) {
        guard payload.bytes.count <= mostBytes,
            let body = JSONValue(parsing: payload.bytes).flatMap(CeleryEnvelope.body(of:))
        else { return ([], 1) }
        let documents = body.array ?? [body]
        var events: [TaskEvent] = []
        var unreadable = 0
        for document in documents {
            guard document.members != nil, let type = document["type"].string else {
                unreadable += 1
                continue
            }
            guard type.hasPrefix("task-"), let kind = Kind(rawValue: String(type.dropFirst(5))),
                kind != .lost
            else { continue }
            guard let event = TaskEvent(kind, document, heardAt: payload.heardAt) else {
                unreadable += 1
                continue
            }
            events.append(event)
        }
        return (events, unreadable)
    }

    private init?(_ kind: Kind, _ document: JSONValue, heardAt: Double) {
        guard let id = document["uuid"].string, !id.isEmpty, id.utf8.count <= Most.name, !id.utf8.contains(0) else {
            return nil
        }
        let told = document["timestamp"].real ?? heardAt
        self.init(
            id: id, kind: kind, at: abs(told - heardAt) <= Self.mostSkew ? told : heardAt, heardAt: heardAt)
        name = Self.text(document["name"], Most.name)
        queue = Self.text(document["queue"], Most.name)
        worker = Self.text(document["hostname"], Most.name)
        retries = document["retries"].integer.flatMap { (0...1_000_000).contains($0) ? $0 : nil }
        runSeconds = document["runtime"].real.flatMap { (0...1e9).contains($0) ? $0 : nil }
        eta = Self.text(document["eta"], Most.name)
        arguments = Self.text(document["args"], Most.arguments)
        keywords = Self.text(document["kwargs"], Most.arguments)
        result = Self.text(document["result"], Most.result)
        error = Self.text(document["exception"], Most.error) ?? Self.reason(kind, document)
        trace = Self.text(document["traceback"], Most.trace)
        root = Self.text(document["root_id"], Most.name)
        parent = Self.text(document["parent_id"], Most.name)
        isRequeued = document["requeue"].bool == true
    }

    private static func reason(_ kind: Kind, _ document: JSONValue) -> String? {
        guard kind == .revoked else { return nil }
        if document["expired"].bool == true { return "expired" }
        guard document["terminated"].bool == true else { return "revoked" }
        let signal = text(document["signum"], 32) ?? document["signum"].integer.map { "signal \($0)" }
        return signal.map { "terminated by \($0)" } ?? "terminated"
    }

    /// The beginning of a text, whole characters; values of other types as JSON.
    private static func text(_ value: JSONValue, _ most: Int) -> String? {
        let text: String
        switch value {
        case .null: return nil
        case .string(let string): text = string
        default: text = String(decoding: value.encoded, as: UTF8.self)
        }
        guard text.utf8.count > most else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: most - 3)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }
}
