/// What is wrong with a message, and what a Celery worker that takes it was seen to do.
public struct Poison: Hashable, Sendable, CustomStringConvertible {
    /// The worse, the later.
    public enum Effect: Int, Comparable, CaseIterable, Sendable {
        /// Unless its configuration takes such content.
        case refused
        /// With a line in the worker's log, and without a result.
        case dropped
        /// And the worker connects anew.
        case lost
        /// Or, where it acknowledges late, kept unacknowledged, so that one place less is there for others.
        case kept
        /// And the message is lost.
        case ends
        /// The worker gives it back, connects anew and takes it again, for ever.
        case stalls
        /// The message goes back, and the next worker ends, too.
        case endsAgain

        public static func < (left: Effect, right: Effect) -> Bool { left.rawValue < right.rawValue }
    }

    /// `it has no content-type`
    public let fault: String
    public let effect: Effect

    public init(_ fault: String, _ effect: Effect) {
        (self.fault, self.effect) = (fault, effect)
    }

    /// Content that other workers may well take is no poison, only nothing that is read here.
    public var isHarmful: Bool { effect > .refused }
    /// Whether a worker stops working over it, in whole or in part.
    public var isDeadly: Bool { effect >= .kept }

    public var consequence: String {
        switch effect {
        case .refused: "not read here; a Celery worker drops it unless its accept_content has it"
        case .dropped: "a Celery worker drops it, and only its log tells"
        case .lost: "a Celery worker loses it"
        case .kept: "a Celery worker drops it or, with acks_late, keeps it and a place for it until it ends"
        case .ends: "a Celery worker that takes it ends, and the message is lost"
        case .stalls: "a Celery worker breaks off over it again and again, and runs nothing more"
        case .endsAgain: "a Celery worker that takes it ends, again at each restart"
        }
    }

    public var description: String { "\(fault): \(consequence)" }
}
