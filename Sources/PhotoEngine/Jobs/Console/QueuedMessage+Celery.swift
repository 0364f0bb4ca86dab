public import Core
internal import Foundation

extension QueuedMessage {
    /// A message that lies in no list, at its own priority.
    public init(reading raw: [UInt8]) {
        self.init(raw: raw, priority: JSONValue(parsing: raw)?["properties"]["priority"].integer ?? 0)
    }

    /// A message as it lies in a list of the queue; the list is that of `priority`.
    init(raw: [UInt8], priority: Int) {
        let document = JSONValue(parsing: raw) ?? .null
        let headers = document["headers"]
        let message = try? CeleryMessage(raw: raw)
        self.init(
            priority: priority, task: headers["task"].string, id: headers["id"].string,
            arguments: message.map { Self.text(.array($0.arguments)) } ?? headers["argsrepr"].string,
            keywords: message.map { Self.text(.object($0.keywords)) } ?? headers["kwargsrepr"].string,
            headers: (headers.members ?? []).map { Header(name: $0.name, value: Self.text($0.value)) },
            retries: message?.retries ?? 0, publishedAt: headers["published_at"].real,
            eta: headers["eta"].string,
            isRedelivered: document["properties"]["delivery_info"]["redelivered"].bool == true,
            byteCount: raw.count, poison: Self.poison(raw, document))
    }

    private static func text(_ value: JSONValue) -> String { String(decoding: value.encoded, as: UTF8.self) }

    /// What Celery 5.7 was seen to do with a message of this kind; nil for one that it runs, or that its task alone decides on.
    private static func poison(_ raw: [UInt8], _ document: JSONValue) -> String? {
        guard document.members != nil else { return "it is not JSON: a Celery worker that takes it ends" }
        let properties = document["properties"]
        guard properties["delivery_info"].members != nil else {
            return "it has no delivery_info: a Celery worker loses it"
        }
        guard properties["delivery_tag"].string != nil else {
            return "it has no delivery_tag: a Celery worker loses it"
        }
        guard document["content-type"].string != nil else {
            return "it has no content-type: a Celery worker that takes it ends, again at each restart"
        }
        guard document["headers"]["task"].string != nil else {
            return "it names no task: a Celery worker discards it"
        }
        return nil
    }
}
