public import Core
internal import Foundation

/// Cloudflare's purge by URL: `POST {api}/zones/{zone}/purge_cache` with `{"files": […]}`.
public final class CloudflareCache: EdgeCache {
    /// Cloudflare takes no more at once.
    private static let filesAtOnce = 30
    private static let attempts = 4

    private let address: String
    private let publicAddress: String
    private let token: String
    private let random: any RandomSource
    private let http = HTTPClient()

    /// `publicAddress` is what stands before an object's key in its URL. Throws `.invalidInput`.
    public init(
        api: String = "https://api.cloudflare.com/client/v4", zone: String, publicAddress: String, token: String,
        random: any RandomSource = SystemRandom()
    ) throws {
        for address in [api, publicAddress] {
            let parts = URLComponents(string: address)
            guard let scheme = parts?.scheme, ["http", "https"].contains(scheme), parts?.host?.isEmpty == false else {
                throw EngineError(
                    .invalidInput, "the CDN's address is no URL",
                    whatToDo: "write https://host/path in cdn_url and cdn_api")
            }
        }
        guard !zone.isEmpty, zone.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
            throw EngineError(
                .invalidInput, "the CDN's zone is no id", whatToDo: "copy cdn_zone from Cloudflare's overview")
        }
        func trimmed(_ text: String) -> String { text.hasSuffix("/") ? String(text.dropLast()) : text }
        address = "\(trimmed(api))/zones/\(zone)/purge_cache"
        self.publicAddress = trimmed(publicAddress)
        self.token = token
        self.random = random
    }

    public func purge(_ keys: [ObjectKey]) async throws {
        var rest = keys[...]
        while !rest.isEmpty {
            try await send(rest.prefix(Self.filesAtOnce).map { "\(publicAddress)/\($0)" })
            rest = rest.dropFirst(Self.filesAtOnce)
        }
    }

    private func send(_ files: [String]) async throws {
        let body = Array(try JSONEncoder().encode(["files": files]))
        var last = EngineError(.unavailable, "the CDN gave no answer", isRetryable: true)
        for attempt in 0..<Self.attempts {
            if attempt > 0 {
                let wait = JobPolicy.backoffSeconds(attempt: attempt - 1, random: random)
                try await Task.sleep(for: .seconds(wait))
            }
            do {
                let response = try await http.send(
                    "POST", address,
                    headers: [("authorization", "Bearer \(token)"), ("content-type", "application/json")],
                    body: .bytes(body), sink: .memory(limit: 1 << 20))
                switch response.status {
                case 200 where Self.isSuccess(response.body): return
                case 401, 403:
                    throw EngineError(
                        .permissionDenied, "the CDN refuses the token",
                        whatToDo: "check that it may purge the cache of the zone")
                case 400, 404:
                    throw EngineError(
                        .invalidInput, "the CDN refuses to purge (\(response.status))",
                        whatToDo: "check cdn_zone, and that cdn_url is in it")
                default:
                    last = EngineError(
                        .unavailable, "the CDN did not purge (\(response.status))", isRetryable: true)
                }
            } catch let failure as HTTPFailure {
                last = EngineError(
                    .unavailable, "the CDN can't be reached: \(failure.reason)", isRetryable: true)
            }
        }
        throw last
    }

    private static func isSuccess(_ body: [UInt8]) -> Bool {
        struct Answer: Decodable { let success: Bool }
        return (try? JSONDecoder().decode(Answer.self, from: Data(body)))?.success == true
    }
}
