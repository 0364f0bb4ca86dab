import Foundation
import Testing

/// Settings that change while the real program is open.
@Suite("Settings while the app is open", .serialized)
struct SettingsOnTerminalTests {
    private func write(_ text: String, _ home: Home) throws {
        let file = home.path + "/.config/phototui/config.toml"
        // As editors do: a new file takes the old one's name.
        try text.write(toFile: file + ".new", atomically: false, encoding: .utf8)
        rename(file + ".new", file)
    }

    @Test("Keys and the theme are read anew, and what is wrong is told")
    func anew() async throws {
        let home = try Home()
        try FileManager.default.createDirectory(
            atPath: home.path + "/.config/phototui", withIntermediateDirectories: true)
        try write("", home)
        let program = try ProgramOnTerminal(home: home)
        try await program.waitForPhotos()
        #expect(try await program.comesToShow { $0.contains("space mark") })
        try write("[keys]\ntoggle_mark = \"X\"\n", home)
        #expect(try await program.comesToShow { $0.contains("X mark") })
        program.type("X")
        #expect(try await program.comesToShow { $0.contains("1 marked") })

        // A theme paints everything anew, with nothing else changed.
        _ = try await program.settle()
        let before = program.written.count
        try write("theme = \"light\"\n[keys]\ntoggle_mark = \"X\"\n", home)
        try await program.wait("another theme") { program.written.count > before + 400 }

        try write("theme = \"light\"\n[keys]\nno_such_action = \"X\"\n", home)
        _ = try await program.settle(for: .seconds(1))
        try await program.wait("the fault") {
            String(decoding: program.written, as: UTF8.self).contains("no_such_action")
        }
        program.type("q")
        #expect(try await program.ending() == 0)
    }
}
