internal import Core
public import Foundation

/// One task message, protocol 2 of Celery on kombu's Redis transport.
///
/// What was received keeps its raw text, which travels on unchanged: nothing is ever encoded anew.
public struct CeleryMessage: Hashable, Sendable {
    /// The text as it lay in the queue.
    public let raw: [UInt8]
    public let task: String
    public let id: String
    public let arguments: [JSONValue]
    public let keywords: [JSONMember]
    public let headers: JSONValue
    public let properties: JSONValue
    /// What follows it.
    public let links: CeleryLinks

    /// Whatever a message says, a number that can be counted on.
    public var retries: Int { min(max(0, headers["retries"].integer ?? 0), 1_000_000) }
    public var ignoresResult: Bool { headers["ignore_result"].bool ?? false }
    public var isRedelivered: Bool { properties["delivery_info"]["redelivered"].bool ?? false }
    public var priority: Int { properties["priority"].integer ?? 0 }
    /// Not before this moment.
    public var eta: Date? { headers["eta"].string.flatMap(CeleryTime.parse) }
    /// Not after this moment.
    public var expires: Date? {
        headers["expires"].string.flatMap(CeleryTime.parse)
            ?? headers["expires"].real.map(Date.init(timeIntervalSince1970:))
    }
    /// When it was published, where the publisher was phototui.
    public var publishedAt: Date? { headers["published_at"].real.map(Date.init(timeIntervalSince1970:)) }

    /// The header that names the owner of a job. Celery's workers hand it on and heed it not.
    static let ownerHeader = "phototui_owner"
    /// The header that names the task which this one is sent in place of.
    static let retryHeader = "phototui_retry_of"

    public subscript(keyword: String) -> JSONValue { keywords.last { $0.name == keyword }?.value ?? .null }
}

/// Why a message can't be run here; `description` says so in one sentence without a full stop.
public enum CeleryMessageFault: Error, Hashable, Sendable, CustomStringConvertible {
    case notJSON
    case missing(String)
    case contentType(String)
    case compressed(String)
    case bodyEncoding
    case bodyNotJSON
    case bodyShape
    case workflow(String)

    public var description: String {
        switch self {
        case .notJSON: "the message is not JSON"
        case .missing(let field): "the message has no \(field)"
        case .contentType(let type):
            "the message's body is \(type.prefix(120)), and only JSON in UTF-8 is run here"
        case .compressed(let method):
            "the message's body is compressed (\(method.prefix(60))), and only plain JSON is run here"
        case .bodyEncoding: "the message's body is not the base64 it claims to be"
        case .bodyNotJSON: "the message's body is not JSON"
        case .bodyShape: "the message's body is not [arguments, keywords, embedded]"
        case .workflow(let kind): "the message belongs to a \(kind), which only a Celery worker continues"
        }
    }
}

extension CeleryMessage {
    public init(raw: [UInt8]) throws(CeleryMessageFault) {
        guard let message = JSONValue(parsing: raw), message.members != nil else { throw .notJSON }
        let headers = message["headers"]
        let properties = message["properties"]
        guard let task = headers["task"].string, !task.isEmpty else { throw .missing("task name") }
        guard let id = headers["id"].string, !id.isEmpty else { throw .missing("task id") }
        let type = message["content-type"].string ?? ""
        let encoding = (message["content-encoding"].string ?? "utf-8").lowercased()
        guard type == "application/json", ["utf-8", "utf8", "us-ascii"].contains(encoding),
            headers["compression"].isNull
        else {
            if let method = headers["compression"].string { throw .compressed(method) }
            if type == "application/json" { throw .contentType("\(type) in \(encoding)") }
            throw .contentType(type.isEmpty ? "of no known type" : type)
        }
        guard let text = message["body"].string else { throw .missing("body") }
        var body = Array(text.utf8)
        if properties["body_encoding"].string == "base64" {
            guard let data = Data(base64Encoded: text) else { throw .bodyEncoding }
            body = Array(data)
        }
        guard let parsed = JSONValue(parsing: body) else { throw .bodyNotJSON }
        guard let parts = parsed.array, parts.count == 3, let arguments = parts[0].array,
            let keywords = parts[1].members
        else { throw .bodyShape }
        self.init(
            raw: raw, task: task, id: id, arguments: arguments, keywords: keywords, headers: headers,
            properties: properties, links: try CeleryLinks(parts[2]))
    }

    /// A message to send. `queue` is its routing key too; `priority` 0 (most urgent) to 9. `headers` stand over what is made
    /// here; `embedded` is what follows the task.
    public static func make(
        task: String, id: String, arguments: [JSONValue] = [], keywords: [JSONMember] = [], queue: String,
        priority: Int = 0, retries: Int = 0, eta: Date? = nil, expires: Date? = nil, rootID: String? = nil,
        parentID: String? = nil, origin: String, ignoresResult: Bool = false, now: Date,
        headers extra: [JSONMember] = [],
        exchange: String = "", replyTo: String? = nil, embedded: JSONValue? = nil
    ) -> CeleryMessage {
        let links = embedded.flatMap { try? CeleryLinks($0) } ?? CeleryLinks()
        let embedded = embedded ?? links.embedded
        let body: JSONValue = .array([.array(arguments), .object(keywords), embedded])
        let standard: JSONValue = .members([
            "lang": .string("swift"), "task": .string(task), "id": .string(id), "shadow": .null,
            "eta": .text(eta.map(CeleryTime.text)), "expires": .text(expires.map(CeleryTime.text)), "group": .null,
            "group_index": .null, "retries": .integer(retries), "timelimit": .array([.null, .null]),
            "root_id": .string(rootID ?? id), "parent_id": .text(parentID),
            "argsrepr": .string(PythonText.tuple(arguments)), "kwargsrepr": .string(PythonText.dictionary(keywords)),
            "origin": .string(origin), "ignore_result": .bool(ignoresResult), "replaced_task_nesting": .integer(0),
            "stamped_headers": .null, "stamps": .object([]),
            "published_at": .real((now.timeIntervalSince1970 * 1e6).rounded() / 1e6),
        ])
        let headers: JSONValue =
            extra.isEmpty
            ? standard
            : .object((standard.members ?? []).filter { member in !extra.contains { $0.name == member.name } } + extra)
        let properties: JSONValue = .members([
            "correlation_id": .string(id), "reply_to": .string(replyTo ?? ""), "delivery_mode": .integer(2),
            "delivery_info": .members(["exchange": .string(exchange), "routing_key": .string(queue)]),
            "priority": .integer(priority), "body_encoding": .string("base64"),
            "delivery_tag": .string(CeleryID.make()),
        ])
        let message: JSONValue = .members([
            "body": .string(Data(body.encoded).base64EncodedString()), "content-encoding": .string("utf-8"),
            "content-type": .string("application/json"), "headers": headers, "properties": properties,
        ])
        return CeleryMessage(
            raw: message.encoded, task: task, id: id, arguments: arguments, keywords: keywords, headers: headers,
            properties: properties, links: links)
    }
}

extension CeleryMessage {
    /// The raw text of a message that lies in another queue from now on: whoever restores it looks there. One that says
    /// nothing of its delivery stays as it is.
    static func rerouted(_ raw: [UInt8], to queue: String) -> [UInt8] {
        guard var document = JSONValue(parsing: raw), document["properties"]["delivery_info"].members != nil else {
            return raw
        }
        var properties = document["properties"]
        var delivery = properties["delivery_info"]
        delivery["exchange"] = .string("")
        delivery["routing_key"] = .string(queue)
        properties["delivery_info"] = delivery
        document["properties"] = properties
        return document.encoded
    }
}
