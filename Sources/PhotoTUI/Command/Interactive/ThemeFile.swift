import App
import Foundation
import Grid
import TOMLKit

/// Reads a theme file.
enum ThemeFile {
    /// What is wrong with a theme file, and where.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    private struct NamedColor {
        var truecolor: TerminalColor
        var indexed: TerminalColor
        var ansi: TerminalColor
    }

    /// - Throws: `Problem` when the text isn't TOML, names a role or colour that doesn't exist, or leaves a role out.
    /// - Parameter replacing: colours to be had instead of those of that name; where there are 16, the terminal's stay.
    static func parse(
        _ text: String, name: String, replacing: [String: RGBColor] = [:]
    ) throws(Problem) -> Theme {
        let document: TOMLTable
        do {
            document = try TOMLTable(string: text)
        } catch {
            throw Problem(description: "theme \(name): not TOML: \(error)")
        }
        var colors: [String: NamedColor] = [
            "standard": NamedColor(truecolor: .standard, indexed: .standard, ansi: .standard)
        ]
        if let table = document["colors"]?.table {
            for key in table.keys {
                var color = try color(table[key]?.table, key, in: name)
                if let rgb = replacing[key] {
                    (color.truecolor, color.indexed) = (.rgb(rgb), .indexed(rgb.nearestIndexed256))
                }
                colors[key] = color
            }
        }
        guard let table = document["roles"]?.table else {
            throw Problem(description: "theme \(name): there is no [roles]")
        }
        if let unknown = table.keys.first(where: { StyleRole(name: $0) == nil }) {
            throw Problem(
                description: "theme \(name): \(unknown) is no role: they are "
                    + StyleRole.allCases.map(\.name).joined(separator: ", "))
        }
        var styles: [StyleRole: [ColorDepth: Style]] = [:]
        for role in StyleRole.allCases {
            guard let entry = table[role.name]?.table else {
                throw Problem(description: "theme \(name): the role \(role.name) is missing")
            }
            let place = "theme \(name): \(role.name)"
            let foreground = try named(entry["foreground"]?.string, colors, place)
            let background = try named(entry["background"]?.string, colors, place)
            let attributes = try attributes(entry["attributes"]?.string, place)
            let mono = try Self.attributes(entry["mono"]?.string, place)
            styles[role] = [
                .truecolor: Style(
                    foreground: foreground.truecolor, background: background.truecolor, attributes: attributes),
                .indexed256: Style(
                    foreground: foreground.indexed, background: background.indexed, attributes: attributes),
                .ansi16: Style(foreground: foreground.ansi, background: background.ansi, attributes: attributes),
                .mono: Style(attributes: mono),
            ]
        }
        return Theme(name: name) { role, depth in styles[role]![depth]! }
    }

    private static func color(_ table: TOMLTable?, _ key: String, in name: String) throws(Problem) -> NamedColor {
        let place = "theme \(name): the colour \(key)"
        guard let table, let text = table["truecolor"]?.string else {
            throw Problem(description: "\(place) needs truecolor = \"#rrggbb\"")
        }
        guard let rgb = RGBColor(hexadecimal: text) else {
            throw Problem(description: "\(place): \"\(text)\" is no colour: write #rrggbb")
        }
        guard let ansiName = table["ansi"]?.string, let ansi = ansiNames.firstIndex(of: ansiName) else {
            throw Problem(description: "\(place) needs ansi, one of \(ansiNames.joined(separator: ", "))")
        }
        var indexed = rgb.nearestIndexed256
        if let number = table["indexed"]?.int {
            guard (0...255).contains(number) else {
                throw Problem(description: "\(place): indexed is 0 to 255")
            }
            indexed = UInt8(number)
        }
        return NamedColor(truecolor: .rgb(rgb), indexed: .indexed(indexed), ansi: .indexed(UInt8(ansi)))
    }

    private static func named(
        _ name: String?, _ colors: [String: NamedColor], _ place: String
    ) throws(Problem) -> NamedColor {
        guard let color = colors[name ?? "standard"] else {
            throw Problem(description: "\(place): [colors] has no \"\(name ?? "")\"")
        }
        return color
    }

    private static func attributes(_ text: String?, _ place: String) throws(Problem) -> TextAttributes {
        var attributes: TextAttributes = []
        for word in (text ?? "").split(separator: " ") {
            switch word {
            case "bold": attributes.insert(.bold)
            case "dim": attributes.insert(.dim)
            case "italic": attributes.insert(.italic)
            case "underline": attributes.insert(.underline)
            case "reverse": attributes.insert(.reverse)
            default: throw Problem(description: "\(place): \"\(word)\" is no attribute")
            }
        }
        return attributes
    }

    private static let ansiNames = [
        "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "bright_black", "bright_red",
        "bright_green", "bright_yellow", "bright_blue", "bright_magenta", "bright_cyan", "bright_white",
    ]
}
