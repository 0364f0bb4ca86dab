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

    /// What SeaweedFS takes, for tests that count requests.
    static let traits = StoreTraits(
        takesChecksums: true, takesConditions: true, keepsVersions: false, checksPayloads: false)

    /// A store under a prefix of its own. `endpoint` is for a proxy in front of the server.
    static func store(
        prefix: String = "\(UUID().uuidString)/", endpoint: String? = nil, secretKey: String? = nil,
        bucket: String? = nil, traits: StoreTraits? = nil, attempts: Int = 7, clock: any EngineClock = SystemClock(),
        random: any RandomSource = SystemRandom(), onTraffic: @escaping @Sendable (StorageTraffic) -> Void = { _ in }
    ) throws -> S3ObjectStore {
        let address = try endpoint ?? variable("ENDPOINT")
        let location = try S3Location(
            "s3://\(bucket ?? variable("BUCKET"))?endpoint=\(address)&region=\(variable("REGION"))")
        return S3ObjectStore(
            location,
            credentials: S3Credentials(
                accessKey: try variable("ACCESS_KEY"), secretKey: try secretKey ?? variable("SECRET_KEY")),
            prefix: prefix, traits: traits, attempts: attempts, clock: clock, random: random, onTraffic: onTraffic)
    }

    /// What is under a prefix, whoever made it, by S3's own list of objects or of versions.
    static func names(under prefix: String, bucket: String? = nil, listing: String = "list-type") async throws
        -> [String]
    {
        var request = S3Client.Request(method: "GET")
        request.query = [("prefix", prefix), (listing, listing == "list-type" ? "2" : "")]
        let response = try await store(prefix: "", bucket: bucket).client.send(request)
        try #require(response.status == 200)
        let answer = S3Answer(response.body)
        return ["Contents", "Version", "DeleteMarker"].flatMap(answer.elements).compactMap { $0.text("Key") }
    }
}
