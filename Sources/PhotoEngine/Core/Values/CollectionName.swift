internal import Foundation

/// What an album or a tag is called, as it was written, and what it is found by.
///
/// Blanks at the ends, and around an album's `/`, are left out; everything else is kept as it is. Throws `.invalidInput` for
/// a name that is empty, longer than `longest` bytes, or has control characters or line breaks in it.
public struct CollectionName: Hashable, Sendable {
    public let text: String
    /// Equal for names that differ in nothing but case or Unicode normalisation.
    public let key: String

    /// In bytes of UTF-8.
    public static let longest = 500

    /// `Trips/Lisbon` is nested in `Trips`, whether that is there or not.
    public static func album(_ text: String) throws -> CollectionName {
        let levels = text.split(separator: "/", omittingEmptySubsequences: false).map { trimmed(String($0)) }
        guard !levels.contains("") else {
            throw EngineError(
                .invalidInput, "an album's name can't be empty, nor a part of it between slashes",
                whatToDo: "name it as Lisbon, or nested as Trips/Lisbon")
        }
        return try CollectionName(checking: levels.joined(separator: "/"), of: "an album")
    }

    public static func tag(_ text: String) throws -> CollectionName {
        let text = trimmed(text)
        guard !text.isEmpty else { throw EngineError(.invalidInput, "a tag can't be empty") }
        return try CollectionName(checking: text, of: "a tag")
    }

    /// What any text is compared by.
    public static func key(of text: String) -> String {
        text.precomposedStringWithCanonicalMapping.lowercased().precomposedStringWithCanonicalMapping
    }

    /// Names in their order, each once.
    static func union(_ names: [String], _ others: [[String]]) -> [String] {
        if others.allSatisfy(\.isEmpty) { return names }
        return Dictionary(([names] + others).joined().map { (key(of: $0), $0) }) { first, _ in first }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
    }

    private init(checking text: String, of what: String) throws {
        guard text.utf8.count <= Self.longest else {
            throw EngineError(
                .invalidInput, "the name of \(what) has \(text.utf8.count) bytes, and may have \(Self.longest)")
        }
        guard !text.unicodeScalars.contains(where: Self.isRefused) else {
            throw EngineError(.invalidInput, "the name of \(what) can't have control characters or line breaks in it")
        }
        self.text = text
        key = Self.key(of: text)
    }

    private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    private static func trimmed(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        // No line breaks, which are refused rather than left out.
        func isBlank(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "\t" || scalar.properties.generalCategory == .spaceSeparator
        }
        while let first = scalars.first, isBlank(first) { scalars.removeFirst() }
        while let last = scalars.last, isBlank(last) { scalars.removeLast() }
        return String(scalars)
    }
}
