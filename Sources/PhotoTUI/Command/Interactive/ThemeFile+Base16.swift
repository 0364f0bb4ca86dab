import App
import Grid

extension ThemeFile {
    /// The dark theme's roles in the colours of a base16 scheme: lines `base00: "181818"` to `base0F`, also below `palette:`
    /// (https://github.com/tinted-theming/home/blob/main/styling.md).
    /// - Throws: `Problem` when one of those that are used is missing, or is no colour.
    static func theme(base16 text: String, name: String) throws(Problem) -> Theme {
        var scheme: [String: RGBColor] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmed }
            guard parts.count == 2, uses.contains(where: { $0.base == parts[0] }) else { continue }
            let value = parts[1].drop { $0 == "\"" || $0 == "'" }.prefix { $0.isHexDigit || $0 == "#" }
            guard let color = RGBColor(hexadecimal: String(value)) else {
                throw Problem(description: "theme \(name): \(parts[0]) is no colour: write \(parts[0]): \"rrggbb\"")
            }
            scheme[String(parts[0])] = color
        }
        var colors: [String: RGBColor] = [:]
        for (color, base) in uses {
            guard let value = scheme[base] else {
                throw Problem(description: "theme \(name): no base16 scheme: \(base) is missing")
            }
            colors[color] = value
        }
        return try parse(EmbeddedTheme.text, name: name, replacing: colors)
    }

    /// What the styling guide says each is for.
    private static let uses: [(color: String, base: String)] = [
        ("background", "base00"), ("raised", "base01"), ("line", "base03"), ("faint", "base04"),
        ("muted", "base04"), ("text", "base05"), ("strong", "base07"), ("accent", "base0D"), ("on_accent", "base00"),
        ("mark", "base0A"), ("good", "base0B"), ("warn", "base09"), ("bad", "base08"),
    ]
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
