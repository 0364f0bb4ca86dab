internal import Core
internal import Foundation

extension Poison {
    /// What Celery 5.7 was seen to do with a message of this kind, looked at in the order in which kombu and Celery do; nil for
    /// one that it runs, or that its task alone decides on.
    static func found(in raw: [UInt8], _ document: JSONValue?) -> Poison? {
        guard let document else { return Poison("it is not JSON", .ends) }
        guard document.members != nil else { return Poison("it is JSON, but no message", .ends) }
        return ofEnvelope(document) ?? ofHeaders(document) ?? ofContent(document)
    }

    /// Of a message whose body is too large to be looked into.
    static func found(inEnvelope document: JSONValue) -> Poison? {
        var readable = document
        readable["body"] = .string("")
        return ofEnvelope(readable) ?? ofHeaders(readable)
    }

    /// What kombu takes it apart by.
    private static func ofEnvelope(_ document: JSONValue) -> Poison? {
        guard document.has("properties") else { return Poison("it has no properties", .lost) }
        let properties = document["properties"]
        guard properties.members != nil else { return Poison("its properties are no object", .ends) }
        if document["body"].isTruthy, let fault = ofEncoding(document["body"], properties["body_encoding"]) {
            return fault
        }
        guard properties.has("delivery_tag") else { return Poison("it has no delivery_tag", .lost) }
        let headers = document["headers"]
        if headers.isTruthy, headers.members == nil { return Poison("its headers are no object", .ends) }
        let delivery = properties["delivery_info"]
        if delivery.isTruthy, delivery.members == nil { return Poison("its delivery_info is no object", .ends) }
        guard delivery.has("exchange"), delivery.has("routing_key") else {
            return Poison(
                delivery.members?.isEmpty == false
                    ? "its delivery_info lacks exchange or routing_key" : "it has no delivery_info", .lost)
        }
        switch properties["delivery_tag"] {
        case .string, .number: return nil
        default: return Poison("its delivery_tag is no text", .ends)
        }
    }

    private static func ofEncoding(_ body: JSONValue, _ encoding: JSONValue) -> Poison? {
        switch encoding {
        case _ where !encoding.isTruthy: return nil
        case .string(let name) where name.lowercased() == "utf-8": return nil
        case .string("base64"):
            guard let text = body.string else { return Poison("its body is no text", .ends) }
            return pythonBase64(text) != nil ? nil : Poison("its body is not the base64 it claims to be", .ends)
        default: return Poison("its body_encoding is none that is known", .ends)
        }
    }

    private static func ofHeaders(_ document: JSONValue) -> Poison? {
        let headers = document["headers"]
        guard headers.has("task") else { return nil }
        switch headers["task"] {
        case .array, .object: return Poison("its task's name is no text", .endsAgain)
        default: break
        }
        guard headers.has("id") else { return Poison("it has no task id", .stalls) }
        switch headers["id"] {
        case .array, .object: return Poison("its task id is no text", .endsAgain)
        case .string(let id) where !id.isEmpty: break
        default: return Poison("its task id is no text", .kept)
        }
        let encoding = document["content-encoding"]
        if encoding.isTruthy, encoding.string == nil { return Poison("its content-encoding is no text", .endsAgain) }
        for name in ["eta", "expires"] {
            let value = headers[name]
            if value.isNull { continue }
            guard value.isTruthy else { return Poison("its \(name) is neither a moment nor null", .endsAgain) }
            guard let text = value.string, isMoment(text) else { return Poison("its \(name) is no moment", .dropped) }
        }
        let limits = headers["timelimit"]
        let count = limits.array?.count ?? limits.members?.count ?? limits.string?.unicodeScalars.count
        if limits.isTruthy, count != 2 { return Poison("its timelimit is no pair", .endsAgain) }
        let stamps = headers["stamped_headers"]
        if stamps.isTruthy, stamps.real != nil || stamps.bool != nil {
            return Poison("its stamped_headers are no list", .endsAgain)
        }
        return nil
    }

    /// What Celery reads the body by, and the body.
    private static func ofContent(_ document: JSONValue) -> Poison? {
        let headers = document["headers"]
        let isSecondProtocol = headers.has("task")
        let type = document["content-type"]
        guard type.isTruthy else {
            return isSecondProtocol
                ? Poison("it has no content-type", .endsAgain) : Poison("it names no task", .dropped)
        }
        guard type.string == "application/json" else {
            if type.array != nil || type.members != nil { return Poison("its content-type is no text", .endsAgain) }
            return Poison(contentName(type), .refused)
        }
        if headers["compression"].isTruthy {
            return knownCompressions.contains(headers["compression"].string?.lowercased() ?? "")
                ? nil : Poison("it is compressed by a method that is not known", .dropped)
        }
        let body = document["body"]
        let isBase64 = document["properties"]["body_encoding"].string == "base64"
        let bytes = isBase64 ? body.string.flatMap(pythonBase64) : body.string.map { Array($0.utf8) }
        guard body.isTruthy else {
            return isSecondProtocol ? Poison("it has no body", .endsAgain) : Poison("it names no task", .dropped)
        }
        guard let content = bytes.flatMap(JSONValue.init(parsing:)) else {
            return Poison("its body is not JSON", .dropped)
        }
        return isSecondProtocol ? ofSecondProtocol(content) : ofFirstProtocol(content)
    }

    /// `[arguments, keywords, what follows]`
    private static func ofSecondProtocol(_ content: JSONValue) -> Poison? {
        let parts = content.array?.count ?? content.members?.count ?? content.string?.unicodeScalars.count
        guard parts == 3 else {
            return Poison("its body is not [arguments, keywords, embedded]", .endsAgain)
        }
        guard let parts = content.array else {
            return Poison("its body is not [arguments, keywords, embedded]", .kept)
        }
        guard parts[1].members != nil else { return Poison("its keyword arguments are no object", .dropped) }
        if parts[2].isTruthy, parts[2].members == nil { return Poison("what follows it is no object", .kept) }
        return nil
    }

    /// Before Celery 4: the task's name is in the body.
    private static func ofFirstProtocol(_ content: JSONValue) -> Poison? {
        guard content.members != nil, content.has("task") else { return Poison("it names no task", .dropped) }
        guard content.has("id") else { return Poison("it has no task id", .stalls) }
        return nil
    }

    private static let knownCompressions: Set<String> = [
        "gzip", "zlib", "application/x-gzip", "bzip2", "bzip", "application/x-bz2", "application/x-bzip2", "lzma", "xz",
        "application/x-lzma", "brotli", "application/x-brotli", "zstd", "application/zstd",
    ]

    /// `pickle`, `yaml`, `msgpack`, or the type as it stands.
    private static func contentName(_ type: JSONValue) -> String {
        let known = [
            "application/x-python-serialize": "pickle", "application/x-yaml": "yaml",
            "application/x-msgpack": "msgpack",
        ]
        guard let text = type.string else { return "content of no known type" }
        return known[text] ?? "content of the type \(text.prefix(80))"
    }

    // As Python does

    /// Bytes, as `base64.b64decode` has them: what is no digit of base64 is passed over, and behind a whole number of groups
    /// padding ends it.
    static func pythonBase64(_ text: String) -> [UInt8]? {
        var digits: [UInt8] = []
        var padding = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                digits.append(byte)
                padding = 0
            case UInt8(ascii: "="):
                padding += 1
                let rest = digits.count % 4
                if rest > 1, rest + padding >= 4 {
                    return Data(base64Encoded: Data(digits + Array(repeating: byte, count: 4 - rest))).map(Array.init)
                }
            default: break
            }
        }
        guard digits.count.isMultiple(of: 4) else { return nil }
        return Data(base64Encoded: Data(digits)).map(Array.init)
    }

    /// What `isoparse` of dateutil reads: a date of four digits for the year, and perhaps a time.
    private static func isMoment(_ text: String) -> Bool {
        if CeleryTime.parse(text) != nil { return true }
        let forms =
            #/(\d{4}(-?(0[1-9]|1[0-2])(-?(0[1-9]|[12]\d|3[01]))?)?|\d{4}-?W[0-5]\d(-?[1-7])?)([T ]([01]\d|2[0-4])(:?[0-5]\d(:?[0-5]\d([.,]\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)?)?/#
        return text.wholeMatch(of: forms) != nil
    }
}

extension JSONValue {
    fileprivate func has(_ name: String) -> Bool { members?.contains { $0.name == name } == true }

    /// As Python takes a value for true.
    fileprivate var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .number: real != 0
        case .string(let text): !text.isEmpty
        case .array(let values): !values.isEmpty
        case .object(let members): !members.isEmpty
        }
    }
}
