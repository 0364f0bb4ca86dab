public import Grid

/// A way of showing pictures, the best first.
public enum GraphicsProtocol: String, CaseIterable, Sendable {
    /// kitty's, by placeholder characters.
    case placeholders
    /// kitty's, by placements.
    case kitty
    /// iTerm2's inline images.
    case iterm2
    case sixel
    /// Characters.
    case symbols
}

/// Which way pictures are shown on a terminal, and why.
public struct GraphicsChoice: Hashable, Sendable {
    public let way: GraphicsProtocol
    /// Half a sentence.
    public let reason: String
    /// All that this terminal is known to show, the best first; symbols are always among them.
    public let possible: [GraphicsProtocol]

    /// - Parameters:
    ///   - asked: what a person asks for, which is obeyed.
    ///   - environment: NO_COLOR, TMUX, STY, TERM_PROGRAM and LC_TERMINAL are read.
    ///   - replies: empty before the terminal has answered.
    public init(
        asked: GraphicsProtocol?, environment: [String: String], colorDepth: ColorDepth, isUnicode: Bool,
        replies: TerminalReplies
    ) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let name = replies.version.map { $0.isEmpty ? "the terminal" : $0 } ?? "the terminal"
        var found: [(way: GraphicsProtocol, reason: String)] = []
        let isInside = value("TMUX") != nil || value("STY") != nil
        // Others answer any question of kitty's protocol with OK, whatever they know of it.
        let isKnown = ["kitty", "ghostty"].contains { name.lowercased().hasPrefix($0) }
        // The colour that tells a placeholder's picture has to arrive as it is.
        if replies.knowsPlaceholders, isKnown, colorDepth == .truecolor {
            found.append((.placeholders, "\(name) shows kitty's placeholders"))
        }
        if replies.knowsKitty, isKnown { found.append((.kitty, "\(name) shows kitty's graphics")) }
        if let program = Self.iTermProgram(environment, replies) {
            found.append((.iterm2, "\(program) is known for iTerm2's inline images"))
        }
        if replies.attributes?.contains(4) == true { found.append((.sixel, "\(name) says that it shows sixel")) }
        if replies.knowsKitty, !isKnown { found.append((.kitty, "\(name) says that it shows kitty's graphics")) }
        // What is inside tmux or screen is painted over by it at any time.
        if isInside { found = [] }
        possible = found.map(\.way) + [.symbols]
        if let asked {
            (way, reason) = (asked, "asked for")
        } else if value("NO_COLOR") != nil || colorDepth == .mono {
            (way, reason) = (.symbols, "no colours are wanted, or there are none")
        } else if !isUnicode {
            (way, reason) = (.symbols, "only ASCII arrives")
        } else if let best = found.first {
            (way, reason) = best
        } else if isInside {
            (way, reason) = (
                .symbols, "\(value("TMUX") != nil ? "tmux" : "screen") paints over pixels: they need --graphics"
            )
        } else if replies.isComplete {
            (way, reason) = (.symbols, "\(name) tells of no graphics")
        } else {
            (way, reason) = (.symbols, "the terminal has not answered")
        }
    }

    /// The name of a terminal that shows iTerm2's images. None can be asked for them; where it tells its name, that goes
    /// before the environment, which a terminal also has from the one that it was started in.
    private static func iTermProgram(_ environment: [String: String], _ replies: TerminalReplies) -> String? {
        if let version = replies.version {
            return ["iterm2", "wezterm", "mintty"].contains { version.lowercased().hasPrefix($0) } ? version : nil
        }
        guard replies.isComplete else { return nil }
        // ssh hands LC_ on.
        if environment["LC_TERMINAL"] == "iTerm2" { return "iTerm2" }
        return environment["TERM_PROGRAM"].flatMap { ["iTerm.app", "WezTerm", "mintty"].contains($0) ? $0 : nil }
    }
}
