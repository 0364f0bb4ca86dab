import ArgumentParser

/// `--limit` and `--after`: which page of a list is asked for.
struct PageOptions<Cursor: ExpressibleByArgument & CustomStringConvertible>: ParsableArguments {
    @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
    var limit = 100

    @Option(help: ArgumentHelp("Only what follows this, with which a page before ended.", valueName: "cursor"))
    var after: Cursor?

    func validate() throws {
        if !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000") }
    }

    /// How many to ask for: one more than is shown, to know whether others follow.
    var count: Int { limit + 1 }

    /// What is shown of `count`, and where the next page begins; nil at the end.
    func page<Item>(_ found: [Item], cursor: (Item) -> Cursor) -> (shown: ArraySlice<Item>, next: Cursor?) {
        (found.prefix(limit), found.count > limit ? cursor(found[limit - 1]) : nil)
    }

    /// Tells a person how to go on.
    func tell(_ next: Cursor?) {
        if let next { Console.note("More follow: --after \(next)\n") }
    }
}
