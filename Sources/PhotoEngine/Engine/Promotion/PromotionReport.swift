public import Core
public import Workflows

/// What a promotion is asked to do.
public struct PromotionRequest: Sendable {
    public enum Mode: Sendable {
        case promote, dryRun, verify
        /// Takes away what a promotion that was begun has brought.
        case abort
    }

    public var source: PromotionPlace
    public var target: PromotionPlace
    public var mode: Mode
    /// Photos whose files are missing go over as missing ones.
    public var leavesMissing: Bool
    /// Whether it goes on although the month's budget is used up.
    public var isOverBudget = false
    public var actor: String

    public init(
        from source: PromotionPlace, to target: PromotionPlace, mode: Mode, leavesMissing: Bool, actor: String
    ) {
        (self.source, self.target, self.mode) = (source, target, mode)
        (self.leavesMissing, self.actor) = (leavesMissing, actor)
    }
}

/// What became of it.
public struct PromotionReport: Sendable {
    public enum Outcome: String, Sendable {
        /// Everything is there, was verified, and is found by everybody.
        case promoted
        /// As an earlier promotion left it.
        case known
        /// Some photos can't go over as they are: nobody finds the library yet.
        case unfinished
        case planned
        /// Compared, and nothing done.
        case verified
        /// What was brought is gone again.
        case aborted
    }

    public internal(set) var outcome: Outcome
    /// What the owner is called on both sides.
    public let sourceOwner: String
    public let targetOwner: String
    public let photos: Int
    public let bytes: ByteCount
    public internal(set) var objects = ObjectTally()
    /// Rows that were compared on both sides.
    public internal(set) var rows = 0
    public internal(set) var differences: [TableDifference] = []
    /// Links that stay with the storage they were made in.
    public internal(set) var shares = 0
    /// Of live photos.
    public internal(set) var films = FilmTally()
    /// What a promotion would be refused for.
    public internal(set) var obstacles: [EngineError] = []
    /// What sending costs once, and keeping each month, in US dollars; nil where no prices are known.
    public internal(set) var price: (once: Double, monthly: Double)?

    /// Photos that came into the library since it was promoted.
    public var newPhotos: Int { differences.first { $0.table == "photos" }?.missing ?? 0 }
}

/// How far a promotion is.
public enum PromotionProgress: Sendable {
    case objects(ObjectTally)
    /// Rows of the catalogue that were written, or compared.
    case rows(Int, isVerifying: Bool)
}
