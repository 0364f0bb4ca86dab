import Core
import Foundation
import Testing

@testable import Objects

@Suite("Lifecycle rules")
struct S3LifecycleTests {
    /// As other programs write them, one without a name.
    private static let others = [
        "<ID>logs &amp; more</ID><Filter><And><Prefix>logs/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>"
            + "<Status>Disabled</Status><Expiration><Days>30</Days></Expiration>",
        "<Filter><Prefix>phototui/</Prefix></Filter><Status>Enabled</Status>"
            + "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
    ]

    private func stored(_ store: S3ObjectStore) async throws -> [String] {
        var request = S3Client.Request(method: "GET")
        request.query = [("lifecycle", "")]
        let response = try await store.client.send(request)
        try #require(response.status == 200)
        return S3Answer(response.body).elements("Rule").map(\.source)
    }

    private func set(_ rules: String, _ store: S3ObjectStore) async throws -> Int {
        var request = S3Client.Request(method: "PUT")
        let body = Array(rules.utf8)
        request.query = [("lifecycle", "")]
        request.body = .bytes(body)
        request.headers = [
            ("x-amz-checksum-sha256", Checksum.base64(.init(bytes: Hex.bytes(Checksum.hexadecimal(body))!)!))
        ]
        return try await store.client.send(request).status
    }

    @Test("Those of others stay as they are, and ours are there once, however often they are set")
    func kept() async throws {
        let server = try StrictS3.shared.get()
        let store = try await server.store(prefix: "a&b/")
        let lines = Self.others.map { "<Rule>\($0)</Rule>" }.joined()
        #expect(try await set("<LifecycleConfiguration>\(lines)</LifecycleConfiguration>", store) == 200)
        try await store.setLifecycle()
        let once = try await stored(store)
        #expect(Set(once).isSuperset(of: Self.others))
        #expect(once.count == 4)
        #expect(
            once.contains {
                $0.contains("<Prefix>a&amp;b/</Prefix>") && $0.contains("<DaysAfterInitiation>7</DaysAfterInitiation>")
            })
        try await store.setLifecycle()
        #expect(try await stored(store).sorted() == once.sorted())
        // Another library in the same bucket has rules of its own.
        try await server.store(prefix: "other/", bucket: store.client.location.bucket).setLifecycle()
        #expect(try await stored(store).count == 6)
        #expect(try await server.refusals(store) == [])
    }

    @Test("A bucket without rules gets ours: unfinished uploads and old versions go")
    func first() async throws {
        let store = try await StrictS3.shared.get().store()
        try await store.setLifecycle()
        let rules = try await stored(store)
        #expect(rules.count == 2)
        #expect(
            rules.contains { $0.contains("<NoncurrentDays>1</NoncurrentDays>") && $0.contains("<Prefix></Prefix>") })
        #expect(rules.contains { $0.contains("<AbortIncompleteMultipartUpload>") })
    }

    @Test(
        "Renditions, and nothing else, go to the cheaper storage after 90 days where there is one",
        arguments: [
            ("s3://photos?region=eu-west-3", true), ("r2://account/photos", true),
            ("b2://photos?region=us-west-004", false),
        ])
    func cold(location: String, hasColdStorage: Bool) async throws {
        let store = S3ObjectStore(
            try S3Location(location), credentials: S3Credentials(accessKey: "KEY", secretKey: "hush"), prefix: "p/")
        let text = String(decoding: store.lifecycle(keeping: []), as: UTF8.self)
        let rules = S3Answer(Array(text.utf8)).elements("Rule")
        let moves = rules.filter { !$0.elements("Transition").isEmpty }
        #expect(rules.count == (hasColdStorage ? 3 : 2))
        #expect(moves.map { $0.text("Prefix") } == (hasColdStorage ? ["p/renditions/"] : []))
        for move in moves {
            #expect(move.text("Days") == "90" && move.text("StorageClass") == "STANDARD_IA")
            #expect(move.text("Status") == "Enabled")
        }
        // S3's own form of it, as a server reads it that knows no other.
        #expect(try await set(text, StrictS3.shared.get().store()) == 200)
    }
}
