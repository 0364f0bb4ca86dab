public import Core
internal import Foundation

/// A bucket and where it is.
public struct S3Location: Hashable, Sendable, CustomStringConvertible {
    public enum Provider: String, Sendable {
        case b2, r2, s3
    }

    public let provider: Provider
    public let bucket: String
    public let region: String
    /// `https` but for a server of one's own.
    public let scheme: String
    /// Host, with a port where it isn't the scheme's own.
    public let host: String
    /// Whether lists come in the order of their keys' bytes, as S3's rules ask. A server of one's own may walk folders, in
    /// which `a/b` comes before `a-b`.
    public let listsInOrder: Bool
    /// Whether the bucket is the path's first part rather than of the host's name.
    public let isPathStyle: Bool
    /// Whether there is a cheaper class of storage for what is seldom read: B2 has one class, a server of one's own its disks.
    var hasColdStorage: Bool { provider != .b2 && listsInOrder }

    /// Reads `b2://bucket?region=us-west-004`, `r2://account/bucket`, or `s3://bucket?region=…[&endpoint=http://host:port]`.
    /// Throws `.invalidInput`.
    public init(_ text: String) throws(EngineError) {
        // Not the query, in which somebody may have put a key.
        let shown = String(text.prefix { $0 != "?" })
        func fault(_ what: String) -> EngineError {
            EngineError(
                .invalidInput, "\"\(shown)\" is no storage: \(what)",
                whatToDo: "write b2://bucket?region=…, r2://account/bucket or s3://bucket?region=…")
        }
        guard !shown.contains("@") else {
            throw EngineError(
                .invalidInput, "a storage URL holds no keys", whatToDo: "give them by the environment or a file")
        }
        guard let parts = URLComponents(string: text), let scheme = parts.scheme,
            let provider = Provider(rawValue: scheme.lowercased())
        else { throw fault("it begins with none of b2://, r2://, s3://") }
        func option(_ name: String) -> String? { parts.queryItems?.first { $0.name == name }?.value }
        let names = ([parts.host ?? ""] + parts.path.split(separator: "/").map(String.init)).filter { !$0.isEmpty }
        self.provider = provider
        var isPathStyle = false
        switch provider {
        case .b2:
            guard names.count == 1 else { throw fault("it names no bucket") }
            guard let region = option("region") else { throw fault("it names no region") }
            (bucket, self.region, self.scheme) = (names[0], region, "https")
            host = "\(names[0]).s3.\(region).backblazeb2.com"
        case .r2:
            guard names.count == 2 else { throw fault("it names no account and bucket") }
            (bucket, region, self.scheme) = (names[1], "auto", "https")
            host = "\(names[0]).r2.cloudflarestorage.com"
            isPathStyle = true
        case .s3:
            guard names.count == 1 else { throw fault("it names no bucket") }
            bucket = names[0]
            region = option("region") ?? "us-east-1"
            if let endpoint = option("endpoint") {
                guard let server = URLComponents(string: endpoint), let name = server.host, let scheme = server.scheme,
                    ["http", "https"].contains(scheme)
                else { throw fault("its endpoint is no http:// or https:// address") }
                self.scheme = scheme
                host = name + (server.port.map { ":\($0)" } ?? "")
                isPathStyle = true
            } else {
                self.scheme = "https"
                host = "\(names[0]).s3.\(region).amazonaws.com"
            }
        }
        self.isPathStyle = isPathStyle
        listsInOrder = provider != .s3 || option("endpoint") == nil
    }

    public var description: String { "\(provider.rawValue)://\(bucket) at \(host)" }

    /// The path of an object, or of the bucket itself, not yet encoded.
    func path(_ key: String = "") -> String { isPathStyle ? "/\(bucket)" + (key.isEmpty ? "" : "/\(key)") : "/\(key)" }
}
