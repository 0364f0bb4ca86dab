import App
import Foundation
import Grid
import Testing

@testable import phototui

@Suite("Themes")
struct ThemeFileTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../themes").standardized
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".toml") }.map { String($0.dropLast(5)) }.sorted()

    private func text(_ name: String) throws -> String {
        try String(contentsOf: Self.folder.appendingPathComponent(name + ".toml"), encoding: .utf8)
    }

    @Test("The themes that every terminal needs are there")
    func present() {
        #expect(Set(Self.names).isSuperset(of: ["dark", "light", "high-contrast", "monochrome"]))
    }

    @Test("Every theme covers every role", arguments: names)
    func complete(name: String) throws {
        _ = try ThemeFile.parse(text(name), name: name)
    }

    @Test(
        "Every role of every theme can be read: WCAG contrast 4.5 in 24-bit colours, 3 for what is secondary",
        arguments: names)
    func contrast(name: String) throws {
        let styles = try ThemeFile.parse(text(name), name: name).styles(for: .truecolor)
        let secondary: Set<StyleRole> = [.border, .disabled, .progressTrack, .placeholder, .scrubber]
        for role in StyleRole.allCases {
            guard case .rgb(let foreground) = styles[role].foreground,
                case .rgb(let background) = styles[role].background
            else { continue }
            let least = role == .border || role == .progressTrack ? 1.5 : secondary.contains(role) ? 3 : 4.5
            #expect(foreground.contrast(with: background) >= least, "\(role.name)")
        }
    }

    @Test("No role is invisible with 16 colours", arguments: names)
    func visible(name: String) throws {
        let styles = try ThemeFile.parse(text(name), name: name).styles(for: .ansi16)
        for role in StyleRole.allCases where styles[role].foreground != .standard {
            #expect(styles[role].foreground != styles[role].background, "\(role.name)")
        }
    }

    @Test("Without colours the cursor, marks, errors and the tab in use still stand out", arguments: names)
    func mono(name: String) throws {
        let styles = try ThemeFile.parse(text(name), name: name).styles(for: .mono)
        for role in [StyleRole.cursor, .marked, .error, .tabActive, .buttonFocused, .selection] {
            #expect(!styles[role].attributes.isEmpty, "\(role.name)")
            #expect(styles[role].foreground == .standard && styles[role].background == .standard)
        }
    }

    @Test("The embedded theme is the dark theme's file")
    func embedded() throws {
        #expect(try text("dark") == EmbeddedTheme.text)
    }

    @Test("What is wrong with a theme is told, with the place")
    func wrong() throws {
        let dark = try text("dark")
        let cases = [
            (dark + "sparkles = { foreground = \"accent\" }\n", "sparkles"),
            (dark.replacing("foreground = \"faint\"", with: "foreground = \"pink\""), "pink"),
            (dark.replacing("truecolor = \"#7cc7e8\"", with: "truecolor = \"#7cc7\""), "#7cc7"),
            (dark.replacing("badge = {", with: "badger = {"), "badge"),
            (dark.replacing("ansi = \"bright_cyan\"", with: "ansi = \"teal\""), "ansi"),
            ("[roles", "TOML"), ("", "[roles]"),
        ]
        for (text, word) in cases {
            #expect {
                try ThemeFile.parse(text, name: "mine")
            } throws: { "\($0)".contains(word) && "\($0)".contains("mine") }
        }
    }

    @Test("auto follows the terminal's background, and is dark where that is not known")
    func automatic() throws {
        let folder = ThemeFolder(environment: [:], executable: Self.folder.path + "/../phototui")
        func name(_ background: String?) throws -> String {
            try folder.theme(named: "auto", on: background.flatMap { RGBColor(hexadecimal: $0) }).name
        }
        #expect(try name("#ffffff") == "light" && name("#fdf6e3") == "light" && name("#a0a0a0") == "light")
        #expect(try name("#002b36") == "dark" && name("#000000") == "dark" && name(nil) == "dark")
        #expect(
            try ThemeFolder(environment: [:], executable: "/nonexistent/phototui")
                .theme(named: "auto", on: RGBColor(hexadecimal: "#ffffff")).name == "dark")
    }

    @Test("A base16 scheme is a theme; what is wrong with one is told")
    func base16() throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("themes-\(UUID().uuidString)")
        let themes = home.appendingPathComponent("phototui/themes")
        try FileManager.default.createDirectory(at: themes, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }
        // Solarized Light by Ethan Schoonover, in both forms that schemes come in.
        let colors = [
            "fdf6e3", "eee8d5", "93a1a1", "839496", "657b83", "586e75", "073642", "002b36", "dc322f", "cb4b16",
            "b58900",
            "859900", "2aa198", "268bd2", "6c71c4", "d33682",
        ]
        func scheme(_ indent: String, _ mark: String) -> String {
            colors.enumerated().map { number, color in
                "\(indent)base0\(String(number, radix: 16, uppercase: true)): \"\(mark)\(color)\" # one of 16\n"
            }.joined()
        }
        let old = "scheme: \"Solarized Light\"\nauthor: \"Ethan Schoonover\"\n" + scheme("", "")
        let new = "system: \"base16\"\nname: \"Solarized Light\"\npalette:\n" + scheme("  ", "#")
        for (name, text, ending) in [("old", old, "yaml"), ("new", new, "yml")] {
            try text.write(to: themes.appendingPathComponent("\(name).\(ending)"), atomically: true, encoding: .utf8)
            let folder = ThemeFolder(environment: ["XDG_CONFIG_HOME": home.path], executable: "/nonexistent/phototui")
            #expect(folder.names.contains(name))
            let style = try folder.theme(named: name).styles(for: .truecolor)[.title]
            #expect(style.foreground == .rgb(RGBColor(hexadecimal: "268bd2")!))
            #expect(style.background == .rgb(RGBColor(hexadecimal: "fdf6e3")!))
        }
        for (text, word) in [("base00: \"zz\"", "base00 is no colour"), ("scheme: \"x\"", "base00 is missing")] {
            #expect {
                try ThemeFile.theme(base16: text, name: "mine")
            } throws: { "\($0)".contains(word) && "\($0)".contains("mine") }
        }
    }

    @Test("Without a themes folder the dark theme is there, and others are named as missing")
    func fallback() throws {
        let folder = ThemeFolder(environment: [:], executable: "/nonexistent/bin/phototui")
        #expect(folder.names == ["dark"])
        #expect(try folder.theme(named: "dark").name == "dark")
        #expect(throws: ThemeFile.Problem.self) { try folder.theme(named: "light") }
        #expect(throws: ThemeFile.Problem.self) { try folder.theme(named: "../dark") }
    }
}
