import App
import Foundation
import Grid

/// The themes there are: files of the config folder, of a themes folder near the program, and the embedded one.
struct ThemeFolder {
    /// Stands for the light theme on a terminal whose background is light, else for the dark one.
    static let automatic = "auto"
    private static let schemes = ["yaml", "yml"]

    let folders: [String]

    /// Earlier folders hide themes of the same name in later ones.
    init(environment: [String: String], executable: String) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        var folders: [String] = []
        if let home = value("XDG_CONFIG_HOME") ?? value("HOME").map({ $0 + "/.config" }) {
            folders.append(home + "/phototui/themes")
        }
        let program = URL(fileURLWithPath: executable).resolvingSymlinksInPath().deletingLastPathComponent()
        folders.append(program.appendingPathComponent("themes").path)
        folders.append(program.appendingPathComponent("../share/phototui/themes").standardized.path)
        // A build tree: .build/<triple>/<configuration>/phototui.
        folders.append(program.appendingPathComponent("../../../themes").standardized.path)
        self.folders = folders
    }

    /// Names of themes and of base16 schemes, sorted.
    var names: [String] {
        var names: Set<String> = [EmbeddedTheme.name]
        for folder in folders {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for file in files {
                for ending in ["toml"] + Self.schemes where file.hasSuffix("." + ending) {
                    names.insert(String(file.dropLast(ending.count + 1)))
                }
            }
        }
        return names.sorted()
    }

    /// - Parameter background: the terminal's, nil where it is not known.
    /// - Throws: `ThemeFile.Problem` when there is no such theme, or its file is wrong.
    func theme(named name: String, on background: RGBColor? = nil) throws(ThemeFile.Problem) -> Theme {
        if name == Self.automatic {
            let isLight = background.map { $0.relativeLuminance > 0.18 } ?? false
            return try theme(named: isLight && names.contains("light") ? "light" : EmbeddedTheme.name)
        }
        guard !name.contains("/"), !name.hasPrefix(".") else {
            throw ThemeFile.Problem(description: "\(name) is no theme's name")
        }
        for folder in folders {
            if let data = FileManager.default.contents(atPath: "\(folder)/\(name).toml") {
                return try ThemeFile.parse(String(decoding: data, as: UTF8.self), name: name)
            }
            for ending in Self.schemes {
                if let data = FileManager.default.contents(atPath: "\(folder)/\(name).\(ending)") {
                    return try ThemeFile.theme(base16: String(decoding: data, as: UTF8.self), name: name)
                }
            }
        }
        guard name == EmbeddedTheme.name else {
            throw ThemeFile.Problem(
                description:
                    "there is no theme \(name): there are \(([Self.automatic] + names).joined(separator: ", "))")
        }
        return try ThemeFile.parse(EmbeddedTheme.text, name: name)
    }
}
