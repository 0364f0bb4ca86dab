/// Finds the note of each file in one folder of a Takeout, by the names that Google gives to both.
///
/// A note is called as its file with `.json` behind, or `.supplemental-metadata.json`, cut so that the whole has 51 characters. A
/// second file of a name has `(1)` before its ending, its note at the end. An edited version (`-edited`, in the
/// language of the account) and the film of a live photo have no note of their own, and take that of the photo.
struct TakeoutMatching {
    /// How a note was found.
    enum Rule: String, Sendable, CaseIterable {
        /// `IMG_1.jpg.json`
        case exact
        /// `IMG_1.jpg.supplemental-metadata.json`, also cut
        case supplemental
        /// `IMG_1(1).jpg` and `IMG_1.jpg(1).json`
        case numbered
        /// The name was cut, with the note's ending or without.
        case truncated
        /// `IMG_1.json`
        case withoutEnding = "without_ending"
        /// `IMG_1-edited.jpg` has that of `IMG_1.jpg`.
        case edited
        /// `IMG_1.MP4` has that of `IMG_1.HEIC`, and the other way round.
        case livePhoto = "live_photo"
        /// The same picture in another folder has one.
        case copy

        var words: String {
            switch self {
            case .exact: "by name"
            case .supplemental: "as supplemental metadata"
            case .numbered: "by name and number"
            case .truncated: "by a name that was cut"
            case .withoutEnding: "by a name without its ending"
            case .edited: "edited, by the original"
            case .livePhoto: "by the other part of a live photo"
            case .copy: "by the same picture elsewhere"
            }
        }
    }

    struct Match: Hashable, Sendable {
        let note: String
        let rule: Rule
    }

    /// For each file that has one, its note.
    private(set) var matches: [String: Match] = [:]
    /// `titles` has for each note the name that its file was uploaded under.
    private let files: [Name]
    private let titles: [String: String]

    init(files: [String], notes titles: [String: String]) {
        self.files = files.sorted().map(Name.init)
        self.titles = titles
        let notes = titles.keys.sorted().map(Note.init)
        var free = notes
        func take(_ rule: (Note) -> (file: Name, rule: Rule)?) {
            free.removeAll { note in
                guard let found = rule(note) else { return false }
                matches[found.file.text] = Match(note: note.text, rule: found.rule)
                return true
            }
        }
        // What says most goes first, for all notes: a name that fits exactly is never taken by one that was cut.
        let byName = Dictionary(self.files.map { ($0.text, $0) }, uniquingKeysWith: { first, _ in first })
        func unmatched(_ name: String) -> Name? { byName[name].flatMap { matches[$0.text] == nil ? $0 : nil } }
        take { note in
            guard note.number == nil else { return nil }
            return unmatched(note.stem).map { ($0, $0.number == nil ? .exact : .numbered) }
        }
        take { note in
            note.number.flatMap { number in unmatched(Name(note.stem).numbered(number)) }.map { ($0, .numbered) }
        }
        take { note in
            note.withoutSupplement.compactMap { stem in
                unmatched(note.number.map { Name(stem).numbered($0) } ?? stem)
            }.first.map { ($0, .supplemental) }
        }
        // Folders have tens of thousands of files: none is compared with all others.
        let byStart = Dictionary(grouping: self.files) { String($0.text.prefix(Self.start)) }
        take { note in
            guard note.isCut else { return nil }
            let stems = [note.stem] + note.withoutSupplement
            let found = (byStart[String(note.stem.prefix(Self.start))] ?? []).filter { file in
                matches[file.text] == nil && file.number == note.number
                    && stems.contains { file.unnumbered.hasPrefix($0) }
            }
            // An edited version is longer by its ending; of others that were cut alike, the title tells.
            let originals = found.filter { file in !found.contains { $0.text != file.text && file.isEdited(of: $0) } }
            if originals.count == 1 { return (originals[0], .truncated) }
            return originals.first { $0.isCut(from: titles[note.text] ?? "") }.map { ($0, .truncated) }
        }
        let byStem = Dictionary(grouping: self.files, by: \.stem)
        take { note in
            byStem[note.stem[...]]?.first { matches[$0.text] == nil && $0.number == note.number }
                .map { ($0, .withoutEnding) }
        }
        takeFromOthers { file in
            let ends = file.stem.indices.filter { file.stem[$0] == "-" }
            let others = ends.reversed().flatMap { byStem[file.stem[..<$0]] ?? [] }
            return others.filter { file.isEdited(of: $0) }.map { ($0, .edited) }
        }
        takeFromOthers { file in
            (byStem[file.stem] ?? []).filter { $0.number == file.number && $0.isVideo != file.isVideo }
                .map { ($0, .livePhoto) }
        }
    }

    /// Of a name that was cut so much is there.
    private static let start = 30

    /// Gives files without a note that of the first of those which `rule` says they belong to.
    private mutating func takeFromOthers(_ rule: (Name) -> [(Name, Rule)]) {
        for file in files where matches[file.text] == nil {
            for (other, rule) in rule(file) {
                guard let match = matches[other.text] else { continue }
                matches[file.text] = Match(note: match.note, rule: rule)
                break
            }
        }
    }

    /// The name of a file: `stem(number).ending`.
    struct Name {
        let text: String
        let stem: Substring
        let number: Int?
        let ending: Substring

        init(_ text: String) {
            self.text = text
            let dot = text.lastIndex(of: ".").flatMap { $0 > text.startIndex ? $0 : nil } ?? text.endIndex
            ending = text[dot...]
            (stem, number) = TakeoutMatching.split(text[..<dot])
        }

        var unnumbered: String { String(stem + ending) }

        func numbered(_ number: Int) -> String { "\(stem)(\(number))\(ending)" }

        /// Whether what stands behind the other's stem is a dash and a word, in whatever language, or the beginning of one.
        func isEdited(of other: Name) -> Bool {
            guard number == other.number, stem.count > other.stem.count, stem.hasPrefix(other.stem), !isVideo else {
                return false
            }
            let rest = stem.dropFirst(other.stem.count)
            return rest.first == "-" && rest.count > 1 && rest.dropFirst().allSatisfy { $0.isLetter }
        }

        func isCut(from title: String) -> Bool {
            let stem = Name(title).stem
            return !self.stem.isEmpty && TakeoutMatching.safe(stem).hasPrefix(self.stem)
        }

        var isVideo: Bool { TakeoutMatching.videoEndings.contains(ending.dropFirst().lowercased()) }
    }

    /// The name of a note, without `.json`: `stem(number)`.
    private struct Note {
        let text: String
        let stem: String
        let number: Int?

        init(_ text: String) {
            self.text = text
            let (stem, number) = TakeoutMatching.split(text.dropLast(5))
            (self.stem, self.number) = (String(stem), number)
        }

        /// Without what may be the beginning of `.supplemental-metadata`, the most of it first.
        var withoutSupplement: [String] {
            guard let dot = stem.lastIndex(of: ".") else { return [] }
            let rest = stem[stem.index(after: dot)...]
            return TakeoutMatching.supplement.hasPrefix(rest) ? [String(stem[..<dot])] : []
        }

        /// Google cuts a note's name to 46 characters before `.json`; some exports count bytes, some UTF-16.
        var isCut: Bool { max(stem.utf16.count, stem.utf8.count) >= 45 }
    }

    private static let supplement = "supplemental-metadata"

    static let videoEndings: Set<String> = [
        "mp4", "mov", "m4v", "avi", "mkv", "3gp", "3g2", "mpg", "mpeg", "webm", "mts", "m2ts", "wmv", "mp", "mv",
    ]

    /// What Google writes in place of characters that a file's name can't have.
    private static func safe(_ name: Substring) -> String {
        String(name.map { "&<>:\"/\\|?*%'+".contains($0) ? "_" : $0 })
    }

    private static func split(_ stem: Substring) -> (stem: Substring, number: Int?) {
        guard stem.last == ")", let open = stem.lastIndex(of: "("), open > stem.startIndex else { return (stem, nil) }
        let digits = stem[stem.index(after: open)...].dropLast()
        guard (1...4).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits)
        else { return (stem, nil) }
        return (stem[..<open], number)
    }
}
