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
    static let escapeDelay: Int32 = 40

    public private(set) var size: GridSize
    public private(set) var capabilities: TerminalCapabilities
    /// What a person should know about this terminal; nil when all is well.
    public let notice: String?
    private let device: TerminalDevice
    private let wakePipe: WakePipe
    private let output: MemoryFile
    // SAFETY: made by newterm in init and freed once, in close.
    private var screen: OpaquePointer?
    private var pairs: ColorPairs
    private var parser = InputParser()
    private var shown: Grid?
    private var shownCursor: Position?
    private var shownStyles: StyleTable?
    private var resolved: [ResolvedStyle] = []
    private let isExtended: Bool
    private var isSuspended = false
    private var isClosed = false

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
        TerminalGuard.arm(
            terminal: device.descriptor, wake: wakePipe.writeEnd, modes: device.originalModes,
            restore: restoreSequence)
    }

    deinit { close() }

    public var bytesWritten: Int { device.bytesWritten }
    public var waker: @Sendable () -> Void { { [wakePipe] in wakePipe.wake() } }

    // Buttons, drags and their SGR form; focus; bracketed paste.
    private static let extendedOn = "\u{1b}[?1000h\u{1b}[?1002h\u{1b}[?1006h\u{1b}[?1004h\u{1b}[?2004h"
    private static let extendedOff = "\u{1b}[?2004l\u{1b}[?1004l\u{1b}[?1006l\u{1b}[?1002l\u{1b}[?1000l"

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
        guard !isClosed, !isSuspended else { return }
        let restyled = styles != shownStyles
        if !restyled, cursor == shownCursor, shown == grid { return }
        if restyled { resolved = StyleRole.allCases.map { resolve(styles[$0]) } }
        let runs: [Grid.Run]
        if let shown, !restyled {
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
        flush()
    }

    private func put(_ grid: Grid, row: Int, column: Int, used: inout Set<ColorPairs.Colors>?) {
        let cell = grid[row, column]
        guard cell.width > 0, !cell.isImage else { return }
        let look = look(of: cell)
        let pair = pairs.number(for: look.colors) {
            if used == nil { used = Set(grid.cells.lazy.map { self.look(of: $0).colors }) }
            return used ?? []
        }
        let attributes = look.attributes | curses(cell.attributes)
        // SAFETY: terminated by the zero behind the scalar and at most four marks; the buffer has six places.
        withUnsafeTemporaryAllocation(of: wchar_t.self, capacity: 6) { text in
            text.initialize(repeating: 0)
            text[0] = wchar_t(bitPattern: shownScalar(cell))
            if capabilities.isUnicode, text[0] == wchar_t(bitPattern: cell.scalar.value) {
                for (place, mark) in cell.combiningMarks.prefix(4).enumerated() {
                    guard nc_width(wchar_t(bitPattern: mark.value)) == 0 else { break }
                    text[place + 1] = wchar_t(bitPattern: mark.value)
                }
            }
            nc_put_cell(Int32(row), Int32(column), text.baseAddress, attributes, pair)
            if cell.width == 2, text[0] == 0x3f {
                text[1] = 0
                nc_put_cell(Int32(row), Int32(column + 1), text.baseAddress, attributes, pair)
            }
        }
    }

    /// The scalar as this terminal shows it: "?" for what it hasn't got, or what curses would count otherwise.
    private func shownScalar(_ cell: Cell) -> UInt32 {
        let value = cell.scalar.value
        if value < 0x7f { return value < 0x20 ? 0x3f : value }
        guard capabilities.isUnicode, nc_width(wchar_t(bitPattern: value)) == Int32(cell.width) else { return 0x3f }
        return value
    }

    private func look(of cell: Cell) -> ResolvedStyle {
        switch cell.paint {
        case .role(let role): resolved[Int(role.rawValue)]
        case .colors(let foreground, let background):
            ResolvedStyle(
                colors: ColorPairs.Colors(foreground: number(.rgb(foreground)), background: number(.rgb(background))),
                attributes: 0)
        }
    }

    private func resolve(_ style: Style) -> ResolvedStyle {
        ResolvedStyle(
            colors: ColorPairs.Colors(foreground: number(style.foreground), background: number(style.background)),
            attributes: curses(style.attributes))
    }

    private func number(_ color: TerminalColor) -> Int32 {
        switch (color, capabilities.colorDepth) {
        case (.standard, _), (_, .mono): return -1
        case (.indexed(let index), .truecolor):
            // Direct entries keep the first eight numbers for the user's palette.
            return index < 8 ? Int32(index) : number(.rgb(RGBColor(indexed256: index)))
        case (.rgb(let color), .truecolor):
            return color.packed < 8 ? 0x010101 : Int32(color.packed)
        case (.indexed(let index), .indexed256): return Int32(index)
        case (.rgb(let color), .indexed256): return Int32(color.nearestIndexed256)
        case (.indexed(let index), .ansi16):
            return ansi(index < 16 ? index : RGBColor(indexed256: index).nearestANSI16)
        case (.rgb(let color), .ansi16): return ansi(color.nearestANSI16)
        }
    }

    private func ansi(_ index: UInt8) -> Int32 { Int32(index) < nc_color_count() ? Int32(index) : Int32(index & 7) }

    private func curses(_ attributes: TextAttributes) -> attr_t {
        var result: attr_t = 0
        if attributes.contains(.bold) { result |= nc_bold() }
        if attributes.contains(.dim) { result |= nc_dim() }
        if attributes.contains(.italic) { result |= nc_italic() }
        if attributes.contains(.underline) { result |= nc_underline() }
        if attributes.contains(.reverse) { result |= nc_reverse() }
        return result
    }

    /// Hands what curses wrote to the terminal. Large frames are bracketed by synchronized output, so that terminals
    /// that know it show them whole.
    private func flush() {
        output.take { bytes in
            let isLarge = isExtended && bytes.count > 1024
            if isLarge { device.write("\u{1b}[?2026h") }
            device.write(bytes)
            if isLarge { device.write("\u{1b}[?2026l") }
        }
    }

    public func events(within timeout: Duration?) -> [InputEvent] {
        let clock = ContinuousClock()
        let deadline = timeout.map { clock.now + $0 }
        while true {
            if let events = takeSignals() { return events }
            var milliseconds: Int32 = -1
            if let deadline {
                let left = clock.now.duration(to: deadline).components
                let count = left.seconds * 1000 + (left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
                milliseconds = Int32(min(max(0, count), 3_600_000))
            }
            let isEscapeWait = parser.isWaiting && (milliseconds < 0 || milliseconds > Self.escapeDelay)
            var waits = [
                pollfd(fd: device.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakePipe.readEnd, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&waits, 2, isEscapeWait ? Self.escapeDelay : milliseconds)
            if count < 0 { continue }
            if count == 0 {
                let events = parser.flush()
                if !events.isEmpty { return handled(events) }
                if let deadline, clock.now >= deadline { return [] }
                continue
            }
            if waits[0].revents != 0 {
                let events = parser.feed(device.read())
                if waits[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { device.markGone() }
                if !events.isEmpty { return handled(events) }
            }
            if waits[1].revents != 0 {
                wakePipe.drain()
                return takeSignals() ?? []
            }
        }
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
        resizeterm(Int32(size.rows), Int32(size.columns))
        shown = nil
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

    public func invalidate() { shown = nil }

    public func suspend() {
        guard !isClosed, !isSuspended else { return }
        isSuspended = true
        TerminalGuard.disarm()
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
        TerminalGuard.arm(
            terminal: device.descriptor, wake: wakePipe.writeEnd, modes: device.originalModes,
            restore: restoreSequence)
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
