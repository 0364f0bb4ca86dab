import Core
import Testing

@Suite("Text as it is searched")
struct FoldedTextTests {
    @Test(
        "Case, accents and forms are left out, and words are runs of letters or digits",
        arguments: [
            ("Lisbôn", ["lisbon"]), ("LISBO\u{302}N", ["lisbon"]), ("IMG_2041.jpg", ["img", "2041", "jpg"]),
            ("X100V", ["x", "100", "v"]), ("ＦＵＪＩ", ["fuji"]), ("Straße ŁÓDŹ Ærø", ["strasse", "lodz", "aero"]),
            ("İstanbul ISPARTA ılıca", ["istanbul", "isparta", "ilica"]), ("ΣΊΣΥΦΟΣ", ["σισυφοσ"]),
            ("σίσυφος", ["σισυφοσ"]),
            ("東京タワー", ["東", "京", "タ", "ワ", "ー"]), ("한국", ["한국"]), ("ﬁne", ["fine"]), ("नमस्ते", ["नमस्ते"]),
            ("🎉party👨‍👩‍👧", ["🎉", "party", "👨", "👩", "👧"]), ("❤️", ["❤"]), ("it's f/1.4", ["it", "s", "f", "1", "4"]),
            ("", []), ("--- %_*", []), ("\u{301}", []),
        ] as [(String, [String])])
    func words(text: String, expected: [String]) {
        #expect(FoldedText.words(text) == expected)
    }

    @Test("What is folded stays as it is when it is folded again")
    func again() {
        for scalar in (0x20...0x2FFFF).compactMap(Unicode.Scalar.init) {
            let words = FoldedText.words("a\(scalar)b")
            #expect(FoldedText.words(words.joined(separator: " ")) == words, "U+\(String(scalar.value, radix: 16))")
        }
    }

    @Test("A beginning is found behind a blank, a whole word between two")
    func patterns() {
        let text = FoldedText.spaced(FoldedText.words("Night sky over Łódź"))
        func isFound(_ words: String, _ isQuoted: Bool = false) -> Bool {
            SearchWords(words, isQuoted: isQuoted)?.matches(spaced: text) ?? false
        }
        #expect(isFound("nig") && isFound("night sk") && isFound("LODZ", true) && isFound("sky over", true))
        #expect(!isFound("ight") && !isFound("nig", true) && !isFound("sky night") && !isFound("n"))
    }

    @Test("Few changes of long words of letters are forgiven, the nearest and commonest first")
    func misspellings() {
        let words = ["lisbon": 5, "lisboa": 9, "london": 40, "portugal": 3, "fujifilm": 1]
        #expect(Misspelling.meant(by: "lisbom", among: words) == ["lisboa", "lisbon"])
        #expect(Misspelling.meant(by: "lisobn", among: words) == ["lisbon"])
        #expect(Misspelling.meant(by: "protugla", among: words) == ["portugal"])
        for word in ["risbon", "lis", "lisbn1", "lxsxon", ""] {
            #expect(Misspelling.meant(by: word, among: words) == [])
        }
        let many = Dictionary(uniqueKeysWithValues: (0..<26).map { ("ab\(Character(Unicode.Scalar(97 + $0)!))d", $0) })
        #expect(Misspelling.meant(by: "abcd", among: many).first == "abcd")
        #expect(Misspelling.meant(by: "abcd", among: many).count == Misspelling.most)
    }
}
