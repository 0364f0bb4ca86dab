public import Core
public import Grid
public import Widgets

/// Everything the app knows. `update` changes it, `draw` shows it; neither does anything else.
public struct AppState: Sendable {
    public var size: GridSize
    public var look: Look
    public var keyMap: KeyMap
    /// Shown in the top line; escaped when drawn.
    public var libraryName: String
    /// Why things are done that nobody gives a reason for.
    public var standingReason = ""
    public var timeline = TimelineState()
    /// The viewer's photo; it stays while the timeline shows, so that one can go back to it.
    public var viewer: ViewerState?
    public var duplicates = DuplicatesState()
    public var trash = TrashState()
    public var places = PlacesState()
    public var albums = AlbumsState()
    /// nil where there is no broker.
    public var console: ConsoleState?
    /// Whether there are photos; a console alone has none.
    public let hasLibrary: Bool
    public var context = KeyContext.timeline
    /// Where one came from.
    var lastContext = KeyContext.timeline
    /// Dialogs over the screen, the uppermost last.
    public var layers: [Layer] = []
    public var activity = Activity()
    /// Names of the themes there are, and the one in use.
    public var themes: [String] = []
    public var theme = "dark"
    public var undoSteps: [UndoStep] = []
    var pendingChanges: [RequestID: FavouriteStep] = [:]
    var pendingEdits: Set<RequestID> = []
    /// Whether others reach the library's storage, so that a link leads somewhere.
    public var canShare = true
    /// Exports and shares that are under way.
    var leaving: Set<RequestID> = []
    /// Of the line to the terminal; nil where it isn't slow.
    public var line: SlowLine?
    var copyRequest: RequestID?
    /// Before, nobody performs what is asked for.
    var hasStarted = false
    /// Whether it was said that leaving would undo what waits.
    var isLeavingAgain = false
    private var lastRequest = 0

    public init(
        size: GridSize, look: Look, keyMap: KeyMap = KeyMap(), libraryName: String = "", console: ConsoleState? = nil,
        hasLibrary: Bool = true
    ) {
        (self.size, self.look, self.keyMap, self.libraryName) = (size, look, keyMap, libraryName)
        (self.console, self.hasLibrary) = (console, hasLibrary)
        if !hasLibrary { (context, lastContext) = (.queues, .queues) }
        resize(to: size)
    }

    mutating func resize(to size: GridSize) {
        self.size = size
        timeline.resize(area: Layout(size).wall, look: look)
        duplicates.resize(area: Layout(size).body)
        trash.resize(area: Layout(size).body)
        places.resize(area: Layout(size).body)
        albums.area = Layout(size).body
        layAlbums()
        resizeConsole()
    }

    mutating func makeRequest() -> RequestID {
        lastRequest += 1
        return RequestID(lastRequest)
    }
}

/// What the terminal and the user allow.
public struct Look: Hashable, Sendable {
    public var lines: LineSet
    /// A cell's width divided by its height.
    public var cellAspectRatio: Double
    /// Nothing moves by itself.
    public var isStill: Bool

    public init(lines: LineSet = .unicode, cellAspectRatio: Double = 0.5, isStill: Bool = false) {
        (self.lines, self.cellAspectRatio, self.isStill) = (lines, cellAspectRatio, isStill)
    }
}

/// A dialog over the screen.
public enum Layer: Hashable, Sendable {
    case help(offset: Int)
    case palette(PaletteState)
    case jump(TextField)
    case search(SearchPrompt)
    case clusterFilter(TextField, before: String)
    case edit(EditPrompt)
    case decision(DecisionState)
    /// The filter of a list of the console being typed, and what it was before.
    case consoleFilter(TextField, before: String)
    case consoleDecision(ConsoleDecision)
    case message(MessageState)
    case story(StoryState)
}

/// What goes on beside the screen.
public struct Activity: Hashable, Sendable {
    public var importing: ImportStatus?
    public var waitingJobs = 0
    public var deadJobs = 0
    /// By subject, the newest last.
    public var warnings: [Warning] = []
    public var notice: Notice?

    public struct Warning: Hashable, Sendable {
        public let subject: String
        public let text: String
    }
}

/// A change that can be taken back.
public enum UndoStep: Hashable, Sendable {
    case favourite(FavouriteStep)
    /// The last first.
    case edits([EditID])
    case share(ShareID)
}

/// A change of one flag, which shows at once.
public struct FavouriteStep: Hashable, Sendable {
    /// What the flag was set to.
    let isFavourite: Bool
    let photos: [PhotoID]
    /// Whether the change was itself an undo, which is not undone again.
    let isUndo: Bool
}

/// Where the screen's parts are.
struct Layout {
    let top: Rect
    let wall: Rect
    let scrubber: Rect
    let details: Rect
    let footer: Rect
    let isTooSmall: Bool

    static let minimum = GridSize(columns: 24, rows: 8)

    init(_ size: GridSize) {
        isTooSmall = size.columns < Layout.minimum.columns || size.rows < Layout.minimum.rows
        var rest = Rect(size)
        (top, rest) = rest.splitTop(1)
        (footer, rest) = rest.splitBottom(1)
        (details, rest) = rest.splitBottom(1)
        (scrubber, wall) = rest.splitRight(size.columns >= 48 ? 7 : 0)
    }

    /// Between the top line and the footer: what the viewer has.
    var body: Rect {
        Rect(row: top.endRow, column: 0, rows: max(0, details.row - top.endRow), columns: top.columns)
    }
}

extension AppState {
    /// Whether a first frame now would show boxes that photos replace at once, or queues that are on their way.
    public var isWaitingForContent: Bool {
        if isOnConsole { return console?.queues.listing == nil && console?.poll.error == nil }
        return switch timeline.phase {
        case .loading: true
        case .failed: false
        case .ready: !timeline.layout.isEmpty && timeline.cursorEntry == nil
        }
    }
}
