internal import CProcess
internal import Foundation
internal import Glibc

/// One end of the socket between the app and a decoder: whole frames in, whole frames out. For one thread at a time.
public struct DecoderSocket: Sendable {
    /// The socket of a decoder, as its parent set it up.
    public static let inherited = DecoderSocket(descriptor: 3)

    /// A reply carries three renditions, or the pixels of a screen: more is a broken decoder.
    private static let largestFrame = 256 << 20

    public let descriptor: Int32

    public init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    public struct Closed: Error {
        public init() {}
    }

    public struct DeadlinePassed: Error {
        public init() {}
    }

    /// Sends a frame and, when `file` is given, that descriptor. Throws `Closed` when the peer is gone.
    public func send(_ message: some Encodable, payload: [[UInt8]] = [], file: Int32 = -1) throws {
        let json = try JSONEncoder().encode(message)
        let payloadCount = payload.reduce(0) { $0 + $1.count }
        var head: [UInt8] = []
        for count in [UInt32(json.count), UInt32(payloadCount)] {
            withUnsafeBytes(of: count.littleEndian) { head.append(contentsOf: $0) }
        }
        head.append(contentsOf: json)
        var file = file
        for part in [head] + payload {
            guard phototui_send(descriptor, part, part.count, file) == 0 else { throw Closed() }
            file = -1
        }
    }

    /// Waits for a frame until `deadline` (monotonic seconds; nil for ever). Throws `Closed` at the end of the stream,
    /// `DeadlinePassed`, or a `DecodingError` when the frame is no `Message`.
    public func receive<Message: Decodable>(
        _ type: Message.Type, deadline: Double? = nil
    ) throws -> (message: Message, payload: [UInt8], file: Int32) {
        var file: Int32 = -1
        let head = try read(8, file: &file, deadline: deadline)
        func count(_ offset: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(head[offset + $1]) << (8 * $1) }
        }
        guard count(0) <= Self.largestFrame, count(4) <= Self.largestFrame else { throw Closed() }
        let json = try read(count(0), file: &file, deadline: deadline)
        let payload = try read(count(4), file: &file, deadline: deadline)
        return (try JSONDecoder().decode(type, from: Data(json)), payload, file)
    }

    private func read(_ count: Int, file: inout Int32, deadline: Double?) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            if let deadline { try waitForInput(until: deadline) }
            var received: Int32 = -1
            let step = bytes.withUnsafeMutableBytes { buffer in
                // SAFETY: filled < count, and the call writes at most the rest of the buffer.
                phototui_receive(descriptor, buffer.baseAddress! + filled, count - filled, &received)
            }
            if received >= 0 {
                if file >= 0 { close(file) }
                file = received
            }
            guard step > 0 else { throw Closed() }
            filled += step
        }
        return bytes
    }

    private func waitForInput(until deadline: Double) throws {
        while true {
            let left = deadline - MonotonicTime.seconds
            guard left > 0 else { throw DeadlinePassed() }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, Int32(min(left * 1000, 60_000).rounded(.up)))
            if ready > 0 { return }
        }
    }
}

enum MonotonicTime {
    /// Seconds on a clock that never jumps.
    static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
