internal import Core
internal import Glibc

/// One connection of a `HealthServer`: a request is read, an answer is awaited and written, and the rest of what the client
/// sends is thrown away, so that closing does not cut the answer off. Used by one thread.
struct HealthConnection {
    private enum Phase {
        case reading, waiting, writing, draining, ended
    }

    let descriptor: Int32
    /// Monotonic seconds.
    private(set) var deadline: Double
    private var phase = Phase.reading
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    private var written = 0
    private var isHead = false
    private var drained = 0

    private let requestSeconds: Double
    private let answerSeconds: Double

    init(_ descriptor: Int32, requestSeconds: Double, answerSeconds: Double) {
        self.descriptor = descriptor
        (self.requestSeconds, self.answerSeconds) = (requestSeconds, answerSeconds)
        deadline = monotonicSeconds() + requestSeconds
    }

    var isReading: Bool { phase == .reading }
    var isEnded: Bool { phase == .ended }

    var events: Int16 {
        switch phase {
        case .reading, .draining: Int16(POLLIN)
        case .writing: Int16(POLLOUT)
        // Only that the client went away.
        case .waiting, .ended: 0
        }
    }

    /// Goes on as far as the socket allows; returns the request that is to be answered now.
    mutating func serve() -> RequestHead? {
        switch phase {
        case .reading: return read()
        case .waiting: phase = .ended
        case .writing: write()
        case .draining: drain()
        case .ended: break
        }
        return nil
    }

    /// What happens when its time is up.
    mutating func expire() {
        switch phase {
        case .reading where !input.isEmpty: answer(.text(408, "the request took too long"))
        case .waiting: answer(.text(503, "phototui has no answer yet"))
        default: phase = .ended
        }
    }

    mutating func answer(_ answer: HealthServer.Answer) {
        guard phase == .reading || phase == .waiting else { return }
        var head = "HTTP/1.1 \(answer.status) \(Self.reason(answer.status))\r\n"
        head += "content-type: \(answer.contentType)\r\ncontent-length: \(answer.body.count)\r\n"
        head += "cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n"
        if answer.status == 405 { head += "allow: GET, HEAD\r\n" }
        output = Array((head + "\r\n").utf8) + (isHead ? [] : answer.body)
        phase = .writing
        deadline = monotonicSeconds() + requestSeconds
        write()
    }

    private mutating func read() -> RequestHead? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while phase == .reading {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) {
                phase = .ended
                return nil
            }
            if count < 0 { return nil }
            input += bytes[..<count]
            switch RequestHead.read(input) {
            case .incomplete: continue
            case .refused(let status): answer(.text(status, Self.reason(status)))
            case .complete(let request):
                isHead = request.isHead
                phase = .waiting
                deadline = monotonicSeconds() + answerSeconds
                return request
            }
        }
        return nil
    }

    private mutating func write() {
        while written < output.count {
            let count = output.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                phase = .ended
                return
            }
        }
        shutdown(descriptor, Int32(SHUT_WR))
        phase = .draining
        deadline = monotonicSeconds() + 1
        drain()
    }

    private mutating func drain() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while phase == .draining {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            drained += max(0, count)
            if count <= 0 || drained > 256 << 10 { phase = .ended }
        }
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}
