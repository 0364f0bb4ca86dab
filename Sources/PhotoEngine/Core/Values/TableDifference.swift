/// What differs between a library and its promotion, in one table.
public struct TableDifference: Hashable, Sendable {
    public let table: String
    /// Rows that only the library has, that only its promotion has, and that both have, but not alike.
    public var missing = 0
    public var surplus = 0
    public var changed = 0

    public init(table: String) { self.table = table }

    public var isNone: Bool { missing == 0 && surplus == 0 && changed == 0 }
}
