internal import CHiredis

/// What Redis answered (RESP2).
enum RedisValue: Hashable, Sendable {
    case null
    case status(String)
    /// The server's words; untrusted text.
    case error(String)
    case integer(Int64)
    case bytes([UInt8])
    case array([RedisValue])

    var bytes: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        case .status(let text): Array(text.utf8)
        default: nil
        }
    }

    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    var integer: Int? {
        switch self {
        case .integer(let value): Int(value)
        default: text.flatMap { Int($0) }
        }
    }

    var array: [RedisValue] {
        if case .array(let values) = self { values } else { [] }
    }
}

extension RedisValue {
    // SAFETY: hiredis owns the reply and everything it points to until freeReplyObject, which the reader calls afterwards;
    // `len` and `elements` are the sizes of what `str` and `element` point to.
    init(_ reply: UnsafePointer<redisReply>) {
        let value = reply.pointee
        func text() -> [UInt8] {
            guard let start = value.str else { return [] }
            return Array(UnsafeRawBufferPointer(start: start, count: value.len))
        }
        switch value.type {
        case REDIS_REPLY_STRING: self = .bytes(text())
        case REDIS_REPLY_STATUS: self = .status(String(decoding: text(), as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: text(), as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = .integer(value.integer)
        case REDIS_REPLY_ARRAY:
            self = .array(
                (0..<value.elements).map { index in
                    value.element[index].map { RedisValue(UnsafePointer($0)) } ?? .null
                })
        default: self = .null
        }
    }
}

/// Turns what a server sent into values, however the network cut it.
struct RedisReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>

    init() {
        reader = redisReaderCreate()
    }

    deinit {
        redisReaderFree(reader)
    }

    /// The values completed by these bytes. Throws when they are not Redis's protocol.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisFault) -> [RedisValue] {
        // SAFETY: hiredis copies the bytes; each reply it hands out is freed here, once.
        guard redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) == REDIS_OK
        else { throw .protocolBroken }
        var values: [RedisValue] = []
        while true {
            var reply: UnsafeMutableRawPointer?
            guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw .protocolBroken }
            guard let reply else { return values }
            values.append(RedisValue(UnsafePointer(reply.assumingMemoryBound(to: redisReply.self))))
            freeReplyObject(reply)
        }
    }
}

/// Why a connection ended.
enum RedisFault: Error, Hashable {
    case protocolBroken
    case closedByServer
    /// It hung up before it answered anything, as one does that waits for a TLS handshake.
    case hungUp
    /// The server did not answer in time: frozen, or the network is.
    case silent
    case system(String)
    /// The server refused the password, the database or the certificate: trying again changes nothing.
    case refused(String)

    var reason: String {
        switch self {
        case .protocolBroken: "what answers there is not Redis"
        case .closedByServer: "the server closed the connection"
        case .hungUp: "the server hung up at the first word: one that wants TLS has an address with rediss://"
        case .silent: "the server does not answer"
        case .system(let text), .refused(let text): text
        }
    }
}
