import ArgumentParser
import Synchronization

/// Gives the commands that messages name the options by which this one came to its library: copied, they act on the same one.
enum AddressedHints {
    private static let words = Mutex<[String]>([])

    /// The options that this process was given, as the shell reads them.
    static func remember(_ options: LibraryOptions) {
        let folder = options.library ?? Invocation(RawArguments.current).library
        let given = options.networked.isEmpty ? (folder.map { ["--library", $0] } ?? []) : options.networked
        words.withLock { $0 = given.map(OwnCommand.quoted) }
    }

    /// The text with the options behind the name of each command that takes them.
    static func addressed(_ text: String) -> String {
        let options = words.withLock { $0 }
        return options.isEmpty ? text : addressed(text, options: options, root: Phototui.self)
    }

    static func addressed(_ text: String, options: [String], root: any ParsableCommand.Type) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            // A line that names a library says which one it means.
            if ["--profile", "--owner", "--library"].contains(where: line.contains) { return String(line) }
            var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            var place = 0
            while let program = words[place...].firstIndex(of: "phototui") {
                var (command, end) = (root, program + 1)
                while end < words.count, let next = command.subcommand(named: words[end]) {
                    (command, end) = (next, end + 1)
                }
                place = end
                guard end > program + 1, command.takesLibrary else { continue }
                // What ends the sentence stays behind the command.
                let last = words[end - 1]
                let name = last.prefix(while: \.isCommandLetter)
                words[end - 1] = ([String(name)] + options).joined(separator: " ") + last.dropFirst(name.count)
            }
            return words.joined(separator: " ")
        }.joined(separator: "\n")
    }
}

extension Character {
    fileprivate var isCommandLetter: Bool { isASCII && (isLetter || self == "-") }
}

extension ParsableCommand {
    /// The subcommand that a word of a text calls, whatever punctuation follows it.
    fileprivate static func subcommand(named word: String) -> (any ParsableCommand.Type)? {
        let name = word.prefix(while: \.isCommandLetter)
        // Behind punctuation nothing belongs to the command any more.
        return configuration.subcommands.first { $0._commandName == name }
    }

    /// Whether it, or the one it stands for, has the options of `LibraryOptions`.
    fileprivate static var takesLibrary: Bool {
        if Mirror(reflecting: Self()).children.contains(where: { $0.value is OptionGroup<LibraryOptions> }) {
            return true
        }
        return configuration.defaultSubcommand?.takesLibrary ?? false
    }
}
