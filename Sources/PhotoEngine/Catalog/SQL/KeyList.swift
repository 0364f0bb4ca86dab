/// Keys for an `IN`, cut into few lengths and filled up with the last of them, so that few texts of a statement serve all.
struct KeyList {
    let keys: [SQLValue]
    private static let lengths = [1, 8, 64]

    /// `(?, ?, …)`.
    var marks: String { "(" + repeatElement("?", count: keys.count).joined(separator: ", ") + ")" }

    static func lists(_ keys: [SQLValue]) -> [KeyList] {
        stride(from: 0, to: keys.count, by: lengths.last ?? 1).map { start in
            let some = keys[start..<min(start + (lengths.last ?? 1), keys.count)]
            let length = lengths.first { $0 >= some.count } ?? some.count
            return KeyList(keys: Array(some) + repeatElement(some.last ?? .null, count: length - some.count))
        }
    }
}
