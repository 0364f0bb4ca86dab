internal import Core
internal import Foundation

extension CeleryMessage {
    /// The member of `delivery_info` that counts the workers that ended with the message in hand. Celery passes it by, and keeps
    /// it where it restores a message; a message's headers would go on to the tasks that follow it.
    static let workerDeathsMember = "phototui_worker_deaths"

    /// The raw text of a message that is delivered again: `"redelivered":true` is put where kombu puts it, with the count, and
    /// nothing else changes. Only what hides that place, or has one of them otherwise, is encoded anew. A text without
    /// properties stays as it is.
    static func redelivered(_ raw: [UInt8], workerDeaths: Int? = nil) -> [UInt8] {
        guard let message = JSONValue(parsing: raw), message["properties"].members != nil else { return raw }
        let properties = message["properties"]
        let info = properties["delivery_info"]
        var marks: [JSONMember] = []
        if info["redelivered"].bool != true { marks.append(JSONMember("redelivered", .bool(true))) }
        if let workerDeaths, info[workerDeathsMember].integer != workerDeaths {
            marks.append(JSONMember(workerDeathsMember, .integer(workerDeaths)))
        }
        if marks.isEmpty { return raw }
        let marked = marks.reversed().reduce(info) { $0.setting($1.name, $1.value) }
        let wanted = message.setting("properties", properties.setting("delivery_info", marked))
        if let spliced = splicing(marks, into: raw, isCounted: !info[workerDeathsMember].isNull),
            JSONValue(parsing: spliced) == wanted
        {
            return spliced
        }
        return wanted.encoded
    }

    /// The raw text of a message whose worker may have ended with it: the first time, that counts. From then on whoever takes it
    /// counts itself first.
    static func restored(_ raw: [UInt8], now: Date) -> [UInt8] {
        let isFirst = JSONValue(parsing: raw)?["properties"]["delivery_info"]["redelivered"].bool != true
        return redelivered(raw, workerDeaths: isFirst && !isForLater(raw, now: now) ? 1 : nil)
    }

    /// Whether its time has not come yet: whoever has it only waits.
    static func isForLater(_ raw: [UInt8], now: Date) -> Bool {
        guard let eta = JSONValue(parsing: raw)?["headers"]["eta"].string.flatMap(CeleryTime.parse) else {
            return false
        }
        return eta > now
    }

    private static func splicing(_ marks: [JSONMember], into raw: [UInt8], isCounted: Bool) -> [UInt8]? {
        var text = raw
        var added = marks
        if isCounted, let count = added.last, count.name == workerDeathsMember {
            added.removeLast()
            guard let start = text.place(behind: workerDeathsMember) else { return nil }
            let end =
                text[start...].firstIndex { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? text.endIndex
            text.replaceSubrange(start..<end, with: count.value.encoded)
        }
        if added.isEmpty { return text }
        guard let start = text.place(behind: "delivery_info"), text[start] == UInt8(ascii: "{") else { return nil }
        let isEmpty = text[(start + 1)...].first { $0 != 32 } == UInt8(ascii: "}")
        let members = JSONValue.object(added).encoded.dropFirst().dropLast()
        text.insert(contentsOf: members + (isEmpty ? [] : [UInt8(ascii: ",")]), at: start + 1)
        return text
    }
}

extension [UInt8] {
    /// Where the value of a member begins. The last one of the name: a body in plain text may hold the same words before it, but
    /// then within a string.
    fileprivate func place(behind name: String) -> Int? {
        let pattern = Array("\"\(name)\":".utf8)
        guard count > pattern.count else { return nil }
        for start in stride(from: count - pattern.count, through: 0, by: -1)
        where self[start] == pattern[0] && self[start..<(start + pattern.count)].elementsEqual(pattern) {
            return self[(start + pattern.count)...].firstIndex { $0 != 32 }
        }
        return nil
    }
}
