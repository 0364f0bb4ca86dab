/// Where there is something that will not be tried again by itself.
public enum DeadSource: String, CaseIterable, Hashable, Sendable {
    /// A message that is kept on the broker.
    case letter
    /// A library's, in its catalogue.
    case job
    /// It failed in a worker that keeps no message; the broker's history knows of it.
    case task

    public var noun: String {
        switch self {
        case .letter: "dead letter"
        case .job: "dead job"
        case .task: "failed task"
        }
    }
}
