internal import Core
internal import Foundation
internal import Synchronization

/// Hears workers' hearts beat, which they do every two seconds, from now until it is closed.
final class Heartbeats: Sendable {
    struct Beat: Sendable {
        /// Unix seconds.
        let heardAt: Double
        let body: JSONValue
    }

    private final class Heard: Sendable {
        let beats = Mutex<[String: Beat]>([:])
    }

    private let ears: RedisConnection
    private let heard = Heard()

    init(_ address: RedisAddress, _ keys: CeleryKeys) {
        ears = RedisConnection(address, greeting: { [] }) { [heard] value in
            let parts = value.array
            guard parts.count == 3, parts[0].text == "message", let bytes = parts[2].bytes,
                let body = JSONValue(parsing: bytes).flatMap(CeleryEnvelope.body(of:)),
                let name = body["hostname"].string
            else { return }
            heard.beats.withLock { $0[name] = Beat(heardAt: Date().timeIntervalSince1970, body: body) }
        }
        for event in ["worker.heartbeat", "worker.online"] {
            ears.push(RedisCommand("SUBSCRIBE", .text(keys.eventChannel(event))))
        }
    }

    /// The last of each worker.
    var beats: [String: Beat] { heard.beats.withLock { $0 } }

    func close() { ears.close() }
}
