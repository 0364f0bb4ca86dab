/// Attributes a terminal adds to text; each is dropped where the terminal hasn't got it.
public struct TextAttributes: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let bold = TextAttributes(rawValue: 1)
    public static let dim = TextAttributes(rawValue: 2)
    public static let italic = TextAttributes(rawValue: 4)
    public static let underline = TextAttributes(rawValue: 8)
    public static let reverse = TextAttributes(rawValue: 16)
}

/// A colour as a theme gives it.
public enum TerminalColor: Hashable, Sendable {
    /// Whatever the terminal's own text or background is.
    case standard
    /// An entry of the terminal's palette: 0 to 15 are the user's, 16 to 255 xterm's. Entries the terminal hasn't got
    /// become the nearest it has.
    case indexed(UInt8)
    case rgb(RGBColor)
}

/// How a role looks on one terminal.
public struct Style: Hashable, Sendable {
    public var foreground: TerminalColor
    public var background: TerminalColor
    public var attributes: TextAttributes

    public init(
        foreground: TerminalColor = .standard, background: TerminalColor = .standard,
        attributes: TextAttributes = []
    ) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }
}

/// A style for every role: what a theme amounts to for one colour depth.
public struct StyleTable: Hashable, Sendable {
    private var styles: [Style]

    /// Asks for the style of each role in turn.
    public init(_ style: (StyleRole) throws -> Style) rethrows {
        styles = try StyleRole.allCases.map(style)
    }

    public subscript(role: StyleRole) -> Style {
        get { styles[Int(role.rawValue)] }
        set { styles[Int(role.rawValue)] = newValue }
    }

    /// Legible on any terminal without a theme: attributes only.
    public static let plain = StyleTable { role in
        switch role {
        case .cursor, .tabActive, .selection, .buttonFocused, .scrubberCurrent: Style(attributes: .reverse)
        case .title, .heading, .marked, .key, .dialogTitle, .tableHeader, .warning, .match: Style(attributes: .bold)
        case .error: Style(attributes: [.bold, .underline])
        case .fieldFocused: Style(attributes: .underline)
        case .dim, .disabled, .placeholder, .scrubber: Style(attributes: .dim)
        default: Style()
        }
    }
}
