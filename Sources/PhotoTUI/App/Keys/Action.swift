/// Everything a key can do. The raw value is the name in the config file.
public enum Action: String, CaseIterable, Sendable {
    case moveLeft = "move_left"
    case moveRight = "move_right"
    case moveUp = "move_up"
    case moveDown = "move_down"
    case halfPageDown = "half_page_down"
    case halfPageUp = "half_page_up"
    case pageDown = "page_down"
    case pageUp = "page_up"
    case goFirst = "go_first"
    case goLast = "go_last"
    case previousMonth = "previous_month"
    case nextMonth = "next_month"
    case openPhoto = "open_photo"
    case toggleMark = "toggle_mark"
    case toggleRange = "toggle_range"
    case clear
    case toggleFavourite = "toggle_favourite"
    case undo
    case largerThumbnails = "larger_thumbnails"
    case smallerThumbnails = "smaller_thumbnails"
    case filter
    case jump
    case nextPhoto = "next_photo"
    case previousPhoto = "previous_photo"
    case zoomIn = "zoom_in"
    case zoomOut = "zoom_out"
    case zoomFit = "zoom_fit"
    case zoomActual = "zoom_actual"
    case panLeft = "pan_left"
    case panRight = "pan_right"
    case panUp = "pan_up"
    case panDown = "pan_down"
    case slideshow
    case toggleInfo = "toggle_info"
    case closeViewer = "close_viewer"
    case copyPath = "copy_path"
    case lastView = "last_view"
    case nextView = "next_view"
    case acceptLoss = "accept_loss"
    case nextTheme = "next_theme"
    case palette
    case help
    case repaint
    case suspend
    case quit
}

/// Where an action's keys hold.
public enum KeyContext: String, CaseIterable, Sendable {
    case timeline, viewer

    /// As help heads its sections.
    public var title: String {
        switch self {
        case .timeline: "Timeline"
        case .viewer: "Viewer"
        }
    }
}

/// What the one table of actions says of each.
public struct ActionDescription: Sendable {
    public let action: Action
    /// Begins with a verb, no full stop.
    public let title: String
    /// One word for the footer.
    public let shortTitle: String
    /// Key names as `KeyPress` reads them.
    public let defaultKeys: [String]
    public let contexts: [KeyContext]
    /// Place among the footer's hints; nil leaves it out.
    public let footerRank: Int?

    init(
        _ action: Action, _ title: String, _ shortTitle: String, _ keys: [String], _ contexts: [KeyContext],
        footer: Int? = nil
    ) {
        (self.action, self.title, self.shortTitle) = (action, title, shortTitle)
        (self.defaultKeys, self.contexts, self.footerRank) = (keys, contexts, footer)
    }

    /// Every action once, in the order help shows them.
    public static let all: [ActionDescription] = [
        .init(.moveLeft, "Go left", "left", ["h", "left"], [.timeline]),
        .init(.moveRight, "Go right", "right", ["l", "right"], [.timeline]),
        .init(.moveUp, "Go up", "up", ["k", "up"], [.timeline]),
        .init(.moveDown, "Go down", "down", ["j", "down"], [.timeline]),
        .init(.halfPageDown, "Go half a screen down", "half down", ["ctrl-d"], [.timeline]),
        .init(.halfPageUp, "Go half a screen up", "half up", ["ctrl-u"], [.timeline]),
        .init(.pageDown, "Go a screen down", "page down", ["pagedown", "ctrl-f"], [.timeline]),
        .init(.pageUp, "Go a screen up", "page up", ["pageup", "ctrl-b"], [.timeline]),
        .init(.goFirst, "Go to the newest photo", "newest", ["g", "home"], [.timeline, .viewer]),
        .init(.goLast, "Go to the oldest photo", "oldest", ["G", "end"], [.timeline, .viewer]),
        .init(.previousMonth, "Go to the newer month", "newer month", ["["], [.timeline]),
        .init(.nextMonth, "Go to the older month", "older month", ["]"], [.timeline]),
        .init(.jump, "Jump to a date", "jump", ["J"], [.timeline], footer: 4),
        .init(.filter, "Show only photos that match", "filter", ["/"], [.timeline], footer: 3),
        .init(.openPhoto, "Open the photo", "open", ["enter"], [.timeline], footer: 0),
        .init(.toggleMark, "Mark or unmark the photo", "mark", ["space"], [.timeline, .viewer], footer: 1),
        .init(
            .toggleRange, "Start a range here, or mark the range", "range", ["v", "ctrl-space"], [.timeline]),
        .init(.clear, "Drop range, marks or filter", "clear", ["esc"], [.timeline]),
        .init(
            .toggleFavourite, "Make it a favourite, or no longer", "favourite", ["f"], [.timeline, .viewer],
            footer: 2),
        .init(.undo, "Undo the last change", "undo", ["u"], [.timeline, .viewer]),
        .init(.largerThumbnails, "Show larger thumbnails", "larger", ["+", "="], [.timeline]),
        .init(.smallerThumbnails, "Show smaller thumbnails", "smaller", ["-"], [.timeline]),
        .init(.nextPhoto, "Show the next photo", "next", ["n", "pagedown", "ctrl-f"], [.viewer], footer: 0),
        .init(.previousPhoto, "Show the photo before", "before", ["p", "pageup", "ctrl-b"], [.viewer]),
        .init(.zoomIn, "Zoom in", "zoom", ["+", "="], [.viewer], footer: 3),
        .init(.zoomOut, "Zoom out", "out", ["-"], [.viewer]),
        .init(.zoomFit, "Fit the whole photo", "fit", ["0"], [.viewer]),
        .init(.zoomActual, "Show the photo's own pixels", "1:1", ["1"], [.viewer]),
        .init(.panLeft, "Pan left; the photo before when all of it shows", "left", ["h", "left"], [.viewer]),
        .init(.panRight, "Pan right; the next photo when all of it shows", "right", ["l", "right"], [.viewer]),
        .init(.panUp, "Pan up", "up", ["k", "up"], [.viewer]),
        .init(.panDown, "Pan down", "down", ["j", "down"], [.viewer]),
        .init(.slideshow, "Start or stop the slideshow", "slideshow", ["s"], [.viewer], footer: 5),
        .init(.toggleInfo, "Show or hide what is known of the photo", "info", ["i"], [.viewer], footer: 4),
        .init(.closeViewer, "Go back to the timeline", "back", ["q", "esc", "enter"], [.viewer], footer: 6),
        .init(.copyPath, "Copy the path to the clipboard", "copy path", ["y"], [.timeline, .viewer]),
        .init(.lastView, "Go to the view before", "last view", ["\\", "backspace"], [.timeline, .viewer]),
        .init(.nextView, "Go to the next view", "next view", ["tab"], [.timeline, .viewer]),
        .init(.acceptLoss, "Mark vanished files as missing", "missing", ["M"], [.timeline]),
        .init(.nextTheme, "Use the next theme", "theme", ["T"], [.timeline, .viewer]),
        .init(.palette, "Find any action by its name", "actions", [":"], [.timeline, .viewer], footer: 8),
        .init(.help, "Show what the keys do", "help", ["?", "f1"], [.timeline, .viewer], footer: 9),
        .init(.repaint, "Paint the screen anew", "repaint", ["ctrl-l"], [.timeline, .viewer]),
        .init(.suspend, "Go back to the shell for a while", "suspend", ["ctrl-z"], [.timeline, .viewer]),
        .init(.quit, "Leave phototui", "quit", ["q", "Q"], [.timeline], footer: 10),
    ]

    /// The description of one action.
    public static func of(_ action: Action) -> ActionDescription { byAction[action]! }

    private static let byAction = Dictionary(uniqueKeysWithValues: all.map { ($0.action, $0) })
}
