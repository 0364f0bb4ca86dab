internal import Core
internal import Digest
internal import Foundation

/// Who asks, of which bucket's region. Its description shows nothing secret.
public struct S3Credentials: Sendable, CustomStringConvertible, CustomReflectable {
    public let accessKey: String
    let secretKey: String

    public init(accessKey: String, secretKey: String) {
        self.accessKey = accessKey
        self.secretKey = secretKey
    }

    public var description: String { "access key \(accessKey)" }
    public var customMirror: Mirror { Mirror(self, children: ["accessKey": accessKey]) }
}

/// AWS Signature Version 4 for one service and region
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html).
struct S3Signature: Sendable {
    let credentials: S3Credentials
    let region: String
    var service = "s3"

    /// A request as it is signed.
    struct Request: Sendable {
        var method: String
        /// With the port where it isn't the scheme's own.
        var host: String
        /// Absolute, not yet percent-encoded.
        var path: String
        /// Names and values, not yet percent-encoded.
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
    }

    static let unsignedPayload = "UNSIGNED-PAYLOAD"
    static let emptyPayload = SHA256Hasher.digest([]).description

    /// The headers to send beside those of the request: host is sent by whoever sends.
    func headers(for request: Request, payload: String, at moment: Date) -> [(name: String, value: String)] {
        let stamp = Self.stamp(moment)
        let added = [("x-amz-content-sha256", payload), ("x-amz-date", stamp)]
        let signed = request.headers + added + [("host", request.host)]
        let names = Self.signedNames(signed)
        let signature = sign(
            request.method, request.path, query: request.query, headers: signed, names: names, payload: payload,
            stamp: stamp)
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope(stamp)), SignedHeaders=\(names), "
            + "Signature=\(signature)"
        return added + [("authorization", authorization)]
    }

    /// The query of a URL that lets anyone do what the request says until `seconds` from the moment; whoever uses it sends
    /// the request's headers as they are.
    func presignedQuery(for request: Request, at moment: Date, seconds: Int) -> String {
        let stamp = Self.stamp(moment)
        let signed = request.headers + [("host", request.host)]
        let names = Self.signedNames(signed)
        let query =
            request.query + [
                ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
                ("X-Amz-Credential", "\(credentials.accessKey)/\(scope(stamp))"), ("X-Amz-Date", stamp),
                ("X-Amz-Expires", "\(seconds)"), ("X-Amz-SignedHeaders", names),
            ]
        let signature = sign(
            request.method, request.path, query: query, headers: signed, names: names, payload: Self.unsignedPayload,
            stamp: stamp)
        return Self.canonical(query) + "&X-Amz-Signature=\(signature)"
    }

    private func sign(
        _ method: String, _ path: String, query: [(name: String, value: String)],
        headers: [(name: String, value: String)], names: String, payload: String, stamp: String
    ) -> String {
        let lines = Self.sorted(headers).map { "\($0.name):\($0.value)\n" }.joined()
        let canonical = [
            method, Self.encoded(path, keepsSlashes: true), Self.canonical(query), lines, names, payload,
        ].joined(separator: "\n")
        let text = [
            "AWS4-HMAC-SHA256", stamp, scope(stamp), SHA256Hasher.digest(Array(canonical.utf8)).description,
        ].joined(separator: "\n")
        var key = Array("AWS4\(credentials.secretKey)".utf8)
        for part in [String(stamp.prefix(8)), region, service, "aws4_request"] {
            key = HMACSHA256.code(part.utf8, key: key)
        }
        return Hex.string(HMACSHA256.code(text.utf8, key: key))
    }

    private func scope(_ stamp: String) -> String { "\(stamp.prefix(8))/\(region)/\(service)/aws4_request" }

    private static func sorted(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
        headers.map { ($0.name.lowercased(), $0.value.split(separator: " ").joined(separator: " ")) }
            .sorted { $0.0 < $1.0 }
    }

    private static func signedNames(_ headers: [(name: String, value: String)]) -> String {
        sorted(headers).map(\.name).joined(separator: ";")
    }

    /// `name=value` pairs, percent-encoded, in the order of their bytes.
    static func canonical(_ query: [(name: String, value: String)]) -> String {
        query.map { (encoded($0.name, keepsSlashes: false), encoded($0.value, keepsSlashes: false)) }
            .sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// Percent-encodes all but the unreserved characters of RFC 3986, with capital hex digits.
    static func encoded(_ text: String, keepsSlashes: Bool) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: "/") where keepsSlashes: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%")] + Array(Hex.string([byte]).uppercased().utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `20260102T030405Z`.
    static func stamp(_ moment: Date) -> String {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: moment)
        func digits(_ value: Int?, _ count: Int) -> String {
            let text = "\(value ?? 0)"
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(parts.year, 4) + digits(parts.month, 2) + digits(parts.day, 2) + "T" + digits(parts.hour, 2)
            + digits(parts.minute, 2) + digits(parts.second, 2) + "Z"
    }
}
