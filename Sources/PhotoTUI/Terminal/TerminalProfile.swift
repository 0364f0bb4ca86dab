import CNcurses
public import Grid

/// Which terminfo entry to use, what text arrives, and how many colours: decided from the environment before curses
/// starts.
public struct TerminalProfile: Hashable, Sendable {
    /// The terminfo entry.
    public var entry: String
    public var colorDepth: ColorDepth
    public var isUnicode: Bool
    /// The way of showing pictures that a person asks for.
    public var graphics: GraphicsProtocol?
    /// Whether pictures are held back where the line to the terminal is slow.
    public var pacesPictures = true
    /// What the choice among them reads.
    public let environment: [String: String]
    /// What a person should know: that the terminal type is unknown, or that colours could be better.
    public var notice: String?

    /// - Parameters:
    ///   - environment: TERM, COLORTERM, NO_COLOR, LC_ALL, LC_CTYPE and LANG are read; an empty value counts as unset.
    ///   - isKnown: whether the machine has a terminfo entry of that name.
    ///   - colors: the number of colours of a known entry, and whether it says it takes 24-bit colours.
    public init(
        environment: [String: String], isKnown: (String) -> Bool, colors: (String) -> (count: Int, isDirect: Bool)
    ) throws(TerminalError) {
        self.environment = environment
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let requested = value("TERM") ?? "dumb"
        var entry = requested
        if !isKnown(entry) {
            let candidates = requested.contains("256") || value("COLORTERM") != nil ? ["xterm-256color"] : []
            guard let known = (candidates + ["xterm", "vt100"]).first(where: isKnown) else {
                throw TerminalError(description: "No terminal description found: install the package ncurses-base.")
            }
            entry = known
            notice =
                "The terminal type “\(requested)” isn't known here, so \(known) is assumed: set TERM, or install "
                + "the package ncurses-term."
        }
        let found = colors(entry)
        var depth: ColorDepth = found.count >= 256 ? .indexed256 : found.count >= 8 ? .ansi16 : .mono
        if found.count > 256 { depth = .truecolor }
        let isDeclared = ["truecolor", "24bit"].contains(value("COLORTERM")?.lowercased())
        // A declared terminal whose entry has few colours: `TERM=xterm` is what many emulators still set.
        // GNU screen passes COLORTERM on and hasn't got 24-bit colours; tmux may use its entries.
        let isPoor = depth == .ansi16 && isDeclared && Self.emulators.contains { entry.hasPrefix($0) }
        let isScreen = Self.family(of: entry) == "screen" && value("STY") != nil && value("TMUX") == nil
        if isPoor || (depth == .indexed256 && (isDeclared || found.isDirect)) {
            if !isScreen, let direct = Self.directEntries(for: entry).first(where: isKnown) {
                (entry, depth) = (direct, .truecolor)
            } else {
                let richer = Self.family(of: entry) + "-256color"
                if isPoor, isKnown(richer) { (entry, depth) = (richer, .indexed256) }
                if notice == nil, !isScreen {
                    notice =
                        "\(depth == .indexed256 ? "256" : "few") colours are used of the terminal's 24-bit ones: "
                        + "install the package ncurses-term."
                }
            }
        }
        if value("NO_COLOR") != nil { depth = .mono }
        self.entry = entry
        colorDepth = depth
        let locale = value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG")
        if let locale {
            let name = locale.lowercased()
            isUnicode = name.contains("utf-8") || name.contains("utf8")
        } else {
            // A bare machine sets no locale at all; whoever reaches it with a terminal emulator has UTF-8.
            isUnicode = Self.emulators.contains { requested.hasPrefix($0) }
        }
    }

    /// Whether the terminal may be asked what it is.
    var isAskable: Bool { Self.emulators.contains { requested.hasPrefix($0) } || requested.hasPrefix("mlterm") }

    /// Whether it may be asked for kitty's graphics: some print the question, and tmux makes it a title.
    var isAskableForKitty: Bool {
        let isInside = ["TMUX", "STY"].contains { !environment[$0, default: ""].isEmpty }
        return isAskable && !isInside && !["tmux", "screen", "rxvt"].contains { requested.hasPrefix($0) }
    }

    private var requested: String { environment["TERM", default: ""] }

    /// How pictures are shown on a terminal that answered so.
    public func choice(_ replies: TerminalReplies) -> GraphicsChoice {
        GraphicsChoice(
            asked: graphics, environment: environment, colorDepth: colorDepth, isUnicode: isUnicode, replies: replies)
    }

    private static let emulators = ["xterm", "tmux", "screen", "kitty", "foot", "alacritty", "wezterm", "st-", "rxvt"]

    /// The entries with 24-bit colours for a terminal, its own first.
    private static func directEntries(for entry: String) -> [String] {
        let family = family(of: entry)
        // tmux and screen don't know each sequence xterm does.
        if family == "screen" { return ["tmux-direct"] }
        return family == "tmux" ? ["tmux-direct"] : ["\(family)-direct", "xterm-direct"]
    }

    /// The entry's name without what it says of colours.
    private static func family(of entry: String) -> String {
        var family = entry
        for suffix in ["-256color", "-16color", "-color"] where family.hasSuffix(suffix) {
            family.removeLast(suffix.count)
        }
        return family == "xterm-kitty" ? "kitty" : family
    }

    /// Reads the environment against the machine's terminfo database.
    public init(environment: [String: String]) throws(TerminalError) {
        try self.init(environment: environment, isKnown: Self.hasEntry, colors: Self.colors)
    }

    private static func hasEntry(_ name: String) -> Bool { withEntry(name) { true } ?? false }

    private static func colors(_ name: String) -> (count: Int, isDirect: Bool) {
        withEntry(name) {
            (Int(tigetnum("colors")), tigetflag("RGB") > 0 || tigetflag("Tc") > 0)
        } ?? (0, false)
    }

    // The descriptor only has to be valid: nothing is written to it.
    private static func withEntry<Value>(_ name: String, _ body: () -> Value) -> Value? {
        var status: Int32 = 0
        let before = set_curterm(nil)
        defer { set_curterm(before) }
        guard setupterm(name, 2, &status) == OK else { return nil }
        let value = body()
        del_curterm(set_curterm(nil))
        return value
    }
}
