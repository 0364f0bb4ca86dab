public import Core
internal import Foundation

extension QueuedMessage {
    /// A message that lies in no list, at its own priority.
    public init(reading raw: [UInt8]) {
        self.init(raw: raw, priority: JSONValue(parsing: raw)?["properties"]["priority"].integer ?? 0)
    }

    /// A message as it lies in a list of the queue; the list is that of `priority`.
    init(raw: [UInt8], priority: Int) {
        let parsed = JSONValue(parsing: raw)
        self.init(
            parsed ?? .null, try? CeleryMessage(raw: raw), priority: priority, byteCount: raw.count,
            poison: Poison.found(in: raw, parsed), raw: raw, isWhole: true)
    }

    /// The ends of a message that is too large to be read: what kombu writes has its headers behind its body.
    init(head: [UInt8], tail: [UInt8], byteCount: Int, priority: Int) {
        let mark = Array(#""content-encoding""#.utf8)
        let envelope = tail.indices.reversed().first { tail[$0...].starts(with: mark) }
            .flatMap { JSONValue(parsing: [UInt8(ascii: "{")] + tail[$0...]) }
        self.init(
            envelope ?? .null, nil, priority: priority, byteCount: byteCount,
            poison: envelope.flatMap(Poison.found(inEnvelope:)), raw: head, isWhole: false)
    }

    /// Of the raw text no more is kept than somebody would read.
    private static let mostRaw = 16 << 10

    private init(
        _ document: JSONValue, _ message: CeleryMessage?, priority: Int, byteCount: Int, poison: Poison?, raw: [UInt8],
        isWhole: Bool
    ) {
        let headers = document["headers"]
        // Before Celery 4 all of it was in the body.
        let old = headers["task"].isNull && message == nil ? Self.oldBody(of: document) : .null
        self.init(
            priority: priority, task: headers["task"].string ?? old["task"].string,
            id: headers["id"].string ?? old["id"].string,
            arguments: message.map { Self.text(.array($0.arguments)) } ?? headers["argsrepr"].string
                ?? old["args"].array.map { Self.text(.array($0)) },
            keywords: message.map { Self.text(.object($0.keywords)) } ?? headers["kwargsrepr"].string
                ?? old["kwargs"].members.map { Self.text(.object($0)) },
            headers: (headers.members ?? []).map { Header(name: $0.name, value: Self.text($0.value)) },
            retries: message?.retries ?? 0, publishedAt: headers["published_at"].real,
            eta: headers["eta"].string ?? old["eta"].string,
            isRedelivered: document["properties"]["delivery_info"]["redelivered"].bool == true,
            byteCount: byteCount, poison: poison, raw: Array(raw.prefix(Self.mostRaw)),
            isWhole: isWhole && raw.count <= Self.mostRaw)
    }

    private static func oldBody(of document: JSONValue) -> JSONValue {
        guard let text = document["body"].string else { return .null }
        let isBase64 = document["properties"]["body_encoding"].string == "base64"
        return (isBase64 ? Poison.pythonBase64(text) : Array(text.utf8)).flatMap(JSONValue.init(parsing:)) ?? .null
    }

    private static func text(_ value: JSONValue) -> String { String(decoding: value.encoded, as: UTF8.self) }
}
