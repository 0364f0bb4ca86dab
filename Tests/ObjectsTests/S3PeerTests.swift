import Contracts
import Core
import Digest
import Foundation
import SystemPackage
import Testing

@testable import Objects

/// boto3 is the judge: what it signs we sign alike, what it stores we read, and the other way round.
@Suite("S3 beside boto3", .enabled(if: S3Peer.isUsable, S3Peer.reason))
struct S3PeerTests {
    /// Keys and values with all that is easily encoded wrongly.
    private static func awkward(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "a", "Z", "0", " ", "  ", "+", "%", "%2F", "%20", "ä", "é", "漢", "🏔", "..", ".", "...", "=", "&", "?", "#",
            "~",
            "!", "*", "'", "(", ")", ",", ";", ":", "@", "$", "\"", "<", ">", "[", "]", "{", "|", "\\", "^", "`", "-",
            "_",
        ]
        let count = Int.random(in: 1...8, using: &random)
        var text = (0..<count).map { _ in pieces.randomElement(using: &random)! }.joined()
        if Bool.random(using: &random) { text += "/" + pieces.randomElement(using: &random)! }
        return text
    }

    @Test("Our signatures equal botocore's, in headers and in URLs, for awkward keys and queries")
    func signatures() throws {
        var random = SeededGenerator(seed: 20_261_121)
        var cases: [[String: String]] = []
        for number in 0..<400 {
            let operation = ["get_object", "put_object", "delete_object", "list_objects_v2"][number % 4]
            cases.append([
                "operation": operation, "key": Self.awkward(&random),
                "prefix": number % 12 == 3 ? "" : Self.awkward(&random), "value": "a  b \(number)",
            ])
        }
        let answers = try S3Peer.run("sign", ["cases": cases])["signed"] as? [[String: Any]] ?? []
        try #require(answers.count == cases.count)
        let credentials = S3Credentials(
            accessKey: try S3Server.variable("ACCESS_KEY"), secretKey: try S3Server.variable("SECRET_KEY"))
        let signature = S3Signature(credentials: credentials, region: try S3Server.variable("REGION"))
        let bucket = try S3Server.variable("BUCKET")
        for (asked, answer) in zip(cases, answers) {
            let headers = try #require(answer["headers"] as? [String: String])
            let theirs = try #require(headers["authorization"])
            let names = try #require(theirs.components(separatedBy: "SignedHeaders=").last?.split(separator: ",").first)
            let isList = asked["operation"] == "list_objects_v2"
            var request = S3Signature.Request(
                method: try #require(answer["method"] as? String), host: try #require(answer["host"] as? String),
                path: "/\(bucket)" + (isList ? "" : "/\(asked["key"]!)"))
            request.query = (answer["query"] as? [[String]] ?? []).map { ($0[0], $0[1]) }
            request.headers = names.split(separator: ";").map(String.init)
                .filter { !["host", "x-amz-date", "x-amz-content-sha256"].contains($0) }.map { ($0, headers[$0]!) }
            let moment = try Self.moment(#require(headers["x-amz-date"]))
            let ours = signature.headers(
                for: request, payload: try #require(headers["x-amz-content-sha256"]), at: moment)
            #expect(ours.first { $0.name == "authorization" }?.value == theirs, "\(asked)")
            #expect(S3Signature.encoded(request.path, keepsSlashes: true) == answer["path"] as? String, "\(asked)")
            guard let presigned = answer["presigned"] as? String else { continue }
            let parts = presigned.split(separator: "?", maxSplits: 1)
            let query = Set(parts[1].split(separator: "&"))
            let stamp = try #require(query.first { $0.hasPrefix("X-Amz-Date=") }?.dropFirst("X-Amz-Date=".count))
            let own = S3Signature.Request(method: "GET", host: request.host, path: "/\(bucket)/\(asked["key"]!)")
            let mine = signature.presignedQuery(for: own, at: try Self.moment(String(stamp)), seconds: 900)
            #expect(Set(mine.split(separator: "&")) == query, "\(asked)")
        }
    }

    private static func moment(_ stamp: String) throws -> Date {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = .gmt
        format.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
        return try #require(format.date(from: stamp))
    }

    @Test("boto3 reads what we store, under awkward keys too: bytes, digest, type and how long it may be kept")
    func theyRead() async throws {
        for folder in ["", "ä +%2F&=?#'()*!~/漢 字;:@$,/"] {
            let store = try S3Server.store(prefix: "\(UUID().uuidString)/\(folder)")
            let small = ObjectStoreContract.bytes(1000, seed: 21)
            try await store.put(small, at: ObjectKey("a/small.webp"), sha256: nil)
            let large = (0..<33).flatMap { [UInt8](repeating: $0, count: 1 << 20) } + small
            try await ObjectStoreContract.withFile(large) { file in
                try await store.putFile(file, at: ObjectKey("a/large.heic"), sha256: SHA256Hasher.digest(large))
            }
            let objects = try #require(try S3Peer.run("read", ["prefix": store.prefix])["objects"] as? [[String: Any]])
            #expect(objects.count == 2)
            for (object, (name, bytes, type)) in zip(
                objects, [("a/large.heic", large, "image/heic"), ("a/small.webp", small, "image/webp")])
            {
                let digest = SHA256Hasher.digest(bytes).description
                #expect(object["key"] as? String == store.prefix + name)
                #expect(object["size"] as? Int == bytes.count)
                #expect(object["sha256"] as? String == digest)
                #expect(object["metadata"] as? [String: String] == ["sha256": digest])
                #expect(object["type"] as? String == type)
                #expect(object["cache"] as? String == "max-age=31536000, immutable")
            }
        }
    }

    @Test("We read what boto3 stores, in one piece and in parts, and see whether it is what we would store")
    func weRead() async throws {
        let store = try S3Server.store()
        let folder = try TemporaryFolder()
        let bytes = [UInt8](repeating: 3, count: 11 << 20) + ObjectStoreContract.bytes(1000, seed: 23)
        let source = folder.path.appending("source")
        try Data(bytes).write(to: URL(fileURLWithPath: source.string))
        _ = try S3Peer.run("write", ["prefix": store.prefix, "file": source.string])
        let digest = SHA256Hasher.digest(bytes)
        let names = ["parts.bin", "whole.bin"]
        #expect(
            try await store.list(prefix: "", after: nil, limit: 10)
                == names.map { ObjectSummary(key: ObjectKey($0), byteCount: ByteCount(Int64(bytes.count))) })
        for name in names {
            let key = ObjectKey(name)
            try await store.fetch(key, to: folder.path.appending(name), sha256: digest)
            #expect(try SHA256Hasher.digest(path: folder.path.appending(name)).sha256 == digest)
            #expect(try await store.get(key, range: 11 << 20..<(11 << 20) + 1000) == Array(bytes.suffix(1000)))
            #expect(try await store.verify(key, byteCount: ByteCount(Int64(bytes.count)), sha256: digest) == true)
            // Without our digest in its metadata it is read to be compared.
            try await store.putFile(source, at: key, sha256: digest)
            let error = await #expect(throws: EngineError.self) {
                try await store.put([UInt8](bytes.dropLast()) + [bytes.last! ^ 1], at: key, sha256: nil)
            }
            #expect(error?.code == .conflict)
        }
    }

    @Test("Presigned requests of ours work from Python's own client, and boto3's from ours")
    func presigned() async throws {
        let store = try S3Server.store(prefix: "\(UUID().uuidString)/ä +&=/")
        let bytes = ObjectStoreContract.bytes(5000, seed: 24)
        let key = ObjectKey("one.jpg")
        let put = try await store.presignPut(
            key, byteCount: ByteCount(5000), sha256: SHA256Hasher.digest(bytes), seconds: 900)
        let get = store.presignGet(key, seconds: 900)
        let answer = try S3Peer.run(
            "presigned",
            [
                "put": put.url, "headers": put.headers, "get": get.url, "key": store.prefix + key.description,
                "body": Data(bytes).base64EncodedString(),
            ])
        #expect(answer["statuses"] as? [Int] == [400, 200, 200], "changed bytes, the bytes, and reading them")
        #expect(answer["read"] as? String == Data(bytes).base64EncodedString())
        let url = try #require(answer["theirs"] as? String)
        let response = try await HTTPClient().send("GET", url, headers: [], body: .none, sink: .memory(limit: 1 << 20))
        #expect(response.status == 200 && response.body == bytes)
        #expect(response.headers["content-type"] == "image/jpeg")
    }
}

/// SplitMix64.
private struct SeededGenerator: RandomNumberGenerator {
    var seed: UInt64
    mutating func next() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        var value = seed
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
