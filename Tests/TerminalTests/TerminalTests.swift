import Glibc
import Grid
import Testing

@testable import Terminal

private func profile(_ term: String, _ more: [String: String] = ["LANG": "C.UTF-8"]) throws -> TerminalProfile {
    try TerminalProfile(environment: more.merging(["TERM": term]) { $1 })
}

@Suite("Terminal", .serialized)
struct TerminalTests {
    @Test("A frame is written once: the same grid again writes nothing")
    func idleWritesNothing() throws {
        let pty = try PseudoTerminal(columns: 80, rows: 24)
        let terminal = try NcursesTerminal(path: pty.path, profile: profile("xterm-256color"))
        defer { terminal.close() }
        #expect(terminal.size == GridSize(columns: 80, rows: 24))
        var grid = Grid(size: terminal.size)
        grid.write("Lisbon 写真 é", at: Position(row: 3, column: 4), role: .title)
        terminal.present(grid, cursor: nil, styles: .plain)
        let first = pty.output()
        #expect(first.contains("Lisbon") && first.contains("写真") && first.contains("\u{1b}[?1049h"))
        let written = terminal.bytesWritten
        terminal.present(grid, cursor: nil, styles: .plain)
        #expect(terminal.bytesWritten == written)
        #expect(pty.output().isEmpty)
        grid.write("x", at: Position(row: 0, column: 0))
        terminal.present(grid, cursor: nil, styles: .plain)
        #expect((1...24).contains(terminal.bytesWritten - written))
    }

    @Test("Closing leaves the alternate screen, shows the cursor, and restores the modes")
    func closeRestores() throws {
        let pty = try PseudoTerminal(columns: 80, rows: 24)
        var (before, during, after) = (termios(), termios(), termios())
        let descriptor = open(pty.path, O_RDWR | O_NOCTTY)
        defer { close(descriptor) }
        tcgetattr(descriptor, &before)
        let terminal = try NcursesTerminal(path: pty.path, profile: profile("xterm-256color"))
        terminal.present(Grid(size: terminal.size), cursor: nil, styles: .plain)
        tcgetattr(descriptor, &during)
        #expect(during.c_lflag & UInt32(ICANON | ECHO) == 0)
        _ = pty.output()
        // Closing drains the output, which here is read by nobody but this thread.
        terminal.close()
        let output = pty.output()
        #expect(
            output.contains("\u{1b}[?1049l") && output.contains("\u{1b}[?1000l") && output.contains("\u{1b}[?2004l"))
        tcgetattr(descriptor, &after)
        #expect(after.c_lflag == before.c_lflag && after.c_iflag == before.c_iflag)
        terminal.close()
        #expect(pty.output().isEmpty)
    }

    @Test(
        "Every terminal type paints without colours it hasn't got",
        arguments: ["vt100", "linux", "xterm-256color", "tmux-256color"])
    func terminalTypes(term: String) throws {
        let pty = try PseudoTerminal(columns: 80, rows: 24)
        let terminal = try NcursesTerminal(path: pty.path, profile: profile(term))
        defer { terminal.close() }
        var grid = Grid(size: terminal.size)
        for column in 0..<80 {
            let shade = UInt8(column * 3)
            grid[5, column] = Cell(
                "#",
                paint: .colors(
                    foreground: RGBColor(red: shade, green: 20, blue: 99),
                    background: RGBColor(red: 0, green: shade, blue: 255 - shade)))
        }
        terminal.present(grid, cursor: nil, styles: .plain)
        let output = pty.output()
        #expect(output.filter { $0 == "#" }.count >= 80)
        #expect(output.contains("\u{1b}[38;") == (terminal.capabilities.colorDepth >= .indexed256))
        if term == "vt100" { #expect(terminal.capabilities.colorDepth == .mono) }
        if term == "linux" { #expect(terminal.capabilities.colorDepth == .ansi16) }
    }

    @Test("A terminal that can't place its cursor is refused with advice; an unknown one gets a plain profile")
    func unfitTerminals() throws {
        let pty = try PseudoTerminal(columns: 80, rows: 24)
        #expect(throws: TerminalError.self) { try NcursesTerminal(path: pty.path, profile: profile("dumb")) }
        #expect(throws: TerminalError.self) { try NcursesTerminal(path: "/dev/null", profile: profile("xterm")) }
        let unknown = try profile("nobody-made-this")
        #expect(unknown.entry == "xterm")
        #expect(unknown.notice?.contains("nobody-made-this") == true)
    }

    @Test("Keys arrive, a wake ends the wait, and a hang-up closes")
    func events() throws {
        var pty: PseudoTerminal? = try PseudoTerminal(columns: 80, rows: 24)
        let terminal = try NcursesTerminal(path: pty!.path, profile: profile("xterm-256color"))
        defer { terminal.close() }
        #expect(terminal.events(within: .zero).isEmpty)
        pty?.type("a\u{1b}[A")
        #expect(terminal.events(within: .seconds(5)) == [.key(KeyPress("a")), .key(KeyPress(.up))])
        pty?.type("\u{1b}")
        #expect(terminal.events(within: .seconds(5)) == [.key(KeyPress(.escape))])
        terminal.waker()
        #expect(terminal.events(within: .seconds(60)).isEmpty)
        pty = nil
        #expect(terminal.events(within: .seconds(5)) == [.closed])
        #expect(terminal.events(within: nil) == [.closed])
    }
}

@Suite("Terminal profile")
struct TerminalProfileTests {
    private func make(_ environment: [String: String], known: Set<String>) throws -> TerminalProfile {
        try TerminalProfile(environment: environment, isKnown: known.contains) { name in
            (
                name.hasSuffix("direct")
                    ? 16_777_216
                    : name.contains("256")
                        ? 256 : ["linux", "xterm", "xterm-16color", "screen"].contains(name) ? 8 : 0, false
            )
        }
    }

    @Test("Truecolor takes the terminal's own direct entry, else xterm's, else stays at 256 and says so")
    func direct() throws {
        let environment = ["TERM": "tmux-256color", "COLORTERM": "truecolor", "LANG": "de_DE.UTF-8"]
        let own = try make(environment, known: ["tmux-256color", "tmux-direct"])
        #expect(own.entry == "tmux-direct" && own.colorDepth == .truecolor && own.isUnicode)
        let none = try make(environment, known: ["tmux-256color"])
        #expect(none.entry == "tmux-256color" && none.colorDepth == .indexed256)
        #expect(none.notice?.contains("ncurses-term") == true)
    }

    @Test("A terminal that declares truecolor gets it though its entry has few colours; the console does not")
    func poorEntry() throws {
        let environment = ["TERM": "xterm", "COLORTERM": "truecolor"]
        let rich = try make(environment, known: ["xterm", "xterm-256color", "xterm-direct"])
        #expect(rich.entry == "xterm-direct" && rich.colorDepth == .truecolor)
        let bare = try make(environment, known: ["xterm", "xterm-256color"])
        #expect(bare.entry == "xterm-256color" && bare.colorDepth == .indexed256)
        #expect(bare.notice?.contains("ncurses-term") == true)
        #expect(try make(["TERM": "xterm"], known: ["xterm", "xterm-direct"]).colorDepth == .ansi16)
        let console = try make(
            ["TERM": "linux", "COLORTERM": "truecolor"], known: ["linux", "linux-direct", "xterm-direct"])
        #expect(console.entry == "linux" && console.colorDepth == .ansi16)
    }

    @Test("GNU screen, which passes COLORTERM on, keeps to 256 colours without a word; tmux with its entry doesn't")
    func screen() throws {
        let known: Set<String> = ["screen", "screen-256color", "tmux-direct"]
        for entry in ["screen", "screen-256color"] {
            let environment = ["TERM": entry, "COLORTERM": "truecolor"]
            let screen = try make(environment.merging(["STY": "1.pts-0"]) { $1 }, known: known)
            #expect(screen.entry == "screen-256color" && screen.colorDepth == .indexed256 && screen.notice == nil)
            let tmux = try make(environment.merging(["STY": "1.pts-0", "TMUX": "/tmp/x"]) { $1 }, known: known)
            #expect(tmux.entry == "tmux-direct" && tmux.colorDepth == .truecolor)
        }
        let sixteen = try make(
            ["TERM": "xterm-16color", "COLORTERM": "truecolor"], known: ["xterm-16color", "xterm-256color"])
        #expect(sixteen.entry == "xterm-256color" && sixteen.colorDepth == .indexed256)
    }

    @Test("NO_COLOR, locale and bare machines are respected")
    func environment() throws {
        let known: Set<String> = ["xterm-256color", "linux"]
        #expect(try make(["TERM": "xterm-256color", "NO_COLOR": "1"], known: known).colorDepth == .mono)
        #expect(try make(["TERM": "xterm-256color", "LC_ALL": "C"], known: known).isUnicode == false)
        #expect(try make(["TERM": "xterm-256color"], known: known).isUnicode)
        #expect(try make(["TERM": "linux"], known: known).isUnicode == false)
    }
}

@Suite("Input parser")
struct InputParserTests {
    @Test(
        "Bytes become keys",
        arguments: [
            ("G", KeyPress("G")), ("\r", KeyPress(.enter)), ("\u{4}", KeyPress("d", .control)),
            ("\u{0}", KeyPress(" ", .control)), ("\u{1b}x", KeyPress("x", .alt)), ("\u{1b}OA", KeyPress(.up)),
            ("\u{1b}[1;5C", KeyPress(.right, .control)), ("\u{1b}[3~", KeyPress(.delete)),
            ("\u{1b}[[B", KeyPress(.function(2))), ("\u{1b}[Z", KeyPress(.tab, .shift)), ("写", KeyPress("写")),
        ])
    func keys(bytes: String, press: KeyPress) {
        var parser = InputParser()
        let events = parser.feed(Array(bytes.utf8))
        #expect(events == [.key(press)])
        #expect(!parser.isWaiting)
    }

    @Test("However the bytes are cut, the events are the same")
    func cuts() {
        let bytes = Array("é\u{1b}[<0;10;5M\u{1b}[200~a\u{1b}[2Jb\n\u{1b}[201~\u{1b}[<65;1;1M\u{1b}[Iq".utf8)
        let expected: [InputEvent] = [
            .key(KeyPress("é")), .mouse(MouseEvent(.press(.left), at: Position(row: 4, column: 9))),
            .paste("a\u{1b}[2Jb\n"), .mouse(MouseEvent(.wheelDown, at: Position(row: 0, column: 0))), .focus(true),
            .key(KeyPress("q")),
        ]
        for cut in 0...bytes.count {
            var parser = InputParser()
            let events = parser.feed(bytes[..<cut]) + parser.feed(bytes[cut...])
            #expect(events == expected, "cut at \(cut)")
        }
    }

    @Test("Random bytes neither trap nor wait for ever")
    func randomBytes() {
        var state: UInt64 = 42
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let value = UInt8(truncatingIfNeeded: state >> 40)
                bytes.append(value < 60 ? 0x1b : value < 110 ? 0x5b : value)
            }
            var parser = InputParser()
            _ = parser.feed(bytes)
            _ = parser.flush()
            #expect(!parser.isWaiting, "\(bytes)")
        }
    }
}
