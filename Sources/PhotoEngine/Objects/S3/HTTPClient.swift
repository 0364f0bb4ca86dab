internal import CCurl
internal import Core
internal import Dispatch
internal import Synchronization

/// Sends requests over libcurl, each on a thread of its own while it runs, over connections that are kept.
final class HTTPClient: Sendable {
    private let handles = Mutex<[OpaqueHandle]>([])
    private let blocking = BlockingQueue(label: "phototui.http", qos: .userInitiated)
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// `onMove` is called while bytes go or come. Throws `HTTPFailure` where no answer came, `CancellationError` when the task is cancelled.
    func send(
        _ method: String, _ url: String, headers: [(name: String, value: String)], body: HTTPBody, sink: HTTPSink,
        onMove: @escaping @Sendable () -> Void = {}
    ) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let transfer = HTTPTransfer(body: body, sink: sink, onMove: onMove)
        do {
            return try await withTaskCancellationHandler {
                try await blocking.run { [self] in
                    guard Self.isReady, let handle = handles.withLock({ $0.popLast() }) ?? OpaqueHandle() else {
                        throw HTTPFailure(kind: .misused, reason: "libcurl could not be initialised")
                    }
                    defer { handles.withLock { $0.append(handle) } }
                    return try transfer.run(handle, method: method, url: url, headers: headers)
                }
            } onCancel: {
                transfer.cancel()
            }
        } catch let failure as HTTPFailure where failure.kind == .cancelled {
            throw CancellationError()
        }
    }

    /// Whether a TLS server is at this host and port, by whatever certificate. Nothing is sent but its greeting.
    func speaksTLS(_ host: String) async -> Bool {
        let answer = try? await blocking.run {
            guard Self.isReady, let handle = OpaqueHandle() else { return false }
            _ = phototui_curl_set_text(handle.pointer, CURLOPT_URL, "https://\(host)")
            _ = phototui_curl_set_long(handle.pointer, CURLOPT_NOSIGNAL, 1)
            _ = phototui_curl_set_long(handle.pointer, CURLOPT_CONNECT_ONLY, 1)
            _ = phototui_curl_set_long(handle.pointer, CURLOPT_CONNECTTIMEOUT, 2)
            _ = phototui_curl_set_long(handle.pointer, CURLOPT_SSL_VERIFYPEER, 0)
            _ = phototui_curl_set_long(handle.pointer, CURLOPT_SSL_VERIFYHOST, 0)
            return curl_easy_perform(handle.pointer) == CURLE_OK
        }
        return answer ?? false
    }
}
