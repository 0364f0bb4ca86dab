/// What the mouse did.
public struct MouseEvent: Hashable, Sendable {
    public enum Button: Hashable, Sendable { case left, middle, right }
    public enum Action: Hashable, Sendable {
        case press(Button)
        case release(Button)
        /// Moved with the button held.
        case drag(Button)
        case wheelUp
        case wheelDown
    }

    public var action: Action
    public var position: Position
    public var modifiers: KeyModifiers

    public init(_ action: Action, at position: Position, modifiers: KeyModifiers = []) {
        self.action = action
        self.position = position
        self.modifiers = modifiers
    }
}

/// What comes from the person or the terminal.
public enum InputEvent: Hashable, Sendable {
    case key(KeyPress)
    case mouse(MouseEvent)
    /// Text pasted in one go, with its line breaks; it is foreign text and not display-escaped.
    case paste(String)
    case resize(GridSize)
    /// The terminal's window got or lost the keyboard.
    case focus(Bool)
    /// The program is in the foreground again after ctrl-z; the screen has to be presented anew.
    case resumed
    /// The terminal is gone, or the program is asked to end (SIGTERM, SIGHUP): leave at once.
    case closed
}
