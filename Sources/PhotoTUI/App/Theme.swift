public import Grid

/// How everything looks: a style for every role, for each number of colours a terminal may have.
public struct Theme: Hashable, Sendable {
    public let name: String
    private let tables: [ColorDepth: StyleTable]

    /// Asks for the style of each role at each depth in turn.
    public init(name: String, style: (StyleRole, ColorDepth) throws -> Style) rethrows {
        self.name = name
        var tables: [ColorDepth: StyleTable] = [:]
        for depth in ColorDepth.allCases {
            tables[depth] = try StyleTable { try style($0, depth) }
        }
        self.tables = tables
    }

    /// The styles for a terminal of that depth.
    public func styles(for depth: ColorDepth) -> StyleTable { tables[depth] ?? .plain }
}
