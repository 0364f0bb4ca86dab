import Grid
import PhotoEngine
import Terminal

extension TerminalProfile {
    /// This profile as the configuration has pictures shown.
    func limited(to configuration: Configuration) -> TerminalProfile {
        var profile = limited(to: configuration.graphics)
        profile.pacesPictures = configuration.pacesGraphics
        return profile
    }

    /// This profile with no more than the configuration's `graphics` asks for.
    func limited(to graphics: String) -> TerminalProfile {
        var profile = self
        let asked: ColorDepth? =
            switch graphics {
            case "256": .indexed256
            case "16": .ansi16
            case "mono": .mono
            default: nil
            }
        if let asked { profile.colorDepth = min(colorDepth, asked) }
        if graphics == "ascii" { profile.isUnicode = false }
        // Whoever asks for characters of a kind gets characters.
        if graphics != "auto" { profile.graphics = GraphicsProtocol(rawValue: graphics) ?? .symbols }
        return profile
    }
}
