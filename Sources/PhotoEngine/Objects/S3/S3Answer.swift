/// The few elements that S3's XML answers are read for. Names never nest within themselves there.
struct S3Answer {
    private let text: Substring

    init(_ body: [UInt8]) { text = Substring(String(decoding: body, as: UTF8.self)) }
    private init(_ text: Substring) { self.text = text }

    /// The contents of each element of that name, in order.
    func elements(_ name: String) -> [S3Answer] {
        var found: [S3Answer] = []
        var rest = text
        while let start = rest.range(of: "<\(name)>"), let end = rest[start.upperBound...].range(of: "</\(name)>") {
            found.append(S3Answer(rest[start.upperBound..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return found
    }

    /// The text of the first element of that name, its references resolved.
    func text(_ name: String) -> String? { elements(name).first?.unescaped }

    /// As it was sent, to be sent back.
    var source: String { String(text) }

    /// XML 1.0, 4.1 and 4.6: character references and the five predefined entities.
    var unescaped: String {
        guard text.contains("&") else { return String(text) }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "&", let end = rest.firstIndex(of: ";") else {
                result.append(scalar)
                continue
            }
            let name = String(rest[..<end])
            let named: [String: Unicode.Scalar] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
            let number =
                name.hasPrefix("#x")
                ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
            guard let value = named[name] ?? number.flatMap(Unicode.Scalar.init) else {
                result.append(scalar)
                continue
            }
            result.append(value)
            rest = rest[rest.index(after: end)...]
        }
        return String(result)
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
        return result
    }
}

extension Substring {
    /// The first place of `other`, compared byte by byte.
    fileprivate func range(of other: String) -> Range<Index>? {
        let wanted = Array(other.utf8)
        guard let first = wanted.first else { return nil }
        var start = utf8.startIndex
        while let candidate = utf8[start...].firstIndex(of: first) {
            if utf8[candidate...].starts(with: wanted) {
                return candidate..<utf8.index(candidate, offsetBy: wanted.count)
            }
            start = utf8.index(after: candidate)
        }
        return nil
    }
}
