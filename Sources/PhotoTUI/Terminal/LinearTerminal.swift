import Glibc
public import Grid

/// A terminal written to line by line, for screen readers and braille displays: what changes is told once, as words, below what was
/// told before. No cursor is moved but by the echo of what is typed, and no colour, border or picture is sent, so that any
/// terminal will do.
public final class LinearTerminal: TerminalBackend {
    /// How long after a key, or the end of what went on, a change may be what that led to: reading from a slow library takes
    /// that long.
    private static let patience = Duration.seconds(3)
    /// Wide enough that nothing told has to be cut; nobody sees it.
    private static let area = GridSize(columns: 160, rows: 50)

    public let size = LinearTerminal.area
    public let capabilities: TerminalCapabilities
    private let device: TerminalDevice
    private let wakePipe: WakePipe
    private var parser = InputParser()
    private var speech = LinearSpeech()
    /// The line that is typed, as it stands at the end of what was written; nil where a new line begins.
    private var open: LinearReading.Field?
    private var lastCause: ContinuousClock.Instant
    private var isSuspended = false
    private var isClosed = false

    /// Takes the terminal over.
    /// - Parameters:
    ///   - path: the tty.
    ///   - isUnicode: whether text outside ASCII arrives.
    /// - Throws: when there is no tty.
    public init(path: String = "/dev/tty", isUnicode: Bool) throws(TerminalError) {
        device = try TerminalDevice(path: path)
        wakePipe = try WakePipe()
        // Of pictures in colours it is known that they are none of the text.
        capabilities = TerminalCapabilities(colorDepth: .truecolor, isUnicode: isUnicode, name: "linear")
        lastCause = ContinuousClock.now
        TerminalGuard.install()
        device.setRaw()
        arm()
    }

    deinit { close() }

    public var bytesWritten: Int { device.bytesWritten }
    public var waker: @Sendable () -> Void { { [wakePipe] in wakePipe.wake() } }

    private func arm() {
        TerminalGuard.arm(
            terminal: device.descriptor, wake: wakePipe.writeEnd, modes: device.originalModes,
            restore: Array("\r\n".utf8))
    }

    public func present(_ grid: Grid, cursor: Position?, styles: StyleTable) {
        guard !isClosed, !isSuspended else { return }
        let reading = LinearReading(grid, cursor: cursor)
        if speech.isEnd(reading) { lastCause = .now }
        let isAsked = lastCause.duration(to: .now) < Self.patience
        let lines = speech.lines(for: reading, isAsked: isAsked)
        var text = ""
        if !lines.isEmpty || reading.field?.label != open?.label {
            if open != nil { text += "\r\n" }
            open = nil
            text += lines.map { written($0) + "\r\n" }.joined()
        }
        if let field = reading.field { text += typed(field) }
        if !text.isEmpty { device.write(text) }
    }

    /// What makes the line that is typed show its text: what was taken away is rubbed out, what came is echoed.
    private func typed(_ field: LinearReading.Field) -> String {
        defer { open = field }
        guard let open else { return written(field.label.isEmpty ? "" : field.label + ": ") + written(field.text) }
        let kept = zip(field.text, open.text).prefix { $0 == $1 }.count
        let gone = open.text.dropFirst(kept).reduce(0) { $0 + String($1).displayWidth }
        let erased = String(repeating: "\u{8} \u{8}", count: gone)
        return erased + written(String(field.text.dropFirst(kept)))
    }

    private func written(_ text: String) -> String {
        capabilities.isUnicode ? text : String(text.map { $0.isASCII ? $0 : "?" })
    }

    public func events(within timeout: Duration?) -> [InputEvent] {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        while true {
            if isClosed || device.isGone || TerminalGuard.isEnding { return [.closed] }
            if TerminalGuard.takeStopping() { return stop() }
            if TerminalGuard.takeContinued() { return continued() }
            _ = TerminalGuard.takeResized()
            let left = deadline.map { ContinuousClock.now.duration(to: $0) }
            if let left, left < .zero { return [] }
            let wait = parser.isWaiting ? min(left ?? Self.escapeDelay, Self.escapeDelay) : left
            let ready = device.wait(or: wakePipe.readEnd, within: wait)
            if ready.isEmpty, parser.isWaiting { return heard(parser.flush()) }
            if ready.contains(.input) {
                let events = parser.feed(device.read())
                _ = parser.takeReplies()
                if !events.isEmpty { return heard(events) }
            }
            if ready.contains(.wake) {
                wakePipe.drain()
                return []
            }
        }
    }

    private static let escapeDelay = Duration.milliseconds(40)

    private func heard(_ events: [InputEvent]) -> [InputEvent] {
        if !events.isEmpty { lastCause = .now }
        return events.flatMap { $0 == .key(KeyPress("z", .control)) ? stop() : [$0] }
    }

    private func stop() -> [InputEvent] {
        suspend()
        TerminalGuard.stop()
        _ = TerminalGuard.takeContinued()
        resume()
        return [.resumed]
    }

    /// Stopped by SIGSTOP: the shell has set the modes it likes.
    private func continued() -> [InputEvent] {
        suspend()
        resume()
        return [.resumed]
    }

    public func invalidate() {
        speech.forget()
        if open != nil { device.write("\r\n") }
        open = nil
    }

    public func suspend() {
        guard !isClosed, !isSuspended else { return }
        invalidate()
        isSuspended = true
        TerminalGuard.disarm()
        device.setOriginal()
    }

    public func resume() {
        guard !isClosed, isSuspended else { return }
        isSuspended = false
        device.setRaw()
        arm()
    }

    public func close() {
        guard !isClosed else { return }
        suspend()
        isClosed = true
        TerminalGuard.uninstall()
    }
}
