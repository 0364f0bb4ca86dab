/// Tags as a person types them: between commas, after a dash those to be taken away. One that has a comma in it stands in quotes,
/// `"Summer, fun"`, in which a doubled quote is one.
struct TypedTags {
    struct Word: Hashable {
        var text = ""
        var isRemoved = false
    }

    /// The last is what is being typed; it may be empty.
    private(set) var words: [Word] = []
    /// What stands in front of the last word's text, in front of its quote, too.
    private(set) var beginning = ""

    init(_ text: String) {
        var rest = text[...]
        while true {
            rest = rest.drop { $0 == " " }
            var word = Word()
            if rest.first == "-" {
                word.isRemoved = true
                rest = rest.dropFirst()
            }
            beginning = String(text[..<rest.startIndex])
            if rest.first == "\"" {
                rest = rest.dropFirst()
                while let next = rest.first {
                    rest = rest.dropFirst()
                    if next == "\"" {
                        guard rest.first == "\"" else { break }
                        rest = rest.dropFirst()
                    }
                    word.text.append(next)
                }
                rest = rest.drop { $0 != "," }
            } else {
                word.text = String(rest.prefix { $0 != "," })
                rest = rest.dropFirst(word.text.count)
            }
            words.append(word)
            if rest.isEmpty { return }
            rest = rest.dropFirst()
        }
    }

    /// A name as it has to be typed.
    static func typed(_ name: String) -> String {
        guard name.contains(",") || name.hasPrefix("\"") || name.hasPrefix("-") else { return name }
        return "\"" + name.replacing("\"", with: "\"\"") + "\""
    }
}
