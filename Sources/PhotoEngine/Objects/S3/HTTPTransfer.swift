internal import CCurl
internal import Core
internal import Digest
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// What is sent.
enum HTTPBody: Sendable {
    case none
    case bytes([UInt8])
    /// A part of an open file, which stays open until the answer is there. With a digest, the last of it is sent only where all
    /// of it has that digest: a request that breaks off stores nothing.
    case file(FileDescriptor, Range<Int64>, sha256: SHA256Digest? = nil)

    var byteCount: Int64 {
        switch self {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, let range, _): range.upperBound - range.lowerBound
        }
    }
}

/// Where an answer's bytes go.
enum HTTPSink: Sendable {
    /// Into memory, at most so many.
    case memory(limit: Int)
    /// To the end of an open file, and each part to whoever looks on; an error's body goes into memory all the same.
    case file(FileDescriptor, @Sendable (UnsafeRawBufferPointer) -> Void)
}

struct HTTPResponse: Sendable {
    var status: Int
    /// By name in lower case.
    var headers: [String: String]
    var body: [UInt8]
}

/// Why there was no answer, in libcurl's words.
struct HTTPFailure: Error {
    enum Kind {
        case cancelled, timedOut, unreachable, brokenOff, changed, noSpace, tooLarge, untrusted, misused
        /// What answers speaks no TLS, or no HTTP; or the connection ended before any answer.
        case noTLS, noHTTP, noAnswer
    }
    let kind: Kind
    let reason: String
}

/// One request and its answer, on the thread that runs it.
// SAFETY: libcurl calls back on that thread alone; `isCancelled` is the one thing another thread touches.
final class HTTPTransfer: @unchecked Sendable {
    private static let errorLimit = 1 << 20

    private let body: HTTPBody
    private let sink: HTTPSink
    private let onMove: @Sendable () -> Void
    private var moved: Int64 = 0
    private let flag: Atomic<Bool>
    private var sent: Int64 = 0
    /// Of what has been sent, where that is to be compared.
    private var hasher: SHA256Hasher?
    private var status = 0
    private var headers: [String: String] = [:]
    private var received: [UInt8] = []
    private var fault: HTTPFailure?

    init(body: HTTPBody, sink: HTTPSink, onMove: @escaping @Sendable () -> Void) {
        self.body = body
        self.sink = sink
        self.onMove = onMove
        flag = Atomic(false)
    }

    func cancel() { flag.store(true, ordering: .relaxed) }

    /// Blocks until the answer is there. The handle keeps its connection for the next transfer.
    func run(_ handle: OpaqueHandle, method: String, url: String, headers: [(name: String, value: String)]) throws
        -> HTTPResponse
    {
        let curl = handle.pointer
        curl_easy_reset(curl)
        // SAFETY: libcurl copies the list's strings; it is freed after the transfer.
        var list: UnsafeMutablePointer<curl_slist>?
        // Without "Expect", curl would wait a second for servers that don't know it.
        var unasked = [("expect", "")]
        // What curl would say of a body by itself is not signed.
        if !headers.contains(where: { $0.name == "content-type" }) { unasked.append(("content-type", "")) }
        for (name, value) in headers + unasked { list = curl_slist_append(list, "\(name): \(value)") }
        defer { curl_slist_free_all(list) }
        handle.words.pointee = 0
        _ = phototui_curl_set_error(curl, handle.words)
        _ = phototui_curl_set_text(curl, CURLOPT_URL, url)
        // A key may hold what a path would be shortened by; it is signed as it is.
        _ = phototui_curl_set_long(curl, CURLOPT_PATH_AS_IS, 1)
        _ = phototui_curl_set_headers(curl, list)
        _ = phototui_curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
        _ = phototui_curl_set_long(curl, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        _ = phototui_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = phototui_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT, 10)
        // Less than a byte a second for half a minute is a connection that died.
        _ = phototui_curl_set_long(curl, CURLOPT_LOW_SPEED_LIMIT, 1)
        _ = phototui_curl_set_long(curl, CURLOPT_LOW_SPEED_TIME, 30)
        _ = phototui_curl_set_long(curl, CURLOPT_TCP_KEEPALIVE, 1)
        _ = phototui_curl_set_long(curl, CURLOPT_BUFFERSIZE, 256 << 10)
        _ = phototui_curl_set_long(curl, CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
        if method == "HEAD" {
            _ = phototui_curl_set_long(curl, CURLOPT_NOBODY, 1)
        } else if method == "PUT" {
            _ = phototui_curl_set_long(curl, CURLOPT_UPLOAD, 1)
            _ = phototui_curl_set_offset(curl, CURLOPT_INFILESIZE_LARGE, curl_off_t(body.byteCount))
        } else if method == "POST" {
            _ = phototui_curl_set_long(curl, CURLOPT_POST, 1)
            _ = phototui_curl_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.byteCount))
        } else {
            _ = phototui_curl_set_text(curl, CURLOPT_CUSTOMREQUEST, method)
        }
        // SAFETY: the pointer lives for the call of curl_easy_perform, in which alone libcurl calls back.
        let context = Unmanaged.passUnretained(self).toOpaque()
        phototui_curl_set_callbacks(curl, context, readBody, seekBody, writeBody, readHeader, keepGoing)
        let code = curl_easy_perform(curl)
        if let fault { throw fault }
        guard code == CURLE_OK else {
            let isUnanswered = code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR && status == 0
            let kind = isUnanswered ? .noAnswer : Self.kind(code, words: String(cString: handle.words))
            throw HTTPFailure(kind: kind, reason: String(cString: curl_easy_strerror(code)))
        }
        return HTTPResponse(status: Int(phototui_curl_status(curl)), headers: self.headers, body: received)
    }

    /// `words` are libcurl's own, and OpenSSL's; they may name what is asked for.
    private static func kind(_ code: CURLcode, words: String) -> HTTPFailure.Kind {
        switch code {
        case CURLE_SSL_CONNECT_ERROR
        where ["wrong version number", "packet length too long", "record layer failure"].contains(where: words.contains):
            .noTLS
        case CURLE_UNSUPPORTED_PROTOCOL where words.contains("HTTP/0.9"), CURLE_WEIRD_SERVER_REPLY: .noHTTP
        case CURLE_ABORTED_BY_CALLBACK: .cancelled
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_PROXY: .unreachable
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM: .untrusted
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_OUT_OF_MEMORY: .misused
        default: .brokenOff
        }
    }

    // What libcurl calls

    fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let left = Int(min(Int64(buffer.count), body.byteCount - sent))
        guard left > 0 else { return 0 }
        switch body {
        case .none: return 0
        case .bytes(let bytes):
            // SAFETY: `left` is no more than either has.
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(sent)..<Int(sent) + left]))
            }
            sent += Int64(left)
            return left
        case .file(let file, let range, let sha256):
            do {
                // SAFETY: `left` is no more than the buffer has, and `count` no more than `left`.
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<left])
                let count = try file.read(fromAbsoluteOffset: range.lowerBound + sent, into: part)
                guard count > 0 else { return changed("it became shorter") }
                if let sha256 {
                    if sent == 0 { hasher = SHA256Hasher() }
                    hasher?.update(UnsafeRawBufferPointer(rebasing: part[..<count]))
                    if sent + Int64(count) == body.byteCount {
                        let finished = hasher.take() ?? SHA256Hasher()
                        guard finished.finish() == sha256 else { return changed("it holds other bytes") }
                    }
                }
                sent += Int64(count)
                return count
            } catch {
                return changed("it can't be read any more (\(error))")
            }
        }
    }

    private func changed(_ reason: String) -> Int {
        fault = HTTPFailure(kind: .changed, reason: reason)
        return Int(CURL_READFUNC_ABORT)
    }

    /// False where it can't go on from there.
    fileprivate func seek(to offset: Int64) -> Bool {
        if case .file(_, _, .some) = body, offset != 0 { return false }
        sent = offset
        return true
    }

    fileprivate func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch sink {
        case .file(let file, let onlooker) where (200...299).contains(status):
            do {
                _ = try file.writeAll(bytes)
                onlooker(bytes)
                return true
            } catch {
                let isFull =
                    (error as? Errno).map { [.noSpace, .diskQuotaExceeded, .fileTooLarge].contains($0) } ?? false
                fault = HTTPFailure(kind: isFull ? .noSpace : .misused, reason: "the file can't be written: \(error)")
                return false
            }
        case .file:
            if received.count < Self.errorLimit { received += bytes }
            return true
        case .memory(let limit):
            guard received.count + bytes.count <= max(limit, (200...299).contains(status) ? 0 : Self.errorLimit) else {
                fault = HTTPFailure(kind: .tooLarge, reason: "the answer is larger than \(limit) bytes")
                return false
            }
            received += bytes
            return true
        }
    }

    fileprivate func header(_ line: UnsafeRawBufferPointer) {
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            // A new answer, behind a redirect or "100 Continue".
            let words = text.split(separator: " ", maxSplits: 2)
            status = words.count > 1 ? Int(words[1].prefix(3)) ?? 0 : 0
            headers = [:]
            received = []
        } else if let colon = text.firstIndex(of: ":") {
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers[text[..<colon].lowercased()] = String(value.prefix { !$0.isNewline })
        }
    }

    fileprivate func note(moved bytes: Int64) {
        guard bytes != moved else { return }
        moved = bytes
        onMove()
    }

    fileprivate var isCancelled: Bool { flag.load(ordering: .relaxed) }
}

/// A libcurl handle, with the connection it keeps.
// SAFETY: lent to one transfer at a time; cleaned up with its last owner.
final class OpaqueHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
    /// What libcurl says of the latest failure.
    let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init?() {
        guard let pointer = curl_easy_init() else {
            words.deallocate()
            return nil
        }
        self.pointer = pointer
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(pointer)
        words.deallocate()
    }
}

// SAFETY: libcurl hands each callback the context that `perform` gave it, whose object lives until the transfer's end, and a
// block of `size * count` bytes that is there for the callback alone.
private func transfer(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer {
    Unmanaged<HTTPTransfer>.fromOpaque(context!).takeUnretainedValue()
}

private let readBody: phototui_curl_data = { bytes, size, count, context in
    transfer(context).read(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

private let seekBody: phototui_curl_seek = { context, offset, origin in
    guard origin == SEEK_SET else { return CURL_SEEKFUNC_CANTSEEK }
    return transfer(context).seek(to: Int64(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK
}

private let writeBody: phototui_curl_data = { bytes, size, count, context in
    let isTaken = transfer(context).write(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return isTaken ? size * count : 0
}

private let readHeader: phototui_curl_data = { bytes, size, count, context in
    transfer(context).header(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}

private let keepGoing: phototui_curl_progress = { context, _, received, _, sent in
    transfer(context).note(moved: Int64(received + sent))
    return transfer(context).isCancelled ? 1 : 0
}
