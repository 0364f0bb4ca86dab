/// What photos are looked for, as typed text was understood. Photos in the trash and archived ones are found only where a
/// condition names them.
public struct SearchQuery: Hashable, Sendable {
    /// All of these hold.
    public var clauses: [Clause]

    public init(_ clauses: [Clause] = []) { self.clauses = clauses }

    public var isEmpty: Bool { clauses.isEmpty }

    /// One of these parts holds.
    public struct Clause: Hashable, Sendable {
        public var parts: [Part]

        public init(_ parts: [Part]) { self.parts = parts }
    }

    public struct Part: Hashable, Sendable {
        public var condition: Condition
        /// Whether it must not hold.
        public var isExcluded: Bool

        public init(_ condition: Condition, isExcluded: Bool = false) {
            (self.condition, self.isExcluded) = (condition, isExcluded)
        }
    }

    public enum Condition: Hashable, Sendable {
        /// Anywhere: the file's name, caption, keywords, camera, lens, place, a tag or the name of an album.
        case text(SearchWords)
        /// In what one thing is called.
        case name(Name, SearchWords)
        case number(Number, SearchBounds)
        /// From a moment of the wall clock to before another, in microseconds as `CaptureTime` has them.
        case taken(Range<Int64>)
        /// Of any year; 1 to 12.
        case monthOfYear(Int)
        case state(State)
        case lacks(Lack)
        case media(MediaType)
        /// What the catalogue doesn't have: nothing is found.
        case video
        case near(latitude: Double, longitude: Double, metres: Double)
    }

    public enum Name: String, Sendable, CaseIterable {
        case camera, lens, place, album, tag
    }

    /// Each in the unit that `PhotoMetadata` and `Photo` have it in.
    public enum Number: String, Sendable, CaseIterable {
        case iso, aperture, shutter, focalLength, rating, byteCount, width, height
    }

    public enum State: String, Sendable, CaseIterable {
        case favourite, archived, trashed, missing, unreadable
    }

    public enum Lack: String, Sendable, CaseIterable {
        case position, date, place, tag, album, caption, rating, camera, lens
    }
}

/// Words that stand one behind the other.
public struct SearchWords: Hashable, Sendable {
    /// As `FoldedText` has them; not empty.
    public let words: [String]
    /// Whether the last word must be whole: else it may be the beginning of one.
    public let isWhole: Bool

    /// nil for text without a word.
    public init?(_ text: String, isQuoted: Bool) {
        words = FoldedText.words(text)
        guard let last = words.last else { return nil }
        // A letter alone begins too much.
        isWhole = isQuoted || last.unicodeScalars.count < 2
    }

    public init(words: [String], isWhole: Bool) { (self.words, self.isWhole) = (words, isWhole) }

    /// What is part of `FoldedText.spaced` where these words are.
    public var pattern: String { " " + words.joined(separator: " ") + (isWhole ? " " : "") }

    public func matches(spaced text: String) -> Bool { text.utf8.firstRange(of: pattern.utf8) != nil }
}

/// From a number to another, each with whether it is among them.
public struct SearchBounds: Hashable, Sendable {
    public struct Bound: Hashable, Sendable {
        public let value: Double
        public let isIncluded: Bool

        public init(_ value: Double, isIncluded: Bool) { (self.value, self.isIncluded) = (value, isIncluded) }
    }

    public var lower: Bound?
    public var upper: Bound?

    public init(lower: Bound? = nil, upper: Bound? = nil) { (self.lower, self.upper) = (lower, upper) }

    public func contains(_ value: Double) -> Bool {
        if let lower, value < lower.value || value == lower.value && !lower.isIncluded { return false }
        if let upper, value > upper.value || value == upper.value && !upper.isIncluded { return false }
        return true
    }
}

/// Spelling mistakes that are forgiven. A word of letters alone, of four or more, that no word of the library equals or begins
/// with is taken for the words that begin with the same letter and are one change apart, or two from eight letters on: a
/// letter more, less or another, or two neighbours swapped. At most `most` of them: the nearest, then those on the most photos.
public enum Misspelling {
    public static let most = 8

    /// How many changes are forgiven; 0 where the word is meant as it is.
    public static func changes(in word: String) -> Int {
        let count = word.unicodeScalars.count
        guard count >= 4, word.unicodeScalars.allSatisfy(\.properties.isAlphabetic) else { return 0 }
        return count >= 8 ? 2 : 1
    }

    /// Words that may have been meant, of `words` with how many photos each has.
    public static func meant(by word: String, among words: [String: Int]) -> [String] {
        let most = changes(in: word)
        guard most > 0, let first = word.unicodeScalars.first else { return [] }
        let letters = Array(word.unicodeScalars)
        let near = words.compactMap { other, count -> (word: String, distance: Int, count: Int)? in
            let others = Array(other.unicodeScalars)
            guard others.first == first, abs(others.count - letters.count) <= most else { return nil }
            let distance = NearestNames.distance(letters, others)
            return distance <= most ? (other, distance, count) : nil
        }
        return near.sorted { ($0.distance, -$0.count, $0.word) < ($1.distance, -$1.count, $1.word) }
            .prefix(Self.most).map(\.word)
    }
}

/// Photos that a search found, newest first, and what there is to say of it.
public struct SearchPage: Hashable, Sendable {
    public let entries: [TimelineEntry]
    public let notes: [SearchNote]

    public init(entries: [TimelineEntry], notes: [SearchNote]) { (self.entries, self.notes) = (entries, notes) }
}

/// What somebody who reads a search's results should know of how it was understood. Words are untrusted.
public enum SearchNote: Hashable, Sendable, CustomStringConvertible {
    /// No photo has the word: these were looked for in its place.
    case takenFor(String, [String])
    /// Nothing of the library is called so.
    case unknown(SearchQuery.Name, String)
    case noPlaces
    case noVideos

    public var description: String {
        switch self {
        case .takenFor(let word, let meant): "\(word) is nowhere: looked for \(meant.joined(separator: ", "))"
        case .unknown(let name, let text): "no \(name.rawValue) has \(text) in its name"
        case .noPlaces: "no photo has a place yet"
        case .noVideos: "videos are not read: none are in the library"
        }
    }
}

/// How many photos were found, counted no further than asked.
public struct SearchCount: Hashable, Sendable {
    public let count: Int
    /// Whether there are more.
    public let isBounded: Bool

    public init(count: Int, isBounded: Bool) { (self.count, self.isBounded) = (count, isBounded) }
}

/// A value that can complete what was typed, with how many photos have it.
public struct SearchSuggestion: Hashable, Sendable {
    /// Untrusted.
    public let text: String
    public let photoCount: Int

    public init(text: String, photoCount: Int) { (self.text, self.photoCount) = (text, photoCount) }
}

/// A search somebody made.
public struct PastSearch: Hashable, Sendable {
    public let text: String
    /// Unix microseconds of the last time.
    public let searchedAt: Int64

    public init(text: String, searchedAt: Int64) { (self.text, self.searchedAt) = (text, searchedAt) }
}
