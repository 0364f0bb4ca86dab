import Foundation
import Glibc
import Testing

/// The real program telling its screens line by line.
@Suite("The program told line by line", .serialized)
struct LinearOnTerminalTests {
    private func program(_ home: Home? = nil) throws -> ProgramOnTerminal {
        let home = try home ?? Home()
        // A terminal that can do nothing but lines.
        return try ProgramOnTerminal(
            home: home, arguments: ["--linear", "--library", home.library, home.photos], ["TERM": "dumb"])
    }

    private func lines(_ program: ProgramOnTerminal) -> [String] {
        String(decoding: program.written, as: UTF8.self).components(separatedBy: "\r\n")
    }

    /// Waits for all photos to be told. What comes long after its cause waits to be asked for: on a busy machine it does.
    private func waitForPhotos(_ program: ProgramOnTerminal) async throws {
        func areTold() -> Bool { lines(program).contains { $0.hasSuffix(" - 12 photos") } }
        for _ in 0..<12 where !areTold() {
            _ = try await program.settle(for: .seconds(5))
            if !areTold() { program.type("\u{c}") }
        }
        try await program.wait("the photos") { areTold() }
    }

    @Test("It tells the view, the photo, and each other photo, without one escape")
    func photos() async throws {
        let home = try Home()
        let program = try program(home)
        try await waitForPhotos(program)
        try await rest(program)
        let names = try FileManager.default.contentsOfDirectory(atPath: home.photos)
        // The last line is the empty one behind the others.
        let before = lines(program).count - 1
        func told() -> [String] {
            lines(program).dropFirst(before).filter { line in names.contains(where: line.contains) }
        }
        program.type("l")
        try await program.wait("the next photo") { !told().isEmpty }
        _ = try await program.settle()
        #expect(told().count == 1)
        program.type("q")
        #expect(try await program.ending() == 0)
        #expect(program.hasModesBack)
        #expect(!program.written.contains(0x1b))
    }

    @Test("What is typed is echoed and rubbed out where it stands")
    func typing() async throws {
        let program = try program()
        try await waitForPhotos(program)
        program.type("/")
        _ = try await program.settle()
        program.type("ab")
        try await program.wait("the echo") { self.lines(program).contains { $0.hasSuffix("ab") } }
        program.type("\u{7f}")
        try await program.wait("the rubbing out") {
            String(decoding: program.written, as: UTF8.self).contains("\u{8} \u{8}")
        }
        program.type("\u{1b}")
        _ = try await program.settle()
        program.type("q")
        #expect(try await program.ending() == 0)
    }

    /// The import tells of itself, and of photos that it learns more of, until it ends: on a busy machine for a while.
    private func rest(_ program: ProgramOnTerminal) async throws {
        var (before, rests) = (-1, 0)
        while before != program.written.count, rests < 30 {
            (before, rests) = (program.written.count, rests + 1)
            try await Task.sleep(for: .seconds(4))
        }
        #expect(program.written.count == before)
    }

    @Test("Nothing is written while nothing happens") func silence() async throws {
        let program = try program()
        try await waitForPhotos(program)
        _ = try await program.settle()
        try await rest(program)
        kill(program.process, SIGTERM)
        #expect(try await program.ending() != nil)
        #expect(program.hasModesBack)
    }
}
