import Foundation
import Testing

/// An import's progress line where it matters: tmux wraps again what stands on a screen that is made narrower.
@Suite("The progress line in tmux", .serialized, .timeLimit(.minutes(10)))
struct ProgressInTmuxTests {
    private func lines(_ screen: String) -> [String] {
        screen.split(separator: "\n").map(String.init).filter { !$0.allSatisfy { $0 == " " } }
    }

    private func isProgress(_ line: String) -> Bool { line.contains("0 of 12") }

    /// With a decoder that never answers, so that the import is where it is as long as the test needs.
    private func whileImporting(_ body: (TmuxSession) async throws -> Void) async throws {
        let session = try TmuxSession()
        try await session.start()
        do {
            let decoder = session.home.path + "/decoder"
            try Data("#!/bin/sh\nexec sleep 1000\n".utf8).write(to: URL(fileURLWithPath: decoder))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: decoder)
            try await session.resize(118, 24)
            try await session.line(
                "seq 40; PHOTOTUI_DECODER=~/decoder phototui import --library \(session.home.library) \(session.home.photos)"
            )
            try await session.wait(for: ".gif")
            try await body(session)
        } catch {
            try await session.end()
            throw error
        }
        try await session.end()
    }

    @Test("A terminal made narrower or wider keeps one line; Ctrl-C takes it away with its own echo")
    func narrower() async throws {
        try await whileImporting { session in
            // At the bottom, where nothing hides what wraps.
            for columns in [100, 30, 41, 20] {
                try await session.resize(columns, 24)
                // The next line comes within a fifth of a second.
                try await Task.sleep(for: .milliseconds(800))
                let screen = lines(try await session.screen())
                #expect(screen.last.map(isProgress) == true, "\(columns): \(screen)")
                #expect(screen.dropLast().last == "40", "\(columns): \(screen)")
            }
            try await session.press("C-c")
            try await session.wait(for: "PROMPT>")
            try await session.resize(118, 24)
            let screen = lines(try await session.screen())
            let line = try #require(screen.firstIndex { $0.hasPrefix("phototui: stopping") }, "\(screen)")
            #expect(screen[line - 1] == "40", "\(screen)")
            #expect(!screen.contains { $0.contains("^C") || isProgress($0) }, "\(screen)")
        }
    }

    @Test("Ctrl-Z leaves the screen to the shell, fg brings the line back")
    func suspended() async throws {
        try await whileImporting { session in
            try await session.press("C-z")
            let stopped = lines(try await session.wait(for: "Stopped"))
            #expect(!stopped.contains { $0.contains("^Z") || isProgress($0) }, "\(stopped)")
            try await session.line("clear; fg")
            try await session.wait(for: "0 of 12")
            try await session.press("C-c")
            try await session.wait(for: "Stopped before the end")
        }
    }
}
