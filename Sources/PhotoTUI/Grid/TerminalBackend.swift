/// What a terminal can show and tell.
public struct TerminalCapabilities: Hashable, Sendable {
    public var colorDepth: ColorDepth
    /// Whether text outside ASCII arrives; borders, ellipses and thumbnails are ASCII where it doesn't.
    public var isUnicode: Bool
    public var hasMouse: Bool
    /// A cell's width divided by its height, 0.5 where the terminal doesn't say.
    public var cellAspectRatio: Double
    /// The terminal type in use, for `doctor`: `xterm-direct`.
    public var name: String

    public init(
        colorDepth: ColorDepth, isUnicode: Bool, hasMouse: Bool = false, cellAspectRatio: Double = 0.5,
        name: String
    ) {
        self.colorDepth = colorDepth
        self.isUnicode = isUnicode
        self.hasMouse = hasMouse
        self.cellAspectRatio = cellAspectRatio
        self.name = name
    }
}

/// What is known of a slow line to a terminal.
public struct SlowLine: Hashable, Sendable {
    public var roundTrip: Duration
    /// A second; rounded, so that it is seldom another.
    public var bytes: Int
    /// Whether pictures wait for their turn.
    public var isBusy: Bool

    public init(roundTrip: Duration, bytes: Int, isBusy: Bool) {
        (self.roundTrip, self.bytes, self.isBusy) = (roundTrip, bytes, isBusy)
    }
}

/// A screen to show grids on and a keyboard to hear.
///
/// Everything but `waker` belongs to one thread, the one that made it.
public protocol TerminalBackend: AnyObject {
    var size: GridSize { get }
    var capabilities: TerminalCapabilities { get }
    /// Bytes sent to the terminal since the start.
    var bytesWritten: Int { get }
    /// Ends a wait from any thread, also one that begins later. Cheap; many calls before a wait count as one.
    var waker: @Sendable () -> Void { get }

    /// Shows a grid. Only what differs from the grid shown before is written; the same grid writes nothing.
    /// - Parameter cursor: where the terminal's cursor stands; nil hides it.
    func present(_ grid: Grid, cursor: Position?, styles: StyleTable)

    /// Sleeps until there is input, `waker` is called, or the time is over, and gives what came, oldest first; empty
    /// when nothing did. Nil waits for ever. After `.closed` every call gives `.closed` at once.
    func events(within timeout: Duration?) -> [InputEvent]

    /// Shows everything anew at the next `present`, as after another program wrote over the screen.
    func invalidate()

    /// Gives the terminal back, for a program run in the foreground or to stop this one; `resume` takes it again.
    func suspend()
    func resume()

    /// Gives the terminal back for good. Twice does no harm.
    func close()
}
