/// The head of an HTTP/1 request (RFC 9112), read strictly: this server takes GET and HEAD without a body, and nothing else.
struct RequestHead: Equatable {
    enum Reading: Equatable {
        case incomplete
        case complete(RequestHead)
        /// To be answered with this status.
        case refused(Int)
    }

    static let longestLine = 8 << 10
    static let longestHead = 16 << 10

    /// Without the query.
    let path: String
    /// HEAD: the answer's body is left out.
    let isHead: Bool

    static func read(_ bytes: [UInt8]) -> Reading {
        guard let lineEnd = bytes.firstIndex(of: 0x0A) else {
            return bytes.count > longestLine ? .refused(414) : .incomplete
        }
        if lineEnd > longestLine { return .refused(414) }
        guard let end = headEnd(bytes) else { return bytes.count > longestHead ? .refused(431) : .incomplete }
        if end > longestHead { return .refused(431) }
        // No control but the line ends, and tabs within fields; what is not ASCII has no place in what we serve.
        let head = bytes[..<end]
        guard head.allSatisfy({ $0 == 0x0A || $0 == 0x0D || $0 == 0x09 || ($0 >= 0x20 && $0 < 0x7F) }) else {
            return .refused(400)
        }
        var lines = String(decoding: head, as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false
        ).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard let first = lines.first, !lines.contains(where: { $0.utf8.contains(0x0A) || $0.utf8.contains(0x0D) })
        else { return .refused(400) }
        return read(first, fields: Array(lines.dropFirst()))
    }

    private static func read(_ line: String, fields: [String]) -> Reading {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words.allSatisfy({ !$0.isEmpty && !$0.contains("\t") }) else { return .refused(400) }
        guard words[2].hasPrefix("HTTP/") else { return .refused(400) }
        guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else { return .refused(505) }
        var values: [String: [String]] = [:]
        for field in fields {
            guard let colon = field.firstIndex(of: ":"), colon != field.startIndex,
                field[..<colon].utf8.allSatisfy({ $0 > 0x20 })
            else { return .refused(400) }
            let value = field[field.index(after: colon)...].trimming { $0 == " " || $0 == "\t" }
            values[field[..<colon].lowercased(), default: []].append(value)
        }
        let hosts = values["host", default: []].count
        guard hosts == 1 || (hosts == 0 && words[2] == "HTTP/1.0") else { return .refused(400) }
        guard words[0] == "GET" || words[0] == "HEAD" else { return .refused(405) }
        guard values["transfer-encoding"] == nil, values["content-length", default: []].allSatisfy({ $0 == "0" }) else {
            return .refused(413)
        }
        guard words[1].hasPrefix("/") else { return .refused(400) }
        let path = words[1].prefix { $0 != "?" }
        return .complete(RequestHead(path: String(path), isHead: words[0] == "HEAD"))
    }

    /// Where the empty line begins that ends the head.
    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        var place = 0
        while let next = bytes[place...].firstIndex(of: 0x0A) {
            let rest = bytes[(next + 1)...]
            if rest.first == 0x0A { return next + 1 }
            if rest.starts(with: [0x0D, 0x0A]) { return next + 1 }
            place = next + 1
            if place >= bytes.count { break }
        }
        return nil
    }
}

extension Substring {
    fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> String {
        var rest = drop(while: isTrimmed)
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return String(rest)
    }
}
