internal import Core
internal import Foundation
internal import Synchronization

/// Signs requests, sends them, and sends them again where that helps.
final class S3Client: Sendable {
    let location: S3Location
    private let signature: S3Signature
    private let http = HTTPClient()
    private let clock: any EngineClock
    private let random: any RandomSource
    private let attempts: Int
    private let onTraffic: @Sendable (StorageTraffic) -> Void
    private let breaker = Mutex<Breaker>(Breaker())
    private let throttled = Mutex<String?>(nil)
    private let hasHungUp = Mutex(false)

    /// After several failures in a row nothing is sent for a while.
    private struct Breaker {
        var failures = 0
        var opensUntil: ContinuousClock.Instant?
    }
    private static let breakerLimit = 8

    init(
        _ location: S3Location, credentials: S3Credentials, clock: any EngineClock, random: any RandomSource,
        attempts: Int, onTraffic: @escaping @Sendable (StorageTraffic) -> Void = { _ in }
    ) {
        self.location = location
        self.onTraffic = onTraffic
        signature = S3Signature(credentials: credentials, region: location.region)
        self.clock = clock
        self.random = random
        self.attempts = max(1, attempts)
    }

    /// With what the provider has last asked to be sent less: its status and its code.
    var throttle: String? { throttled.withLock { $0 } }

    struct Request: Sendable {
        var method: String
        var key = ""
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
        var body = HTTPBody.none
        /// SHA-256 of the body, as it is signed; nil for the body's own, which must then be in memory.
        var payload: String?
        var sink = HTTPSink.memory(limit: 16 << 20)
        /// Sent once, even while nothing else is, to learn whether the server answers again.
        var isProbe = false
        /// Whether the provider may answer 200 first and tell of a fault in the body, as while it puts parts together.
        var mayFailLate = false
        /// Undoes what an attempt has written, before the next one.
        var reset: @Sendable () throws -> Void = {}
    }

    /// The answer, whatever its status, but for those that a later attempt may mend: 429, 5xx, and none at all.
    /// Throws `.unavailable` when the attempts are used up.
    func send(_ request: Request) async throws -> HTTPResponse {
        if !request.isProbe { try checkBreaker() }
        let attempts = request.isProbe ? 1 : attempts
        var last = EngineError(.unavailable, "\(location) gave no answer", isRetryable: true)
        for attempt in 0..<attempts {
            if attempt > 0 {
                RequestMeter.storage.countRetry()
                try request.reset()
            }
            var wait = JobPolicy.backoffSeconds(attempt: attempt, random: random)
            do {
                let response = try await measuredSend(request)
                guard let fault = Self.passingFault(response, mayFailLate: request.mayFailLate) else {
                    breaker.withLock { $0 = Breaker() }
                    RequestMeter.storage.setBreak(until: nil)
                    return response
                }
                noteThrottle(response)
                last = EngineError(
                    .unavailable, "\(location.host) is too busy, or has a fault (\(fault))",
                    whatToDo: "try again in a while", isRetryable: true)
                if let asked = response.headers["retry-after"].flatMap({ RetryAfter.seconds($0, at: clock.now()) }) {
                    wait = min(asked, 300)
                }
            } catch let failure as HTTPFailure {
                last = meaning(failure)
                // Many a server with TLS only hangs up.
                if failure.kind == .noAnswer, location.scheme == "http", isFirstHangUp(),
                    await http.speaksTLS(location.host)
                {
                    throw wantsTLS("\(location.host) speaks TLS at this port, but was asked with http://")
                }
                guard last.isRetryable else { throw last }
            }
            if attempt + 1 < attempts { try await Task.sleep(for: .seconds(wait)) }
        }
        breaker.withLock { breaker in
            breaker.failures += 1
            guard breaker.failures >= Self.breakerLimit else { return }
            let wait = JobPolicy.backoffSeconds(attempt: breaker.failures - Self.breakerLimit + 2, random: random)
            breaker.opensUntil = .now + .seconds(wait)
            RequestMeter.storage.setBreak(until: breaker.opensUntil)
        }
        throw last
    }

    /// What a later attempt may mend, by its status or the provider's code; nil for every other answer.
    private static func passingFault(_ response: HTTPResponse, mayFailLate: Bool) -> String? {
        if [408, 429, 500, 502, 503, 504].contains(response.status) { return "\(response.status)" }
        guard mayFailLate, response.status == 200, let code = S3Answer(response.body).text("Code") else { return nil }
        return ["InternalError", "ServiceUnavailable", "SlowDown"].contains(code) ? code : nil
    }

    /// Whether nobody has looked yet why an answer did not come.
    private func isFirstHangUp() -> Bool {
        hasHungUp.withLock { hasHungUp in
            defer { hasHungUp = true }
            return !hasHungUp
        }
    }

    private func noteThrottle(_ response: HTTPResponse) {
        let code = S3Answer(response.body).text("Code").map { String($0.prefix(60)) }
        guard [429, 503].contains(response.status) || code == "SlowDown" else { return }
        throttled.withLock { $0 = (["\(response.status)"] + [code].compactMap { $0 }).joined(separator: " ") }
    }

    private func checkBreaker() throws {
        let isOpen = breaker.withLock { $0.opensUntil.map { ContinuousClock.now < $0 } ?? false }
        guard !isOpen else {
            throw EngineError(
                .unavailable, "\(location.host) has not answered for a while",
                whatToDo: "see whether it can be reached",
                isRetryable: true)
        }
    }

    private func measuredSend(_ request: Request) async throws -> HTTPResponse {
        let start = ContinuousClock.now
        let wait = Waits.begin("the storage at \(location.host)")
        defer { Waits.end(wait) }
        do {
            let response = try await sendOnce(request, wait)
            onTraffic(StorageTraffic(request, response))
            RequestMeter.storage.record(since: start, isFailure: response.status >= 500 || response.status == 429)
            return response
        } catch {
            // A provider that was reached may have counted it: one that was not has not.
            if (error as? HTTPFailure)?.kind != .unreachable { onTraffic(StorageTraffic(request, nil)) }
            RequestMeter.storage.record(since: start, isFailure: true)
            throw error
        }
    }

    private func sendOnce(_ request: Request, _ wait: Waits.Wait) async throws -> HTTPResponse {
        var signed = S3Signature.Request(method: request.method, host: location.host, path: location.path(request.key))
        signed.query = request.query
        signed.headers = request.headers
        let payload: String
        if let given = request.payload {
            payload = given
        } else if case .bytes(let bytes) = request.body {
            payload = Checksum.hexadecimal(bytes)
        } else {
            payload = S3Signature.emptyPayload
        }
        let headers = request.headers + signature.headers(for: signed, payload: payload, at: clock.now())
        let query = request.query.isEmpty ? "" : "?" + S3Signature.canonical(request.query)
        let url = "\(location.scheme)://\(location.host)\(S3Signature.encoded(signed.path, keepsSlashes: true))\(query)"
        return try await http.send(
            request.method, url, headers: headers, body: request.body, sink: request.sink, onMove: { Waits.goOn(wait) })
    }

    /// A URL that lets whoever has it do this one thing until `seconds` from now, sending these headers.
    func presign(
        _ method: String, key: String, headers: [(name: String, value: String)], seconds: Int
    ) -> String {
        var request = S3Signature.Request(method: method, host: location.host, path: location.path(key))
        request.headers = headers
        let query = signature.presignedQuery(for: request, at: clock.now(), seconds: seconds)
        return "\(location.scheme)://\(location.host)\(S3Signature.encoded(request.path, keepsSlashes: true))?\(query)"
    }

    private func meaning(_ failure: HTTPFailure) -> EngineError {
        let place = location.host
        switch failure.kind {
        case .unreachable:
            return EngineError(
                .unavailable, "\(place) can't be reached: \(failure.reason)",
                whatToDo: "check the network and the endpoint's name", isRetryable: true)
        case .timedOut, .brokenOff, .cancelled:
            return EngineError(
                .unavailable, "the connection to \(place) broke off: \(failure.reason)", whatToDo: "try again",
                isRetryable: true)
        case .noTLS:
            return EngineError(
                .invalidInput, "\(place) speaks no TLS at this port, but was asked with https://",
                whatToDo:
                    "name the port that does in the endpoint; or write http:// there, if it is a server of your own",
                cause: ServerRefusal())
        case .noHTTP where location.scheme == "http":
            return wantsTLS("what answers at \(place) speaks no HTTP, and may want TLS: it was asked with http://")
        case .noHTTP:
            return EngineError(
                .invalidInput, "what answers at \(place) speaks no HTTP", whatToDo: "check the endpoint's port",
                cause: ServerRefusal())
        case .noAnswer:
            return EngineError(
                .unavailable, "\(place) ended the connection without an answer",
                whatToDo: "try again; if it stays so, see whether the endpoint names the right port", isRetryable: true)
        case .untrusted:
            return EngineError(
                .permissionDenied, "\(place) is not who it says: \(failure.reason)",
                whatToDo: "check the endpoint, and this machine's clock and certificates (package ca-certificates)",
                cause: ServerRefusal())
        case .changed:
            return EngineError(
                .corrupt, "the file changed while it was sent to \(place): \(failure.reason)", whatToDo: "send it again"
            )
        case .noSpace:
            return EngineError(.noSpace, "there is no space left for what \(place) sends", whatToDo: "free some space")
        case .tooLarge: return EngineError(.limitExceeded, "\(place): \(failure.reason)")
        case .misused: return EngineError(.internal, "a request to \(place) could not be sent: \(failure.reason)")
        }
    }

    /// For what was asked with http://.
    private func wantsTLS(_ what: String) -> EngineError {
        EngineError(
            .invalidInput, what, whatToDo: "write https:// in the endpoint, or name there the port for http://",
            cause: ServerRefusal())
    }

    /// What an answer of refusal means, in the provider's code and our words; never its text, which may quote the request.
    /// `isAnything` where what was refused was no object of anybody's: then this process is refused.
    func refusal(_ response: HTTPResponse, doing: String, isAnything: Bool = false) -> EngineError {
        let code = S3Answer(response.body).text("Code") ?? "status \(response.status)"
        // What Go's and nginx's servers say, as "400 Bad Request", to whom they can't speak TLS.
        if response.status == 400, location.scheme == "http",
            String(decoding: response.body.prefix(1000), as: UTF8.self).contains("HTTPS")
        {
            return wantsTLS("\(location.host) speaks TLS at this port, but was asked with http://")
        }
        let what = "\(doing) was refused by \(location.host) (\(code.prefix(60)))"
        switch code {
        case "NoSuchBucket":
            return EngineError(
                .notFound, "there is no bucket \(location.bucket) at \(location.host)",
                whatToDo: "create it, or correct the profile's storage", cause: ServerRefusal())
        case "RequestTimeTooSkewed", "RequestExpired":
            return EngineError(
                .permissionDenied, "\(what): this machine's clock differs from the server's", whatToDo: "set the clock",
                cause: ServerRefusal())
        case "AuthorizationHeaderMalformed":
            return EngineError(
                .permissionDenied, what, whatToDo: "check the region in the profile's storage",
                cause: ServerRefusal())
        case "PermanentRedirect", "TemporaryRedirect":
            return EngineError(
                .permissionDenied, "\(what): the bucket is elsewhere",
                whatToDo: "check the endpoint and the region in the profile's storage", cause: ServerRefusal())
        case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken":
            return EngineError(
                .permissionDenied, what, whatToDo: "check the access key and its secret, and the region",
                cause: ServerRefusal())
        case "XAmzContentSHA256Mismatch", "BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch":
            return EngineError(.corrupt, "\(what): the bytes changed on the way")
        // "InvalidPart": the provider has lost one that it had.
        // In an archive that must be told to give it out first.
        case "InvalidObjectState":
            return EngineError(
                .permissionDenied, "\(what): it is in an archive, and can't be read as it is",
                whatToDo:
                    "restore it at the provider, which takes hours (aws s3api restore-object), then try again")
        case "NoSuchKey":
            return EngineError(
                .notFound, what,
                whatToDo: "the bucket has lost it: bring an earlier version of the object back at the provider")
        case "NoSuchUpload", "InvalidPart": return EngineError(.notFound, what)
        case "EntityTooLarge": return EngineError(.limitExceeded, what)
        default: break
        }
        switch response.status {
        case 401, 403:
            return EngineError(
                .permissionDenied, what, whatToDo: "check that the access key may do this in \(location.bucket)",
                cause: isAnything ? ServerRefusal() : nil)
        case 404: return EngineError(.notFound, what)
        case 409, 412: return EngineError(.conflict, what)
        case 413: return EngineError(.limitExceeded, what)
        case 400..<500, 501:
            return EngineError(
                .unsupported, "\(what): it takes no such request",
                whatToDo: "run phototui doctor: it tells what this provider can do")
        case 507: return EngineError(.noSpace, what, whatToDo: "raise the account's limits, or free some space")
        default: return EngineError(.unavailable, what)
        }
    }
}
