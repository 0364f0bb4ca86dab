import CNcurses
import Glibc
public import Grid

/// A terminal driven by ncurses.
///
/// curses turns changed cells into the fewest bytes, by the terminal's terminfo entry; it writes them into a file in
/// memory, from where they go to the tty, so that they are counted, and a stuck or vanished tty is dealt with in one
/// place. Input is decoded here (`InputParser`), as curses can't tell a paste or a mouse drag reliably. One at a time:
/// curses' state is the process's.
public final class NcursesTerminal: TerminalBackend {
    /// How long an escape byte may wait for the rest of its sequence.
    static let escapeDelay = 40
    /// How long an answer that began may take: a slow line cuts it anywhere.
    static let replyDelay = 2000

    public private(set) var size: GridSize
    public private(set) var capabilities: TerminalCapabilities
    /// What a person should know about this terminal; nil when all is well.
    public let notice: String?
    let device: TerminalDevice
    private let wakePipe: WakePipe
    private let output: MemoryFile
    // SAFETY: made by newterm in init and freed once, in close.
    private var screen: OpaquePointer?
    var pairs: ColorPairs
    private var colorEconomy = ColorEconomy()
    var parser = InputParser()
    var shown: Grid?
    private var shownCursor: Position?
    private var shownStyles: StyleTable?
    var resolved: [ResolvedStyle] = []
    var profile: TerminalProfile
    public internal(set) var replies = TerminalReplies()
    /// How pictures are shown, and why; a late answer may change it.
    public internal(set) var graphics: GraphicsChoice
    /// nil where they are symbols.
    var images: ImageScreen?
    var supply: (any ImageSupply)?
    var wantedImages = WantedImages()
    var governor = LinkGovernor()
    /// What was presented last: it may take a slow line many turns.
    private var goal: Goal?
    /// Whether something of it is left to show.
    var hasMore = false
    /// Whether it was shown as over a slow line.
    private var isShownAsSlow = false
    /// What is known of the line to the terminal where it is slow; nil where it isn't, or pictures aren't held back. Another
    /// once a second at most: `events` then returns, as it takes bytes to show.
    public internal(set) var line: SlowLine?
    var lineToldAt = ContinuousClock.now - .seconds(1)
    /// When what waits in the parser came.
    private var heardAt = ContinuousClock.now
    /// What is behind text, where the theme says.
    var imageBackground: RGBColor?
    private let isExtended: Bool
    var isSuspended = false
    var isClosed = false

    private struct Goal {
        let grid: Grid
        let cursor: Position?
        let styles: StyleTable
    }

    struct ResolvedStyle {
        var colors: ColorPairs.Colors
        var attributes: attr_t
    }

    /// Takes the terminal over.
    /// - Parameters:
    ///   - path: the tty.
    ///   - profile: how to drive it; read from the environment by default.
    /// - Throws: when there is no tty, or it can't place its cursor (TERM=dumb).
    public init(path: String = "/dev/tty", profile: TerminalProfile) throws(TerminalError) {
        // curses counts columns and encodes text by the C locale of the process; which text arrives is decided above it.
        setlocale(LC_CTYPE, "C.UTF-8")
        device = try TerminalDevice(path: path)
        wakePipe = try WakePipe()
        output = try MemoryFile()
        notice = profile.notice
        self.profile = profile
        graphics = profile.choice(TerminalReplies())
        TerminalGuard.install()
        let (size, ratio) = device.size
        self.size = size
        guard let screen = newterm(profile.entry, output.stream, output.stream), nc_has_string("cup") else {
            TerminalGuard.uninstall()
            throw TerminalError(
                description: "The terminal type “\(profile.entry)” can't place its cursor: set TERM to what the "
                    + "terminal is, as xterm-256color.")
        }
        self.screen = screen
        isExtended = nc_has_string("kmous")
        var depth = profile.colorDepth
        if depth != .mono, has_colors() && start_color() == OK {
            use_default_colors()
        } else {
            depth = .mono
        }
        capabilities = TerminalCapabilities(
            colorDepth: depth, isUnicode: profile.isUnicode, hasMouse: isExtended, cellAspectRatio: ratio,
            name: profile.entry)
        pairs = ColorPairs(limit: depth == .mono ? 0 : min(65_535, Int(nc_pair_count()) - 1)) { number, colors in
            init_extended_pair(number, colors.foreground, colors.background)
        }
        resizeterm(Int32(size.rows), Int32(size.columns))
        nonl()
        typeahead(-1)
        leaveok(nc_standard_screen(), false)
        device.setRaw()
        if isExtended { device.write(Self.extendedOn) }
        arm()
        useChosenGraphics()
        if isExtended, profile.isAskable {
            // On the screen that the first frame clears, should a terminal print a question.
            wrefresh(nc_standard_screen())
            flush()
            // curses, which can't ask its file for a size, let only the first 24 lines scroll; a sixel would move them.
            device.write("\u{1b}[r")
            device.write(TerminalReplies.questions(asksKitty: profile.isAskableForKitty))
            if profile.pacesPictures {
                governor.sent(bytesWritten, at: .now)
                governor.asked(at: .now)
            }
        }
    }

    func arm() {
        TerminalGuard.arm(
            terminal: device.descriptor, wake: wakePipe.writeEnd, modes: device.originalModes,
            restore: (images?.placements.freeAll ?? []) + restoreSequence)
    }

    deinit { close() }

    public var bytesWritten: Int { device.bytesWritten }
    public var waker: @Sendable () -> Void { { [wakePipe] in wakePipe.wake() } }

    // The window's title, with the one before on the terminal's stack; buttons, drags and their SGR form; focus; bracketed
    // paste.
    private static let extendedOn =
        "\u{1b}[22;2t\u{1b}]2;phototui\u{1b}\\\u{1b}[?1000h\u{1b}[?1002h\u{1b}[?1006h\u{1b}[?1004h\u{1b}[?2004h"
    private static let extendedOff =
        "\u{1b}[?2004l\u{1b}[?1004l\u{1b}[?1006l\u{1b}[?1002l\u{1b}[?1000l\u{1b}[23;2t"

    /// What a dying program writes: curses' own way out can't run in a signal handler.
    private var restoreSequence: [UInt8] {
        var sequence = isExtended ? "\u{1b}[?2026l" + Self.extendedOff : ""
        for name in ["sgr0", "rmkx", "cnorm", "rmcup"] {
            if nc_has_string(name), let value = tigetstr(name) { sequence += String(cString: value) }
        }
        return Array((Self.withoutPadding(sequence) + "\r").utf8)
    }

    /// Without terminfo's delays, `$<5>`, which only tputs understands.
    private static func withoutPadding(_ sequence: String) -> String {
        var (result, rest) = ("", sequence[...])
        while let start = rest.firstIndex(of: "$"), rest[start...].hasPrefix("$<"),
            let end = rest[start...].firstIndex(of: ">")
        {
            result += rest[..<start]
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    public func present(_ grid: Grid, cursor: Position?, styles: StyleTable) {
        goal = Goal(grid: grid, cursor: cursor, styles: styles)
        advance()
    }

    /// Shows what of the last grid can be shown now: its text, and as much of its pictures as the line takes.
    private func advance() {
        guard !isClosed, !isSuspended, let goal else { return }
        let (cursor, styles) = (goal.cursor, goal.styles)
        governor.giveUpLost(at: .now)
        let background = background(of: styles[.text])
        if background != imageBackground {
            imageBackground = background
            useChosenGraphics()
        }
        if shown == nil { images?.forgetScreen() }
        let (grid, frame, symbols) = paced(goal.grid)
        isShownAsSlow = governor.isSlow
        hasMore = symbols.hasMore || frame?.hasMore == true
        let restyled = styles != shownStyles
        if !restyled, cursor == shownCursor, shown == grid, frame?.uploads.isEmpty != false, frame?.paints != true {
            return
        }
        if restyled { resolved = StyleRole.allCases.map { resolve(styles[$0]) } }
        let runs: [Grid.Run]
        if var shown, !restyled {
            if let renewed = frame?.renewed, !renewed.isEmpty { shown.blank { renewed.contains($0.image) } }
            runs = grid.differences(from: shown)
        } else {
            // -1 tells curses not to trust what it believes is on the screen.
            if shown == nil { clearok(nc_standard_screen(), true) }
            runs = grid.differences(from: Grid(size: GridSize(columns: 0, rows: 0)))
        }
        var used: Set<ColorPairs.Colors>?
        for run in runs where run.row < size.rows {
            for column in run.columns where column < size.columns {
                put(grid, row: run.row, column: column, used: &used)
            }
        }
        if cursor != shownCursor || shown == nil { curs_set(cursor == nil ? 0 : 1) }
        if let cursor { wmove(nc_standard_screen(), Int32(cursor.row), Int32(cursor.column)) }
        wrefresh(nc_standard_screen())
        (shown, shownCursor, shownStyles) = (grid, cursor, styles)
        flush(frame, symbols: symbols.bytes)
    }

    /// Hands what curses wrote to the terminal, then the bytes of pictures. Large frames are bracketed by synchronized
    /// output, so that terminals that know it show them whole.
    private func flush(_ frame: ImageScreen.Frame? = nil, symbols: Int = 0) {
        var text: [UInt8] = []
        output.take { text = colorEconomy.reduced(Array($0)) }
        let imageBytes = frame.map { $0.uploads + placements(of: $0, after: text) } ?? []
        guard !text.isEmpty || !imageBytes.isEmpty else { return }
        let isLarge = isExtended && text.count + imageBytes.count > 1024
        if isLarge { device.write("\u{1b}[?2026h") }
        for bytes in [text, imageBytes] { bytes.withUnsafeBytes { device.write($0) } }
        if isLarge { device.write("\u{1b}[?2026l") }
        governor.sent(text.count + imageBytes.count, at: .now)
        // A large text is mostly symbols.
        if symbols > 0 || !imageBytes.isEmpty || text.count > 8192, governor.wantsQuestion {
            device.write(Self.attributesQuestion)
            governor.asked(at: .now)
        }
    }

    /// Primary device attributes: its answer tells that all before it has arrived.
    private static let attributesQuestion = "\u{1b}[c"

    public func events(within timeout: Duration?) -> [InputEvent] {
        let clock = ContinuousClock()
        let deadline = timeout.map { clock.now + $0 }
        while true {
            if let events = takeSignals() { return events }
            let now = clock.now
            if let nextLineAt, nextLineAt <= now {
                (line, lineToldAt) = (currentLine, now)
                return []
            }
            var moments = [deadline, nextLineAt].compactMap(\.self)
            if parser.isWaiting { moments.append(heardAt + patience) }
            if governor.isSlow != isShownAsSlow { hasMore = goal != nil }
            if hasMore {
                moments.append(now + governor.nextTurn(at: now))
            } else if governor.isWaitingForAnswer {
                moments.append(now + .milliseconds(250))
            }
            var waits = [
                pollfd(fd: device.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakePipe.readEnd, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&waits, 2, moments.min().map { Self.milliseconds(from: now, to: $0) } ?? -1)
            if count < 0 { continue }
            if count == 0 {
                let now = clock.now
                governor.giveUpLost(at: now)
                if hasMore, governor.nextTurn(at: now) <= .zero { advance() }
                if parser.isWaiting, now >= heardAt + patience {
                    let events = parser.flush()
                    if !events.isEmpty { return handled(events) }
                }
                if let deadline, now >= deadline { return [] }
                continue
            }
            if waits[0].revents != 0 {
                let events = parser.feed(device.read())
                heardAt = clock.now
                if waits[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { device.markGone() }
                let isChanged = noteReplies()
                if !events.isEmpty || isChanged { return handled(events) }
            }
            if waits[1].revents != 0 {
                wakePipe.drain()
                return takeSignals() ?? []
            }
        }
    }

    static func milliseconds(from now: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Int32 {
        let left = now.duration(to: end).components
        let count = left.seconds * 1000 + (left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(min(max(0, count), 3_600_000))
    }

    /// What signals ask for; nil when there were none.
    private func takeSignals() -> [InputEvent]? {
        if isClosed || device.isGone || TerminalGuard.isEnding { return [.closed] }
        if TerminalGuard.takeStopping() { return stop() }
        if TerminalGuard.takeContinued() {
            // Stopped by SIGSTOP: the shell has set the modes it likes.
            suspend()
            resume()
            return [.resumed]
        }
        return TerminalGuard.takeResized() ? resized().map { [$0] } : nil
    }

    private func resized() -> InputEvent? {
        let (size, ratio) = device.size
        guard size != self.size else { return nil }
        self.size = size
        capabilities.cellAspectRatio = ratio
        useChosenGraphics()
        resizeterm(Int32(size.rows), Int32(size.columns))
        (shown, goal, hasMore) = (nil, nil, false)
        return .resize(size)
    }

    /// ctrl-z is taken here; everything else is the app's.
    private func handled(_ events: [InputEvent]) -> [InputEvent] {
        events.flatMap { $0 == .key(KeyPress("z", .control)) ? stop() : [$0] }
    }

    private func stop() -> [InputEvent] {
        suspend()
        TerminalGuard.stop()
        _ = TerminalGuard.takeContinued()
        resume()
        return [.resumed] + (resized().map { [$0] } ?? [])
    }

    public func invalidate() {
        shown = nil
        colorEconomy.forget()
        if var images {
            let bytes = images.freeEverything()
            bytes.withUnsafeBytes { device.write($0) }
            self.images = images
        }
    }

    public func suspend() {
        guard !isClosed, !isSuspended else { return }
        awaitAnswers()
        isSuspended = true
        TerminalGuard.disarm()
        if var images {
            let bytes = images.freeEverything()
            bytes.withUnsafeBytes { device.write($0) }
            self.images = images
        }
        if isExtended { device.write(Self.extendedOff) }
        endwin()
        flush()
        device.setOriginal()
    }

    public func resume() {
        guard !isClosed, isSuspended else { return }
        isSuspended = false
        device.setRaw()
        if isExtended { device.write(Self.extendedOn) }
        shown = nil
        colorEconomy.forget()
        arm()
    }

    public func close() {
        guard !isClosed else { return }
        suspend()
        isClosed = true
        if let screen { delscreen(screen) }
        screen = nil
        shown = nil
        TerminalGuard.uninstall()
    }
}
