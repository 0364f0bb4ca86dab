import Core
import Foundation
import Testing

@testable import Objects

/// The worked examples of AWS' documentation ("Examples: Signature Calculations in AWS Signature Version 4", and "Authenticating
/// Requests: Using Query Parameters").
@Suite("S3 signatures")
struct S3SignatureTests {
    private static let signature = S3Signature(
        credentials: S3Credentials(
            accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        region: "us-east-1")
    /// 2013-05-24T00:00:00Z
    private static let moment = Date(timeIntervalSince1970: 1_369_353_600)
    private static let host = "examplebucket.s3.amazonaws.com"

    private func signed(_ request: S3Signature.Request, payload: String = S3Signature.emptyPayload) -> String? {
        let headers = Self.signature.headers(for: request, payload: payload, at: Self.moment)
        return headers.first { $0.name == "authorization" }?.value.components(separatedBy: "Signature=").last
    }

    @Test("GET of a range")
    func getObject() {
        var request = S3Signature.Request(method: "GET", host: Self.host, path: "/test.txt")
        request.headers = [("Range", "bytes=0-9")]
        #expect(signed(request) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test("PUT with an awkward key")
    func putObject() {
        var request = S3Signature.Request(method: "PUT", host: Self.host, path: "/test$file.text")
        request.headers = [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")]
        let payload = Checksum.hexadecimal(Array("Welcome to Amazon S3.".utf8))
        #expect(
            signed(request, payload: payload) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test("A query without a value, and one with two")
    func queries() {
        var request = S3Signature.Request(method: "GET", host: Self.host, path: "/")
        request.query = [("lifecycle", "")]
        #expect(signed(request) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        request.query = [("prefix", "J"), ("max-keys", "2")]
        #expect(signed(request) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test("A presigned GET")
    func presigned() {
        let request = S3Signature.Request(method: "GET", host: Self.host, path: "/test.txt")
        let query = Self.signature.presignedQuery(for: request, at: Self.moment, seconds: 86400)
        #expect(query.hasSuffix("=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
    }

    @Test("Storage URLs are read, and what is wrong with one is said")
    func locations() throws {
        let b2 = try S3Location("b2://photos?region=us-west-004")
        #expect((b2.host, b2.region) == ("photos.s3.us-west-004.backblazeb2.com", "us-west-004"))
        #expect(b2.path("a") == "/a")
        let r2 = try S3Location("r2://account/photos")
        #expect((r2.host, r2.region) == ("account.r2.cloudflarestorage.com", "auto"))
        #expect(r2.path("a") == "/photos/a")
        let own = try S3Location("s3://photos?endpoint=http://127.0.0.1:8333&region=x")
        #expect((own.scheme, own.host, own.path()) == ("http", "127.0.0.1:8333", "/photos"))
        #expect(try S3Location("s3://photos").host == "photos.s3.us-east-1.amazonaws.com")
        for wrong in ["", "photos", "ftp://x", "b2://photos", "r2://photos", "s3://", "s3://b?endpoint=nonsense"] {
            let error = #expect(throws: EngineError.self, "\(wrong)") { try S3Location(wrong) }
            #expect(error?.code == .invalidInput)
        }
        let secret = #expect(throws: EngineError.self) { try S3Location("s3://key:hunter2@b") }
        #expect(secret?.description.contains("hunter2") == false)
    }

    @Test("Credentials show nothing secret")
    func secrets() {
        let credentials = S3Credentials(accessKey: "KEY", secretKey: "hunter2")
        for text in ["\(credentials)", String(reflecting: credentials), "\(Mirror(reflecting: credentials).children)"] {
            #expect(!text.contains("hunter2"))
        }
        var dumped = ""
        dump(credentials, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }
}
