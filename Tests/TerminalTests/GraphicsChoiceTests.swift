import Grid
import Testing

@testable import Terminal

/// What real terminals of Debian 12 answered to `TerminalReplies.questions`, taken down by script(1).
enum RecordedReplies {
    static let kitty =
        "\u{1b}P>|kitty(0.26.5)\u{1b}\\\u{1b}_Gi=31;OK\u{1b}\\\u{1b}[6;18;9t\u{1b}]10;rgb:dddd/dddd/dddd\u{1b}\\"
        + "\u{1b}]11;rgb:0000/0000/0000\u{1b}\\\u{1b}[?62;c"
    /// `xterm -ti vt340`.
    static let xtermVT340 =
        "\u{1b}P>|XTerm(379)\u{1b}\\\u{1b}]10;rgb:0000/0000/0000\u{1b}\\\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\"
        + "\u{1b}[?63;1;2;4;6;9;15;16;22;28c"
    static let xterm =
        "\u{1b}P>|XTerm(379)\u{1b}\\\u{1b}]10;rgb:0000/0000/0000\u{1b}\\\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\"
        + "\u{1b}[?64;1;2;6;9;15;16;17;18;21;22;28c"
    static let mlterm =
        "\u{1b}[6;19;10t\u{1b}]10;rgb:0000/0000/0000\u{1b}\\\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\"
        + "\u{1b}[?63;1;2;3;4;6;7;15;18;22;29c"
}

@Suite("The choice of graphics")
struct GraphicsChoiceTests {
    private func replies(_ text: String) -> TerminalReplies {
        var parser = InputParser()
        var replies = TerminalReplies()
        #expect(parser.feed(Array(text.utf8)) == [])
        for reply in parser.takeReplies() { replies.note(reply) }
        return replies
    }

    private func choice(
        _ text: String, asked: GraphicsProtocol? = nil, _ environment: [String: String] = [:],
        colors: ColorDepth = .truecolor, isUnicode: Bool = true
    ) -> GraphicsChoice {
        GraphicsChoice(
            asked: asked, environment: environment, colorDepth: colors, isUnicode: isUnicode, replies: replies(text))
    }

    @Test("Each terminal gets the best that it answered to have")
    func best() {
        #expect(choice(RecordedReplies.kitty).way == .kitty)
        #expect(choice(RecordedReplies.xtermVT340).way == .sixel)
        #expect(choice(RecordedReplies.mlterm).way == .sixel)
        #expect(choice(RecordedReplies.xterm).way == .symbols)
        #expect(choice(RecordedReplies.xterm).reason.contains("XTerm(379)"))
        #expect(choice("").way == .symbols)
        #expect(choice("").reason.contains("not answered"))
    }

    @Test("Placeholders need a terminal that is known for them, and colours that arrive as they are")
    func placeholders() {
        let answers = RecordedReplies.kitty.replacing("0.26.5", with: "0.41.1")
            .replacing("\u{1b}[6;18;9t", with: "\u{1b}_Gi=44;OK\u{1b}\\\u{1b}[6;18;9t")
        #expect(choice(answers).way == .placeholders)
        #expect(choice(answers).possible == [.placeholders, .kitty, .symbols])
        #expect(choice(answers, colors: .indexed256).way == .kitty)
        let other = answers.replacing("kitty(0.41.1)", with: "Lenient 1.0")
        #expect(choice(other).way == .kitty)
        #expect(choice(other.replacing("[?62;c", with: "[?62;4c")).way == .sixel)
    }

    /// As its documentation says; it wasn't at hand to be asked.
    static let wezterm = "\u{1b}P>|WezTerm 20240203-110809\u{1b}\\\u{1b}[6;16;8t\u{1b}[?65;4;6;18;22c"

    @Test("iTerm2's images go to terminals known for them, by the name they tell before the environment's")
    func iTerm() {
        #expect(choice(Self.wezterm).way == .iterm2)
        #expect(choice(Self.wezterm).possible == [.iterm2, .sixel, .symbols])
        let nameless = "\u{1b}[?62;4c"
        #expect(choice(nameless, ["LC_TERMINAL": "iTerm2"]).way == .iterm2)
        #expect(choice(nameless, ["TERM_PROGRAM": "mintty"]).way == .iterm2)
        #expect(choice(nameless, ["TERM_PROGRAM": "Apple_Terminal"]).way == .sixel)
        // An xterm that was started in WezTerm.
        #expect(choice(RecordedReplies.xtermVT340, ["TERM_PROGRAM": "WezTerm"]).way == .sixel)
        #expect(choice("", ["TERM_PROGRAM": "WezTerm"]).way == .symbols)
        #expect(choice(Self.wezterm, ["TMUX": "x", "TERM_PROGRAM": "WezTerm"]).way == .symbols)
    }

    @Test("A refusal is no consent")
    func refusal() {
        let answers = "\u{1b}_Gi=31;ENOTSUPPORTED:no\u{1b}\\\u{1b}_Gi=44;EINVAL:U\u{1b}\\\u{1b}[?62;c"
        #expect(choice(answers).way == .symbols)
    }

    @Test("Inside tmux and screen pictures are symbols, unless a person asks for another way")
    func inside() {
        for variable in ["TMUX", "STY"] {
            #expect(choice(RecordedReplies.xtermVT340, [variable: "x"]).way == .symbols)
            #expect(choice(RecordedReplies.xtermVT340, asked: .placeholders, [variable: "x"]).way == .placeholders)
        }
    }

    @Test("Without colours or Unicode pictures are symbols")
    func plain() {
        #expect(choice(RecordedReplies.kitty, ["NO_COLOR": "1"]).way == .symbols)
        #expect(choice(RecordedReplies.kitty, colors: .mono).way == .symbols)
        #expect(choice(RecordedReplies.kitty, isUnicode: false).way == .symbols)
        #expect(choice(RecordedReplies.kitty, ["NO_COLOR": ""]).way == .kitty)
    }

    @Test("Cells and colours are read; numbers that make no sense are not")
    func values() {
        #expect(replies(RecordedReplies.kitty).cell == TerminalReplies.CellPixels(width: 9, height: 18))
        #expect(replies(RecordedReplies.kitty).foreground == RGBColor(packed: 0xdddddd))
        #expect(replies(RecordedReplies.xterm).background == RGBColor(packed: 0xffffff))
        #expect(replies("\u{1b}[6;0;99999t\u{1b}[6t\u{1b}]11;rgb:zz/1/2\u{7}").cell == nil)
        #expect(replies("\u{1b}]11;rgb:12345/1/2\u{7}").background == nil)
        #expect(!replies("\u{1b}[6;18;9t").isComplete)
    }

    @Test("Answers cut anywhere are no keys, and keys between them are heard")
    func cutAnswers() {
        let bytes = Array(RecordedReplies.kitty.utf8)
        for cut in 1..<bytes.count {
            var parser = InputParser()
            var events = parser.feed(bytes[..<cut])
            // Long after a person's escape key would have been taken for one.
            if !parser.isInAnswer, parser.isWaiting { continue }
            events += parser.feed(bytes[cut...]) + parser.feed(Array("j".utf8))
            #expect(events == [.key(KeyPress("j"))], "cut at \(cut)")
            #expect(parser.takeReplies().count == 6, "cut at \(cut)")
        }
    }

    @Test("An answer to what is asked again and again is waited for, where a slow line cuts it")
    func cutAttributes() {
        var parser = InputParser()
        #expect(parser.feed(Array("\u{1b}[?62;".utf8)) == [])
        #expect(parser.isInAnswer)
        #expect(parser.feed(Array("4cj".utf8)) == [.key(KeyPress("j"))])
        #expect(parser.takeReplies().count == 1)
        // A key that is cut is taken for what it is as soon as before.
        #expect(parser.feed(Array("\u{1b}[1;".utf8)) == [])
        #expect(!parser.isInAnswer)
    }

    @Test("A terminal that floods answers is not remembered without end")
    func flood() {
        var replies = TerminalReplies()
        for _ in 0..<1000 { replies.note(Array("\u{1b}P>|x\u{1b}\\".utf8)) }
        #expect(replies.raw.count <= 32)
    }
}
