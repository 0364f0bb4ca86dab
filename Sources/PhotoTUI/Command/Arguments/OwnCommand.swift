import Core
import SystemPackage

/// This program as the person at the shell called it, to suggest further commands that work as they stand.
struct OwnCommand {
    /// As it was typed: a name that the shell finds, or a path. Raw text.
    let name: String
    /// The folder of `--library`, where it was given. Raw text.
    let library: String?

    /// The running one; `library` is that of the subcommand's options.
    init(library: String?) {
        // SAFETY: argv holds argc C strings, which live and stay unchanged as long as the process.
        let typed = CommandLine.argc > 0 ? CommandLine.unsafeArgv[0].map { FilePath(platformString: $0).rawText } : nil
        self.init(name: typed ?? "phototui", library: library ?? Invocation(RawArguments.current).library)
    }

    init(name: String, library: String?) {
        self.name = name
        self.library = library
    }

    /// A line for the shell, safe to show: the program, its library, and these words.
    func line(_ words: [String]) -> String {
        let library = library.map { ["--library", $0] } ?? []
        return ([name] + library + words).map(Self.quoted).joined(separator: " ")
    }

    /// Raw text as a word for the shell, safe to show.
    static func quoted(_ word: String) -> String {
        shellQuoted(word) { RawArguments.bytes(of: String($0)) }
    }
}
