import Foundation
import Testing

/// The real program in a real terminal multiplexer, started from a shell with job control.
@Suite("The program in tmux", .serialized, .timeLimit(.minutes(10)))
struct ProgramInTmuxTests {
    private func withSession(_ body: (TmuxSession) async throws -> Void) async throws {
        let session = try TmuxSession()
        do {
            try await session.start()
            try await body(session)
        } catch {
            // What went wrong first is what counts.
            try? await session.end()
            throw error
        }
        try await session.end()
    }

    @Test("It opens on the photos; quitting gives the screen and the modes back")
    func quit() async throws {
        try await withSession { session in
            let modes = try await session.modes()
            try await session.openApp()
            try await session.press("q")
            let screen = try await session.wait(for: "PROMPT>")
            #expect(!screen.contains("12 photos"))
            #expect(try await session.modes() == modes)
        }
    }

    @Test("ctrl-z gives the shell its screen and modes, fg brings the app back")
    func suspend() async throws {
        try await withSession { session in
            let modes = try await session.modes()
            try await session.openApp()
            try await session.press("C-z")
            let stopped = try await session.wait(for: "Stopped")
            #expect(!stopped.contains("12 photos"))
            #expect(try await session.modes() == modes)
            try await session.line("fg")
            try await session.wait(for: "12 photos")
            try await session.press("q")
            try await session.wait(for: "PROMPT>")
            #expect(try await session.modes() == modes)
        }
    }

    @Test("The window has the program's title while it is open, and its own again when it is stopped or ended")
    func title() async throws {
        try await withSession { session in
            try await session.line("printf '\\033]2;own title\\007'; echo tit''led")
            try await session.wait(for: "titled")
            #expect(try await session.title() == "own title")
            try await session.openApp()
            #expect(try await session.title() == "phototui")
            try await session.press("C-z")
            try await session.wait(for: "Stopped")
            #expect(try await session.title() == "own title")
            try await session.line("fg")
            try await session.wait(for: "12 photos")
            #expect(try await session.title() == "phototui")
            try await session.press("q")
            try await session.wait(for: "PROMPT>")
            #expect(try await session.title() == "own title")
        }
    }

    @Test("What is added to the folder while the app is open appears, and what goes is marked")
    func follows() async throws {
        try await withSession { session in
            try await session.openApp()
            try session.home.add("later.gif", shade: 99)
            try await session.wait(for: "13 photos")
            try await session.wait(for: "later.gif")
            try FileManager.default.removeItem(atPath: session.home.photos + "/later.gif")
            try await session.press("g")
            try await session.wait(for: "missing")
        }
    }

    @Test("The window's every size is drawn, and one too small says so")
    func resize() async throws {
        try await withSession { session in
            try await session.openApp()
            try await session.resize(20, 5)
            try await session.wait(for: "phototui needs")
            for step in 0..<10 { try await session.resize(30 + step * 7 % 60, 9 + step * 5 % 30) }
            try await session.resize(120, 40)
            // The narrowest screens don't have room for both.
            let screen = try await session.wait(for: "Viewer")
            #expect(screen.contains("12 photos"))
        }
    }
}
