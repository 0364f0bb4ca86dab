public import Core

/// Why a search can't be understood, and where.
public struct SearchFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence, without a full stop. Parts of it may be untrusted.
    public let whatHappened: String
    public let whatToDo: String
    /// The characters of the text that it is about; empty at its end.
    public let place: Range<Int>

    public init(_ whatHappened: String, whatToDo: String = "", at place: Range<Int>) {
        (self.whatHappened, self.whatToDo, self.place) = (whatHappened, whatToDo, place)
    }

    public var description: String { whatToDo.isEmpty ? whatHappened : "\(whatHappened): \(whatToDo)" }

    public var error: EngineError { EngineError(.invalidInput, whatHappened, whatToDo: whatToDo) }
}
