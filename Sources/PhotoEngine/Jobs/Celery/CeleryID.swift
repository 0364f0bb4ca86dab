internal import Foundation

/// Ids as Celery and kombu make them: a random UUID (RFC 9562, version 4) in small letters.
enum CeleryID {
    static func make() -> String {
        // Foundation's `UUID()` opens /dev/urandom each time, the dearest part of a message published alone.
        var random = SystemRandomNumberGenerator()
        return UUID.random(using: &random).uuidString.lowercased()
    }
}
