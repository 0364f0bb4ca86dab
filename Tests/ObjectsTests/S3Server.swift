import Core
import Foundation
import Testing

@testable import Objects

/// The S3 server that scripts/services/start.sh runs.
enum S3Server {
    static let environment = ProcessInfo.processInfo.environment
    static let isAvailable = environment["PHOTOTUI_TEST_S3_ENDPOINT"] != nil
    static let absence: Comment = "no S3 server: scripts/services/start.sh starts one"

    static func variable(_ name: String) throws -> String { try #require(environment["PHOTOTUI_TEST_S3_\(name)"]) }

    /// A store under a prefix of its own. `endpoint` is for a proxy in front of the server.
    static func store(
        prefix: String = "\(UUID().uuidString)/", endpoint: String? = nil, secretKey: String? = nil,
        bucket: String? = nil, attempts: Int = 7, clock: any EngineClock = SystemClock(),
        random: any RandomSource = SystemRandom()
    ) throws -> S3ObjectStore {
        let address = try endpoint ?? variable("ENDPOINT")
        let location = try S3Location(
            "s3://\(bucket ?? variable("BUCKET"))?endpoint=\(address)&region=\(variable("REGION"))")
        return S3ObjectStore(
            location,
            credentials: S3Credentials(
                accessKey: try variable("ACCESS_KEY"), secretKey: try secretKey ?? variable("SECRET_KEY")),
            prefix: prefix, attempts: attempts, clock: clock, random: random)
    }
}
