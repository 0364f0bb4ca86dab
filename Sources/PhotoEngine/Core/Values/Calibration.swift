/// What a person says of two photos that a scan put into one cluster.
public struct CalibrationAnswer: Hashable, Sendable {
    /// The lower id first, however they were given.
    public let first: PhotoID
    public let second: PhotoID
    /// Bits in which the hashes differ, once both are turned alike.
    public let distance: Int
    /// Whether they show the same picture.
    public let isSame: Bool

    public init(_ one: PhotoID, _ other: PhotoID, distance: Int, isSame: Bool) {
        (first, second) = (min(one, other), max(one, other))
        self.distance = distance
        self.isSame = isSame
    }
}

/// How often people found that photos so far apart show the same.
public struct CalibrationCount: Hashable, Sendable {
    /// Bits.
    public let distance: Int
    public let answers: Int
    /// Of the answers, how many say that it is the same picture.
    public let same: Int

    public init(distance: Int, answers: Int, same: Int) {
        self.distance = distance
        self.answers = answers
        self.same = same
    }
}

/// How far apart photos of this library may be to be resolved many at a time, as a person chose it.
public struct Calibration: Hashable, Sendable {
    /// The precision asked for: at least this share of what lies within `distance` is to be the same picture.
    public let precision: Double
    /// Bits; nil where the answers don't show the precision at any distance.
    public let distance: Int?
    /// How many answers it rests on.
    public let answers: Int
    /// Unix microseconds.
    public let calibratedAt: Int64
    public let actor: String

    public init(precision: Double, distance: Int?, answers: Int, calibratedAt: Int64, actor: String) {
        self.precision = precision
        self.distance = distance
        self.answers = answers
        self.calibratedAt = calibratedAt
        self.actor = actor
    }
}
