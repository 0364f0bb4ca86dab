import ArgumentParser

/// `--reason`, of what is written to the journal.
struct ReasonOption: ParsableArguments {
    @Option(help: ArgumentHelp("Why, for the journal.", valueName: "text"))
    var reason = ""

    func validate() throws {
        if reason.utf8.count > 1000 { throw ValidationError("--reason takes at most 1000 bytes") }
    }

    /// Whoever decides for somebody else says why.
    func require(for options: LibraryOptions, isDry: Bool = false) throws {
        if options.owner != nil, reason.allSatisfy(\.isWhitespace), !isDry {
            throw ValidationError("--owner needs a --reason: the owner's journal tells why somebody else decided")
        }
    }
}
