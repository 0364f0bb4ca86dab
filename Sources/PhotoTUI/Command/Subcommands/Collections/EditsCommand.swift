import ArgumentParser
import Core
import PhotoEngine
import Workflows

/// `phototui edits …`.
struct EditsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edits",
        abstract: "List what was changed of photos, albums and tags, and take it back.",
        discussion: """
            Examples:
              phototui edits
              phototui edits undo 0190a7c2
            """,
        subcommands: [EditsList.self, EditsUndo.self], defaultSubcommand: EditsList.self)
}

/// `phototui edits list`.
struct EditsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what was changed, newest first.",
        discussion: """
            Examples:
              phototui edits list --limit 20
              phototui edits list --json | jq -r '.edits[] | select(.undone_at == null).id'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("At most so many edits.", valueName: "n"))
    var limit = 100

    @Option(help: ArgumentHelp("Only what follows this edit.", valueName: "id"))
    var after: EditID?

    func validate() throws {
        if !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000") }
    }

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let found = try await library.catalog.edits(after: after, limit: limit + 1)
            let shown = found.prefix(limit)
            let next = found.count > limit ? shown.last?.id : nil
            if output.json {
                let document: JSON = .object([
                    "edits": .array(shown.map { .object(EditFormat.json($0)) }), "next": .text(next?.description),
                ])
                return try Console.line(document.encoded())
            }
            var table = TextTable([
                ("EDIT", .left), ("AT", .left), ("BY", .left), ("CHANGED", .left), ("", .left), ("REASON", .left),
            ])
            for edit in shown {
                table.add([
                    edit.id.description, rfc3339(microseconds: edit.madeAt), displayEscaped(edit.actor),
                    EditFormat.words(edit), edit.undone == nil ? "" : "undone", displayEscaped(edit.reason),
                ])
            }
            if !table.isEmpty { try Console.write(table.text()) }
            if let next { Console.note("More follow: --after \(next)\n") }
        }
    }
}

/// `phototui edits undo EDIT…`.
struct EditsUndo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Take changes back: photos, albums and tags are as they were.",
        discussion: """
            EDIT is an id that the changing command or `edits` printed, or its beginning. What somebody changed since is left as \
            it is, and told.

            Examples:
              phototui edits undo 0190a7c2
              phototui edits --json --limit 1 | jq -r '.edits[0].id' | xargs phototui edits undo

            Exit codes: 0 everything is as it was, 1 nothing was taken back, 2 some of it was changed since and stays.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "Edits' ids, or beginnings of ids.")
    var edits: [String]

    func validate() throws {
        try why.require(for: libraryOptions)
        if edits.isEmpty { throw ValidationError("name an edit to take back") }
    }

    /// Conflicts of one edit that are told line by line.
    private static let mostTold = 20

    func run() async throws {
        var undone: [UndoneEdit] = []
        var failed: [(name: String, error: EngineError)] = []
        try await libraryOptions.withLibrary { library in
            let editing = LibraryEditing(catalog: library.catalog)
            for name in edits {
                do {
                    let edit = try await editing.edit(named: name)
                    undone.append(try await editing.undo(edit.id, actor: DuplicatesCommand.actor, reason: why.reason))
                } catch let error as EngineError {
                    failed.append((name, error))
                }
            }
        }
        if output.json {
            let document: JSON = .object([
                "undone": .array(
                    undone.map { item in
                        .object(
                            EditFormat.json(item.edit) + [
                                ("restored", .count(item.restored)),
                                ("conflicts", .array(item.conflicts.map { .rawText(EditFormat.words($0)) })),
                            ])
                    }),
                "failed": .array(
                    failed.map { .object(["name": .rawText($0.name), "reason": .rawText($0.error.description)]) }),
            ])
            try Console.line(document.encoded())
        } else {
            for item in undone {
                let photos = item.edit.photoCount == 0 ? "" : ", \(counted(item.restored, "photo")) as before"
                try Console.line("\(item.edit.id) undone: \(EditFormat.words(item.edit))\(photos)")
            }
        }
        for item in undone {
            for conflict in item.conflicts.prefix(Self.mostTold) {
                Console.complain("\(item.edit.id): \(EditFormat.words(conflict))")
            }
            let rest = item.conflicts.count - Self.mostTold
            if rest > 0 { Console.complain("\(item.edit.id): and \(rest) more (--json has all)") }
        }
        for item in failed { Console.complain("\(item.name): \(item.error.description)") }
        if undone.isEmpty { throw ExitCode.failure }
        if !failed.isEmpty || undone.contains(where: { !$0.conflicts.isEmpty }) { throw ExitCode.inPart }
    }
}
