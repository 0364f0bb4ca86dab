/// Why the app can't have a terminal; the description says what to do.
public struct TerminalError: Error, CustomStringConvertible, Sendable {
    public let description: String
}
