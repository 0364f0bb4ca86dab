import Core
import Foundation
import Jobs

/// The Redis server that tests share (scripts/services/start.sh): each test has a key prefix of its own.
enum RedisService {
    static let variable = "PHOTOTUI_TEST_REDIS"
    static let isMissing = ProcessInfo.processInfo.environment[variable, default: ""].isEmpty
    /// Without the server a suite is skipped; where everything must be there, it runs and fails.
    static let isUsable = !isMissing || ProcessInfo.processInfo.environment["CI"] == "true"
    static let reason = "needs Redis: . \"$(scripts/services/start.sh)\""

    static var url: String { ProcessInfo.processInfo.environment[variable, default: ""] }

    /// The server's address with keys that no other test has.
    static func address(prefix: String = "test-\(UUID().uuidString.prefix(8)):") throws -> RedisAddress {
        guard !isMissing else { throw EngineError(.unavailable, reason) }
        var address = try RedisAddress(url)
        address.keyPrefix = prefix
        return address
    }
}
