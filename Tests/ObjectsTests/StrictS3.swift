import Core
import Foundation
import Testing

@testable import Objects

/// scripts/services/strict_s3.py: takes only what is written, signed and announced to the letter.
final class StrictS3: Sendable {
    static let accessKey = "AKIASTRICT"
    static let secretKey = "s3cr3t/key+x"
    static let region = "eu-west-3"
    /// One for all tests; each has a bucket of its own in it.
    static let shared = Result { try StrictS3() }

    let endpoint: String
    private let process = Process()
    private let input = Pipe()

    private init() throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process.arguments = ["-B", root.appending(path: "scripts/services/strict_s3.py").path]
        process.environment = [
            "PATH": "/usr/bin:/bin", "STRICT_S3_REGION": Self.region, "STRICT_S3_ACCESS_KEY": Self.accessKey,
            "STRICT_S3_SECRET_KEY": Self.secretKey,
        ]
        let output = Pipe()
        // It ends with its standard input, which ends with this process.
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
        endpoint = "http://127.0.0.1:\(port)"
    }

    /// A store in a bucket of its own, unless one is named.
    func store(
        prefix: String = "", bucket: String? = nil, region: String = region, clock: any EngineClock = SystemClock()
    ) async throws -> S3ObjectStore {
        let name = bucket ?? "t\(UUID().uuidString.lowercased())"
        let store = S3ObjectStore(
            try S3Location("s3://\(name)?endpoint=\(endpoint)&region=\(region)"),
            credentials: S3Credentials(accessKey: Self.accessKey, secretKey: Self.secretKey), prefix: prefix,
            attempts: 1, clock: clock)
        if bucket == nil { try await store.createBucket() }
        return store
    }

    /// What it has refused as ill made in this store's bucket, but for what the store sends wrong to see whether it is refused.
    func refusals(_ store: S3ObjectStore) async throws -> [String] {
        let answer = try await HTTPClient().send(
            "GET", endpoint + "/+refusals", headers: [], body: .none, sink: .memory(limit: 1 << 20))
        try #require(answer.status == 200)
        return String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init).filter {
            $0.contains("/\(store.client.location.bucket)") && !$0.contains("%2Bprobe/")
        }
    }
}
