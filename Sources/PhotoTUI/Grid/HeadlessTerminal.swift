import Synchronization

/// A terminal in memory: input is a script, and what was shown can be looked at.
public final class HeadlessTerminal: TerminalBackend {
    public private(set) var size: GridSize
    public let capabilities: TerminalCapabilities
    /// Counts a changed cell as its text's UTF-8 bytes and a move to each changed run as 6 bytes.
    public private(set) var bytesWritten = 0
    public private(set) var cursor: Position?
    public private(set) var styles = StyleTable.plain
    /// What is on the screen; nil before the first `present` and after `close`.
    public private(set) var shown: Grid?
    /// How many calls of `present` changed something.
    public private(set) var frameCount = 0
    public private(set) var isSuspended = false
    public private(set) var isClosed = false
    private var script: [InputEvent]
    private let wakes = Wakes()

    private final class Wakes: Sendable { let count = Mutex(0) }

    public init(
        size: GridSize = GridSize(columns: 80, rows: 24),
        capabilities: TerminalCapabilities = TerminalCapabilities(
            colorDepth: .truecolor, isUnicode: true, hasMouse: true, name: "headless"),
        script: [InputEvent] = []
    ) {
        self.size = size
        self.capabilities = capabilities
        self.script = script
    }

    public var waker: @Sendable () -> Void {
        { [wakes] in wakes.count.withLock { $0 += 1 } }
    }

    /// Adds to the script.
    public func send(_ events: InputEvent...) { script += events }

    public func present(_ grid: Grid, cursor: Position?, styles: StyleTable) {
        guard !isClosed, !isSuspended else { return }
        let runs =
            shown.map(grid.differences(from:)) ?? grid.differences(from: Grid(size: GridSize(columns: 0, rows: 0)))
        let repainted = styles != self.styles
        if !runs.isEmpty || repainted || cursor != self.cursor { frameCount += 1 }
        for run in runs {
            bytesWritten += 6 + run.columns.reduce(0) { $0 + grid[run.row, $1].text.utf8.count }
        }
        (shown, self.cursor, self.styles) = (grid, cursor, styles)
    }

    /// Gives the whole script at once; never sleeps.
    public func events(within timeout: Duration?) -> [InputEvent] {
        if isClosed { return [.closed] }
        wakes.count.withLock { $0 = 0 }
        let events = script
        script = []
        for case .resize(let size) in events { self.size = size }
        if events.contains(.closed) { isClosed = true }
        return events
    }

    public func invalidate() { shown = nil }
    public func suspend() { (isSuspended, shown) = (true, nil) }
    public func resume() { isSuspended = false }
    public func close() { (isClosed, shown) = (true, nil) }
}
