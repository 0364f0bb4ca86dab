internal import Core
internal import Foundation

/// Where a Redis server is, as Celery writes it.
///
/// `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` for TLS, `redis+socket:///PATH?virtual_host=DATABASE` for a
/// unix socket. Query keys, as kombu and redis-py have them: `virtual_host` or `db`, `ssl_cert_reqs` (required, or none),
/// `ssl_ca_certs`, `ssl_certfile`, `ssl_keyfile`, `global_keyprefix`, `sep`, `priority_steps` (`0,1,2`).
public struct RedisAddress: Hashable, Sendable, CustomStringConvertible {
    enum Place: Hashable, Sendable {
        case socket(path: String)
        case host(String, port: UInt16)
    }

    struct TLS: Hashable, Sendable {
        var verifies = true
        var authorities: String?
        var certificate: String?
        var key: String?
    }

    let place: Place
    let user: String?
    private(set) var password: String?
    public let database: Int
    let tls: TLS?
    /// Put before every key and channel: Celery's `global_keyprefix`.
    public var keyPrefix: String
    /// Celery's `sep` and `priority_steps`, where they are named.
    let separator: String?
    let prioritySteps: [Int]?

    public init(_ text: String) throws {
        func refusal(_ reason: String) -> EngineError {
            EngineError(
                .invalidInput, "the broker's address is not understood: \(reason)",
                whatToDo: "write redis://HOST:PORT/DATABASE, rediss:// for TLS, or redis+socket:///PATH?virtual_host=0")
        }
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased() else {
            throw refusal("it is no URL")
        }
        var query: [String: String] = [:]
        for item in parts.queryItems ?? [] { query[item.name] = item.value ?? "" }
        var databaseText = query["virtual_host"] ?? query["db"] ?? ""
        switch scheme {
        case "redis+socket", "unix", "socket":
            guard parts.path.hasPrefix("/"), parts.path.utf8.count > 1 else { throw refusal("the socket has no path") }
            guard parts.path.utf8.count < 108 else { throw refusal("a socket's path has at most 107 bytes") }
            place = .socket(path: parts.path)
            tls = nil
        case "redis", "rediss":
            guard let port = UInt16(exactly: parts.port ?? 6379), port > 0 else { throw refusal("the port") }
            let host = parts.host ?? ""
            let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
            place = .host(bare.isEmpty ? "localhost" : bare, port: port)
            if databaseText.isEmpty { databaseText = String(parts.path.drop { $0 == "/" }) }
            if scheme == "rediss" {
                let verification = query["ssl_cert_reqs", default: "required"].lowercased()
                guard ["required", "cert_required", "none", "cert_none"].contains(verification) else {
                    throw refusal("ssl_cert_reqs is required or none")
                }
                tls = TLS(
                    verifies: !verification.hasSuffix("none"), authorities: query["ssl_ca_certs"],
                    certificate: query["ssl_certfile"], key: query["ssl_keyfile"])
            } else {
                tls = nil
            }
        default:
            throw refusal("its scheme is none of redis, rediss and redis+socket")
        }
        guard let database = Int(databaseText.isEmpty ? "0" : databaseText), database >= 0 else {
            throw refusal("the database is no number")
        }
        self.database = database
        user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        password = parts.password
        keyPrefix = query["global_keyprefix"] ?? ""
        separator = query["sep"].flatMap { $0.isEmpty ? nil : $0 }
        let steps = query["priority_steps"]?.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard steps?.allSatisfy({ (0...255).contains($0 ?? -1) }) ?? true else {
            throw refusal("priority_steps are numbers from 0 to 255, with commas between")
        }
        prioritySteps = steps.map { Set($0.compactMap(\.self)).union([0]).sorted() }
    }

    /// Without user and password.
    public var description: String {
        switch place {
        case .socket(let path): "redis+socket://\(path)?virtual_host=\(database)"
        case .host(let host, let port): "\(tls == nil ? "redis" : "rediss")://\(host):\(port)/\(database)"
        }
    }

    public var hasPassword: Bool { password != nil }

    /// The same server, with this password.
    public func authenticated(by password: String) -> RedisAddress {
        var address = self
        address.password = password
        return address
    }

    var hostName: String {
        switch place {
        case .socket(let path): path
        case .host(let host, _): host
        }
    }
}
