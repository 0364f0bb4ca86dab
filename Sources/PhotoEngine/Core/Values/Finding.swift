/// One thing that an examination looked at, and what came of it.
public struct Finding: Hashable, Sendable {
    public enum Status: Sendable {
        case ok, warning, fail
    }

    public let name: String
    public let status: Status
    /// What was found; may hold untrusted text, and never a secret.
    public let value: String
    /// What the reader can do next; nil when nothing.
    public let whatToDo: String?

    public init(_ name: String, _ status: Status, _ value: String, whatToDo: String? = nil) {
        (self.name, self.status) = (name, status)
        (self.value, self.whatToDo) = (value, whatToDo.flatMap { $0.isEmpty ? nil : $0 })
    }

    /// What an error says.
    public init(_ name: String, failed error: any Error) {
        let known = error as? EngineError
        self.init(
            name, .fail, known?.whatHappened ?? "the question failed", whatToDo: known?.whatToDo)
    }
}
