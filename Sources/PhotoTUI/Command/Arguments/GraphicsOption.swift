import ArgumentParser
import PhotoEngine

/// `--graphics`.
struct GraphicsOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How pictures are drawn: \(Configuration.graphicsNames.joined(separator: ", ")) (default: graphics in config.toml, else auto).",
            valueName: "name"),
        completion: .list(Configuration.graphicsNames))
    var graphics: String?

    @Flag(help: "Tell what changes line by line, for screen readers: --graphics linear.")
    var linear = false

    func validate() throws {
        if linear, graphics != nil { throw ValidationError("--linear is a --graphics: give one of them") }
        guard let graphics, !Configuration.graphicsNames.contains(graphics) else { return }
        throw ValidationError("--graphics takes one of \(Configuration.graphicsNames.joined(separator: ", "))")
    }

    func applied(to configuration: Configuration) -> Configuration {
        var configuration = configuration
        if let graphics { configuration.graphics = graphics }
        if linear { configuration.graphics = Configuration.linearGraphics }
        return configuration
    }
}
