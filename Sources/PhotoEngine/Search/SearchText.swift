public import Core

/// One line as people type it, and the query it means.
///
/// Words, each of which must be found somewhere; `"several words"` that stand together; `-word` for what must not be found;
/// `OR` between two of which one is enough; fields as `camera:x100` (`SearchField.all`); dates as `2021`, `2021-07`,
/// `2019..2021` and `july`. A year or month that stands alone is also looked for as a word.
public enum SearchText {
    /// So many terms at most: each asks the catalogue something.
    public static let mostTerms = 64

    /// Throws the first `SearchFault`. An empty text means the empty query.
    public static func query(_ text: String) throws(SearchFault) -> SearchQuery {
        var clauses: [SearchQuery.Clause] = []
        var joins: Token?
        var count = 0
        for token in tokens(text) {
            if token.isOr {
                guard !clauses.isEmpty, joins == nil else { throw lonelyOr(token) }
                joins = token
                continue
            }
            count += 1
            guard count <= mostTerms else {
                throw SearchFault("a search has \(mostTerms) terms at most", at: token.place)
            }
            let parts = try self.parts(token)
            if joins != nil {
                clauses[clauses.count - 1].parts += parts
                joins = nil
            } else if token.isExcluded, parts.count > 1 {
                // Neither of what it may mean.
                clauses += parts.map { SearchQuery.Clause([$0]) }
            } else {
                clauses.append(SearchQuery.Clause(parts))
            }
        }
        if let joins { throw lonelyOr(joins) }
        return SearchQuery(clauses)
    }

    private static func lonelyOr(_ token: Token) -> SearchFault {
        SearchFault("OR stands between two terms", whatToDo: "to look for the word, write it small", at: token.place)
    }

    private static func parts(_ token: Token) throws(SearchFault) -> [SearchQuery.Part] {
        do {
            return try conditions(token).map { SearchQuery.Part($0.condition, isExcluded: $0.isExcluded) }
        } catch let refusal as SearchValue.Refusal {
            throw SearchFault(refusal.whatHappened, whatToDo: refusal.whatToDo, at: token.valuePlace)
        } catch let fault as SearchFault {
            throw fault
        } catch {
            throw SearchFault("\(error)", at: token.place)
        }
    }

    private typealias Found = (condition: SearchQuery.Condition, isExcluded: Bool)

    private static func conditions(_ token: Token) throws -> [Found] {
        guard let name = token.field else {
            if token.isQuoted { return [(.text(try words(token)), token.isExcluded)] }
            guard let date = try SearchValue.date(token.value) else {
                return [(.text(try words(token)), token.isExcluded)]
            }
            guard let word = SearchWords(token.value, isQuoted: false), isWordToo(token.value) else {
                return [(date, token.isExcluded)]
            }
            return [(date, token.isExcluded), (.text(word), token.isExcluded)]
        }
        guard let field = SearchField.named(name) else { throw unknown(name, token) }
        guard !token.value.isEmpty else {
            throw SearchFault(
                "\(field.name): needs a value", whatToDo: "as \(field.example)",
                at: token.place.upperBound..<token.place.upperBound)
        }
        switch field.value {
        case .name(let name): return [(.name(name, try words(token)), token.isExcluded)]
        case .number(let number):
            return [(.number(number, try SearchValue.bounds(token.value, of: number)), token.isExcluded)]
        case .date:
            guard let date = try SearchValue.signedDate(token.value) else {
                throw SearchValue.Refusal(
                    whatHappened: "\(token.value) is no date",
                    whatToDo: "write 2021, 2021-07, 2021-07-14, 2019..2021, 2020.. or july")
            }
            return [(date, token.isExcluded)]
        case .state: return [(.state(try choice(SearchField.states, field, token)), token.isExcluded)]
        case .lack: return [(.lacks(try choice(SearchField.lacks, field, token)), token.isExcluded)]
        case .has: return [(.lacks(try choice(SearchField.lacks, field, token)), !token.isExcluded)]
        case .media:
            if ["video", "videos", "movie"].contains(token.value.lowercased()) { return [(.video, token.isExcluded)] }
            return [(.media(try choice(SearchField.media, field, token)), token.isExcluded)]
        case .near: return [(try SearchValue.near(token.value), token.isExcluded)]
        }
    }

    /// Years and names of months alone, which may be meant as words as well.
    private static func isWordToo(_ text: String) -> Bool { !text.contains("-") && !text.contains("..") }

    private static func words(_ token: Token) throws -> SearchWords {
        guard let words = SearchWords(token.value, isQuoted: token.isQuoted) else {
            throw SearchFault("there is no letter or digit to look for", at: token.place)
        }
        return words
    }

    private static func choice<Choice>(_ choices: [String: Choice], _ field: SearchField, _ token: Token) throws
        -> Choice
    {
        if let choice = choices[token.value.lowercased()] { return choice }
        let near = NearestNames.of(token.value, among: field.choices).first
        throw SearchValue.Refusal(
            whatHappened: "\(field.name): has no \(token.value)",
            whatToDo: near.map { "did you mean \(field.name):\($0)?" }
                ?? "it can be \(field.choices.joined(separator: ", "))")
    }

    private static func unknown(_ name: String, _ token: Token) -> SearchFault {
        let near = NearestNames.of(name, among: SearchField.all.flatMap(\.names)).first
        let start = token.place.lowerBound + (token.isExcluded ? 1 : 0)
        return SearchFault(
            "there is no field \(name)",
            whatToDo: near.map { "did you mean \($0):?" } ?? "to look for the text itself, put it in quotes",
            at: start..<start + name.count + 1)
    }
}

extension SearchText {
    /// What stands between blanks.
    struct Token {
        /// In characters of the text.
        var place: Range<Int>
        var isExcluded = false
        /// As it was written, without the colon.
        var field: String?
        /// Without quotes.
        var value = ""
        var valuePlace: Range<Int>
        var isQuoted = false

        var isOr: Bool { !isExcluded && field == nil && !isQuoted && (value == "OR" || value == "|") }
    }

    static func tokens(_ text: String) -> [Token] {
        let characters = Array(text)
        var tokens: [Token] = []
        var index = 0
        while index < characters.count {
            if characters[index].isWhitespace {
                index += 1
                continue
            }
            let start = index
            var token = Token(place: start..<start, valuePlace: start..<start)
            if characters[index] == "-", index + 1 < characters.count, !characters[index + 1].isWhitespace {
                token.isExcluded = true
                index += 1
            }
            var end = index
            while end < characters.count, characters[end].isASCII, characters[end].isLetter { end += 1 }
            if end > index, end < characters.count, characters[end] == ":" {
                token.field = String(characters[index..<end])
                index = end + 1
            }
            let value = index
            if index < characters.count, characters[index] == "\"" {
                token.isQuoted = true
                index += 1
                let first = index
                // One that isn't closed goes on to the end: people see what they find while they type.
                while index < characters.count, characters[index] != "\"" { index += 1 }
                token.value = String(characters[first..<index])
                if index < characters.count { index += 1 }
            } else {
                while index < characters.count, !characters[index].isWhitespace { index += 1 }
                token.value = String(characters[value..<index])
            }
            token.valuePlace = value..<index
            token.place = start..<index
            tokens.append(token)
        }
        return tokens
    }
}
