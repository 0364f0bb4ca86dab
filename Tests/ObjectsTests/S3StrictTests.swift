import Contracts
import Core
import Digest
import Foundation
import SystemPackage
import Testing

@testable import Objects

@Suite("Every object store keeps the contract on a server that takes nothing ill made")
struct StrictContractTests {
    @Test("To the letter", arguments: ObjectStoreContract.cases)
    func strict(_ contract: ContractCase<ObjectStoreContract.Store>) async throws {
        let server = try StrictS3.shared.get()
        let store = try await server.store()
        try await contract.run(store)
        // Other bytes than those announced are the server's to refuse: the one refusal that a case asks for.
        #expect(try await server.refusals(store).filter { !$0.contains("/wrong/two") } == [])
    }
}

@Suite("S3 requests before a server that takes nothing ill made")
struct S3StrictTests {
    private let server: StrictS3

    init() throws { server = try StrictS3.shared.get() }

    /// All that is easily encoded or shortened wrongly; the folders stand still and climb.
    private static let prefixes = ["", "ä +%2F&=?#'()*!~/漢 字;:@$,/", "x/./y/../../", "../"]

    @Test(
        "Files of several parts, presigned requests, lists and deletes pass, under awkward prefixes",
        arguments: prefixes)
    func passes(prefix: String) async throws {
        let store = try await server.store(prefix: prefix)
        let block = ObjectStoreContract.bytes(1 << 20, seed: 41)
        let bytes = (0..<33).flatMap { number in [UInt8(number)] + block.dropFirst() }
        let digest = SHA256Hasher.digest(bytes)
        let (large, small) = (ObjectKey("a/large.heic"), ObjectKey("b.jpg"))
        try await ObjectStoreContract.withFile(bytes) { file in
            try await store.putFile(file, at: large, sha256: digest)
            try await store.putFile(file, at: large, sha256: digest)
            #expect(try await store.verify(large, byteCount: ByteCount(33 << 20), sha256: digest) == true)
            let copy = FilePath(file.string + "-copy")
            defer { try? FileManager.default.removeItem(atPath: copy.string) }
            try await store.fetch(large, to: copy, sha256: digest)
        }
        let count = ByteCount(Int64(block.count))
        let put = try await store.presignPut(
            small, byteCount: count, sha256: SHA256Hasher.digest(block), seconds: 900)
        #expect(put.headers["content-length"] == "\(block.count)")
        let sent = try await HTTPClient().send(
            "PUT", put.url, headers: put.headers.filter { $0.key != "content-length" }.map { ($0.key, $0.value) },
            body: .bytes(block), sink: .memory(limit: 1000))
        #expect(sent.status == 200)
        let got = try await HTTPClient().send(
            "GET", store.presignGet(small, seconds: 60).url, headers: [], body: .none, sink: .memory(limit: 2 << 20))
        #expect(got.status == 200 && got.body == block)
        #expect(try await store.verify(small, byteCount: count, sha256: SHA256Hasher.digest(block)) == true)
        #expect(try await store.get(large, range: 5..<9) == Array(bytes[5..<9]))
        #expect(try await store.list(prefix: "", after: nil, limit: 9).map(\.key) == [large, small])
        let token = try await store.beginMultipart(ObjectKey("given-up"), sha256: digest)
        #expect(try await unfinished(store) == [prefix + "given-up"])
        try await store.abortMultipart(ObjectKey("given-up"), token: token)
        #expect(try await unfinished(store) == [])
        for key in [large, small] { try await store.delete(key) }
        #expect(try await store.list(prefix: "", after: nil, limit: 9) == [])
        #expect(try await server.refusals(store) == [])
    }

    @Test("boto3 passes, too, and our presigned requests from Python", .enabled(if: S3Peer.isUsable, S3Peer.reason))
    func boto3() async throws {
        let store = try await server.store(prefix: "x/ä +%2F&=?#'()*!~/")
        let variables = [
            "ENDPOINT": server.endpoint, "BUCKET": store.client.location.bucket, "REGION": StrictS3.region,
            "ACCESS_KEY": StrictS3.accessKey, "SECRET_KEY": StrictS3.secretKey,
        ]
        let environment = Dictionary(
            uniqueKeysWithValues: variables.map { ("PHOTOTUI_TEST_S3_\($0.key)", $0.value) })
        let bytes = ObjectStoreContract.bytes(11 << 20, seed: 43)
        try await ObjectStoreContract.withFile(bytes) { file in
            _ = try S3Peer.run("write", ["prefix": store.prefix, "file": file.string], environment)
        }
        for name in ["whole.bin", "parts.bin"] { #expect(try await store.get(ObjectKey(name)) == bytes) }
        #expect(try await server.refusals(store) == [])
        let (small, key) = (Array(bytes[..<5000]), ObjectKey("one.jpg"))
        let put = try await store.presignPut(
            key, byteCount: ByteCount(5000), sha256: SHA256Hasher.digest(small), seconds: 900)
        let answer = try S3Peer.run(
            "presigned",
            [
                "put": put.url, "headers": put.headers, "get": store.presignGet(key, seconds: 900).url,
                "key": store.prefix + key.description, "body": Data(small).base64EncodedString(),
            ], environment)
        #expect(answer["statuses"] as? [Int] == [400, 200, 200], "changed bytes, the bytes, and reading them")
        let refusals = try await server.refusals(store)
        #expect(refusals.count == 1 && refusals.first?.hasPrefix("BadDigest ") == true, "\(refusals)")
    }

    private func unfinished(_ store: S3ObjectStore) async throws -> [String] {
        var request = S3Client.Request(method: "GET")
        request.query = [("uploads", "")]
        let response = try await store.client.send(request)
        #expect(response.status == 200)
        return S3Answer(response.body).elements("Upload").compactMap { $0.text("Key") }
    }

    @Test("A part that the provider has lost, and one of other bytes, are told as an upload to begin anew")
    func lostPart() async throws {
        let store = try await server.store()
        let key = ObjectKey("lost")
        try await ObjectStoreContract.withFile(ObjectStoreContract.bytes(6 << 20, seed: 42)) { file in
            let digest = try SHA256Hasher.digest(path: file).sha256
            let token = try await store.beginMultipart(key, sha256: digest)
            let first = try await store.putPart(1, of: file, range: 0..<5 << 20, key: key, token: token)
            let other = UploadPart(number: 1, byteCount: 5 << 20, entityTag: "\"\(String(repeating: "0", count: 32))\"")
            let lost = UploadPart(number: 2, byteCount: 1 << 20, entityTag: first.entityTag)
            for parts in [[first, lost], [other]] {
                let error = await #expect(throws: EngineError.self) {
                    try await store.completeMultipart(key, token: token, parts: parts, sha256: digest)
                }
                #expect(error?.code == .notFound, "\(String(describing: error))")
            }
            #expect(try await store.head(key) == nil)
            try await store.abortMultipart(key, token: token)
        }
    }

    @Test("The server is strict: what differs from what was signed or announced in one thing is refused for that")
    func strictness() async throws {
        let store = try await server.store()
        let location = store.client.location
        let signature = S3Signature(
            credentials: S3Credentials(accessKey: StrictS3.accessKey, secretKey: StrictS3.secretKey),
            region: StrictS3.region)
        let (body, path) = (Array("body".utf8), location.path("k\u{e4}"))
        var signed = S3Signature.Request(method: "PUT", host: location.host, path: path)
        signed.headers = [("x-amz-meta-a", "1")]
        func headers(_ payload: [UInt8] = body) -> [(name: String, value: String)] {
            signed.headers + signature.headers(for: signed, payload: Checksum.hexadecimal(payload), at: Date())
        }
        func code(
            _ headers: [(name: String, value: String)], body: [UInt8] = body, target: String? = nil,
            method: String = "PUT"
        ) async throws -> String? {
            let target = target ?? S3Signature.encoded(path, keepsSlashes: true)
            let response = try await HTTPClient().send(
                method, "http://\(location.host)\(target)", headers: headers,
                body: method == "PUT" ? .bytes(body) : .none, sink: .memory(limit: 1000))
            return response.status == 200 ? nil : S3Answer(response.body).text("Code") ?? "\(response.status)"
        }
        let right = headers()
        #expect(try await code(right) == nil)
        #expect(try await code([]) == "AccessDenied")
        #expect(try await code(right + [("x-amz-meta-b", "1")]) == "AccessDenied", "a header that is not signed")
        #expect(try await code(right.filter { $0.name != "x-amz-meta-a" }) == "AccessDenied", "one that is missing")
        let changed = right.map { $0.name == "x-amz-meta-a" ? ($0.name, "2") : $0 }
        #expect(try await code(changed) == "SignatureDoesNotMatch")
        #expect(try await code(right, body: body + [1]) == "XAmzContentSHA256Mismatch")
        let raw = S3Signature.encoded(path, keepsSlashes: true)
        #expect(try await code(right, target: raw.replacing("%C3%A4", with: "%c3%a4")) == "InvalidURI")
        #expect(try await code(right, target: raw + "?acl=") == "SignatureDoesNotMatch")
        #expect(try await code(right.filter { $0.name != "x-amz-content-sha256" }) == "InvalidRequest")
        signed.headers = [("x-amz-checksum-sha256", Checksum.base64(SHA256Hasher.digest([7])))]
        #expect(try await code(headers()) == "BadDigest")
        for (other, reason) in [
            (try await server.store(bucket: location.bucket, region: "us-east-1"), "region"),
            (try await server.store(bucket: location.bucket, clock: FixedClock()), "clock"),
        ] {
            let error = await #expect(throws: EngineError.self) { _ = try await other.get(ObjectKey("a")) }
            #expect(
                error?.code == .permissionDenied && error?.whatToDo.contains(reason) == true,
                "\(String(describing: error))")
        }
        let get = URLComponents(string: store.presignGet(ObjectKey("k"), seconds: 60).url)
        let target = try #require(get.map { $0.percentEncodedPath + "?" + ($0.percentEncodedQuery ?? "") })
        #expect(try await code([], target: target, method: "GET") == "NoSuchKey")
        #expect(try await code([], target: target, method: "DELETE") == "SignatureDoesNotMatch")
        let longer = target.replacing("X-Amz-Expires=60", with: "X-Amz-Expires=61")
        #expect(try await code([], target: longer, method: "GET") == "SignatureDoesNotMatch")
        #expect(try await code([("x-amz-meta-b", "1")], target: target, method: "GET") == "AccessDenied")
    }
}
