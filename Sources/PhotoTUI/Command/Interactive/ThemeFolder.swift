import App
import Foundation

/// The themes there are: files of the config folder, of a themes folder near the program, and the embedded one.
struct ThemeFolder {
    private let folders: [String]

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

    /// Theme names, sorted.
    var names: [String] {
        var names: Set<String> = [EmbeddedTheme.name]
        for folder in folders {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for file in files where file.hasSuffix(".toml") { names.insert(String(file.dropLast(5))) }
        }
        return names.sorted()
    }

    /// - Throws: `ThemeFile.Problem` when there is no such theme, or its file is wrong.
    func theme(named name: String) throws(ThemeFile.Problem) -> Theme {
        guard !name.contains("/"), !name.hasPrefix(".") else {
            throw ThemeFile.Problem(description: "\(name) is no theme's name")
        }
        for folder in folders {
            if let data = FileManager.default.contents(atPath: "\(folder)/\(name).toml") {
                return try ThemeFile.parse(String(decoding: data, as: UTF8.self), name: name)
            }
        }
        guard name == EmbeddedTheme.name else {
            throw ThemeFile.Problem(
                description: "there is no theme \(name): there are \(names.joined(separator: ", "))")
        }
        return try ThemeFile.parse(EmbeddedTheme.text, name: name)
    }
}
