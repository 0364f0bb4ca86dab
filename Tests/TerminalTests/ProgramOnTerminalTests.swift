import Foundation
import Glibc
import Testing

/// The real program as a citizen of its terminal.
@Suite("The program on a terminal", .serialized)
struct ProgramOnTerminalTests {
    @Test("Quitting gives the screen and the modes back")
    func quit() async throws {
        let program = try ProgramOnTerminal()
        try await program.waitForPhotos()
        #expect(!program.hasModesBack)
        program.type("q")
        #expect(try await program.ending() == 0)
        #expect(program.hasModesBack)
        #expect(isRestored(program.written))
    }

    @Test("A library that can't be opened is shown, and told again with an exit code behind the screen")
    func unopened() async throws {
        let home = try Home()
        try Data("no folder".utf8).write(to: URL(fileURLWithPath: home.library))
        let program = try ProgramOnTerminal(home: home)
        #expect(try await program.comesToShow { $0.contains("another folder") })
        let shown = program.written.count
        program.type("q")
        #expect(try await program.ending() == 1 << 8)
        #expect(program.hasModesBack)
        // Behind what gives the screen back.
        let written = String(decoding: program.written[shown...], as: UTF8.self)
        let complaint = try #require(written.range(of: "phototui: "))
        #expect(written.range(of: "\u{1b}[?1049l").map { $0.upperBound <= complaint.lowerBound } == true)
    }

    @Test("A favourite is saved, however quickly one leaves behind it")
    func favouriteAndQuit() async throws {
        let program = try ProgramOnTerminal()
        try await program.waitForPhotos()
        #expect(!String(decoding: program.written, as: UTF8.self).contains("♥"))
        program.type("fq")
        #expect(try await program.ending() == 0)
        let again = try ProgramOnTerminal(home: program.home)
        #expect(try await again.comesToShow { $0.contains("♥") })
    }

    @Test(
        "Whatever signal ends it, the screen and the modes come back",
        arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE])
    func signals(signal: Int32) async throws {
        let program = try ProgramOnTerminal()
        try await program.waitForFrame()
        kill(program.process, signal)
        let status = try await program.ending()
        #expect(status != nil)
        // The low seven bits are the signal a process died of.
        if ![SIGTERM, SIGHUP, SIGINT].contains(signal) { #expect((status ?? 0) & 127 == signal) }
        #expect(program.hasModesBack)
        #expect(isRestored(program.written))
    }

    @Test("Once its terminal is gone it ends by itself")
    func hangUp() async throws {
        let program = try ProgramOnTerminal()
        try await program.waitForFrame()
        program.hangUp()
        #expect(try await program.ending() != nil)
    }

    @Test("Stopped and continued from outside, it takes the modes and the screen again")
    func continued() async throws {
        let program = try ProgramOnTerminal()
        try await program.waitForPhotos()
        kill(program.process, SIGSTOP)
        program.giveModesBack()
        _ = try await program.settle()
        kill(program.process, SIGCONT)
        try await program.wait("raw modes") { !program.hasModesBack }
        #expect(try await program.comesToShow { $0.contains("12 photos") })
        program.type("q")
        #expect(try await program.ending() == 0)
        #expect(program.hasModesBack)
    }

    @Test("Every size is drawn, however fast it changes, and one too small says so")
    func resize() async throws {
        let program = try ProgramOnTerminal(columns: 40, rows: 12)
        try await program.waitForPhotos()
        try program.terminal?.resize(columns: 20, rows: 5)
        #expect(try await program.comesToShow { $0.contains("phototui needs 24x8") })
        for step in 0..<60 as Range<UInt16> {
            try program.terminal?.resize(columns: 1 + step * 37 % 210, rows: 1 + step * 11 % 70)
            if step.isMultiple(of: 7) { try await Task.sleep(for: .milliseconds(5)) }
        }
        try program.terminal?.resize(columns: 120, rows: 40)
        let shown = ["12 photos", "? help", "shade0.gif"]
        #expect(try await program.comesToShow { screen in shown.allSatisfy { screen.contains($0) } })
    }

    @Test("Where the locale is C every byte is ASCII")
    func ascii() async throws {
        let program = try ProgramOnTerminal(["LANG": "C"])
        try await program.waitForPhotos()
        for keys in ["?", "\u{1b}", ":", "\u{1b}", "\r"] {
            program.type(keys)
            _ = try await program.settle()
        }
        program.type("qq")
        _ = try await program.ending()
        #expect(program.written.allSatisfy { $0 < 0x80 })
    }

    @Test("NO_COLOR and terminals without colours get none", arguments: ["xterm-256color", "vt100"])
    func noColor(term: String) async throws {
        let program = try ProgramOnTerminal(["TERM": term, "NO_COLOR": "1", "COLORTERM": "truecolor"])
        try await program.waitForPhotos()
        let renditions = Self.renditions(program.written)
        #expect(!renditions.contains { (30...49).contains($0) || (90...107).contains($0) })
        #expect(renditions.contains(7))
    }

    @Test("A terminal that declares 24-bit colours gets them, though xterm's entry has eight")
    func truecolor() async throws {
        let program = try ProgramOnTerminal(["TERM": "xterm", "COLORTERM": "truecolor"])
        try await program.waitForFrame()
        try await program.wait("a 24-bit colour") {
            let text = String(decoding: program.written, as: UTF8.self)
            return text.contains("\u{1b}[38:2:") || text.contains("\u{1b}[38;2;")
        }
        program.type("q")
        #expect(try await program.ending() == 0)
    }

    @Test("Every usual terminal type shows the photos", arguments: ["vt100", "linux", "screen", "nobody-made-this"])
    func types(term: String) async throws {
        let program = try ProgramOnTerminal(["TERM": term])
        try await program.waitForPhotos()
        program.type("q")
        #expect(try await program.ending() == 0)
        #expect(program.hasModesBack)
    }

    @Test("A terminal that can't place its cursor gets a sentence and no escape sequence")
    func dumb() async throws {
        let program = try ProgramOnTerminal(["TERM": "dumb"])
        #expect(try await program.ending() == 1 << 8)
        #expect(String(decoding: program.written, as: UTF8.self).contains("set TERM"))
        #expect(!program.written.contains(0x1b))
    }

    @Test("A click moves the cursor, a second one opens the photo, the wheel goes on to the next")
    func mouse() async throws {
        let program = try ProgramOnTerminal()
        try await program.waitForPhotos()
        let click = "\u{1b}[<0;20;5M\u{1b}[<0;20;5m"
        program.type(click)
        _ = try await program.settle()
        program.type(click)
        #expect(try await program.comesToShow { $0.contains("2 of 12") })
        program.type("\u{1b}[<65;20;5M")
        #expect(try await program.comesToShow { $0.contains("3 of 12") })
        program.type("\u{1b}[<2;20;5M")
        #expect(try await program.comesToShow { !$0.contains("of 12") })
    }

    @Test("A paste is text for a field, and never keys")
    func paste() async throws {
        let program = try ProgramOnTerminal()
        try await program.waitForPhotos()
        program.type("\u{1b}[200~qqq\u{1b}[201~")
        #expect(try await program.screen().contains("12 photos"))
        program.type("/")
        _ = try await program.settle()
        program.type("\u{1b}[200~\u{1b}]52;c;eA==\u{7}\n\u{1b}[201~")
        #expect(try await !program.settle().contains(0x07))
        program.type("\u{15}\u{1b}[200~shade3\u{1b}[201~")
        _ = try await program.settle(for: .seconds(1))
        program.type("\r")
        #expect(try await program.comesToShow { $0.contains("1 photo ") && $0.contains("/shade3") })
    }

    @Test("What is searched for shows while it is typed, faults are told, and enter keeps what was found")
    func search() async throws {
        let program = try ProgramOnTerminal()
        try await program.waitForPhotos()
        program.type("/shade3")
        #expect(try await program.comesToShow { $0.contains("1 photo ") })
        program.type("\u{15}camra:x")
        #expect(try await program.comesToShow { $0.contains("did you mean camera:?") })
        program.type("\u{15}shaed3 OR shade4")
        #expect(try await program.comesToShow { $0.contains("1 photo ") && $0.contains("/shaed3 OR shade4") })
        program.type("\u{15}shdae OR shade4\r")
        #expect(try await program.comesToShow { $0.contains("12 photos · /shdae OR shade4") })
        program.type("/\u{15}sha")
        #expect(try await program.comesToShow { $0.contains("shade") && $0.contains("12") })
        program.type("\u{1b}")
        _ = try await program.settle()
        program.type("\u{1b}")
        #expect(try await program.comesToShow { $0.contains("12 photos") && !$0.contains("/shdae") })
    }

    @Test("At 200x60 a cursor move takes at most 300 bytes; left alone it writes nothing")
    func economy() async throws {
        let program = try ProgramOnTerminal(columns: 200, rows: 60, ["COLORTERM": "truecolor"])
        try await program.waitForPhotos()
        _ = try await program.settle(for: .seconds(2))
        for key in ["l", "l", "h", "l", "l", "h"] {
            #expect(try await program.answer(to: key) <= 300, "\(key)")
        }
        _ = try await program.settle(for: .seconds(2))
        #expect(try await program.settle(for: .seconds(4)).isEmpty)
    }

    /// Whether the last words leave the alternate screen, show the cursor, and end what was asked of the terminal.
    private func isRestored(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        let pairs = [
            ("\u{1b}[?1049h", "\u{1b}[?1049l"), ("\u{1b}[?1000h", "\u{1b}[?1000l"),
            ("\u{1b}[?2004h", "\u{1b}[?2004l"), ("\u{1b}[?25l", "\u{1b}[?12l\u{1b}[?25h"),
        ]
        return pairs.allSatisfy { on, off in
            guard let start = text.range(of: on, options: .backwards) else { return false }
            return text[start.upperBound...].contains(off)
        }
    }

    /// Every number in a sequence that sets colours and attributes.
    private static func renditions(_ bytes: [UInt8]) -> [Int] {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.components(separatedBy: "\u{1b}[").dropFirst().flatMap { piece -> [Int] in
            guard let end = piece.firstIndex(where: { !"0123456789;:".contains($0) }), piece[end] == "m" else {
                return []
            }
            return piece[..<end].split { $0 == ";" || $0 == ":" }.compactMap { Int($0) }
        }
    }

    @Test(
        "A terminal that answers is given pixels, and keeps none of them", arguments: [SIGTERM, SIGSEGV])
    func pixels(signal: Int32) async throws {
        let program = try ProgramOnTerminal(["COLORTERM": "truecolor"])
        func has(_ text: String) -> Bool { String(decoding: program.written, as: UTF8.self).contains(text) }
        try await program.wait("the question") { has("\u{1b}[c") }
        program.type(RecordedReplies.kitty)
        try await program.wait("twelve pictures placed") { has("_Ga=p,i=12,p=1,") }
        #expect(has("_Ga=t,f=100,i=12,"))
        kill(program.process, signal)
        _ = try await program.ending()
        // All that is on the screen; or each by its number, where the program still could.
        #expect(has(signal == SIGSEGV ? "\u{1b}_Ga=d,d=A,q=2\u{1b}\\" : "\u{1b}_Ga=d,d=I,i=12,q=2\u{1b}\\"))
    }
}
