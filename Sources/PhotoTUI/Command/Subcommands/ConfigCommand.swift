import ArgumentParser
import Core
import PhotoEngine
import SystemPackage

/// `phototui config …`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show the configuration, and where each value comes from.",
        discussion: """
            Examples:
              phototui config
              phototui config get theme
              $EDITOR "$(phototui config path)"

            Exit codes: 0 all understood, 1 the file or a variable holds something that is not.
            """,
        subcommands: [List.self, Path.self, Get.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List every key with its value and source.",
            discussion: """
                Examples:
                  phototui config list
                  phototui config --json | jq '.settings[] | select(.source != "default")'
                """)

        @OptionGroup var output: JSONOption

        func run() async throws {
            let configuration = LibraryOptions.configuration(warns: false)
            if output.json {
                try Console.line(json(configuration).encoded())
            } else {
                var table = TextTable([
                    ("KEY", .left), ("VALUE", .left), ("SOURCE", .left), ("VARIABLE", .left), ("MEANING", .left),
                ])
                for setting in configuration.settings {
                    table.add([
                        displayEscaped(setting.key), displayEscaped(setting.value), "\(setting.source)",
                        setting.variable, setting.meaning,
                    ])
                }
                try Console.write(table.text())
                for problem in configuration.everyProblem { Console.complain("config: \(problem.description)") }
            }
            if !configuration.everyProblem.isEmpty { throw ExitCode.failure }
        }

        private func json(_ configuration: Configuration) -> JSON {
            .object([
                "file": configuration.file.map { .string($0.string) } ?? .null,
                "settings": .array(
                    configuration.settings.map { setting in
                        .object([
                            "key": .string(setting.key), "value": .string(setting.value),
                            "source": .string("\(setting.source)"), "variable": .string(setting.variable),
                            "meaning": .string(setting.meaning),
                        ])
                    }),
                "problems": .array(
                    configuration.everyProblem.map { problem in
                        .object([
                            "place": .string(problem.place), "what_happened": .string(problem.whatHappened),
                            "what_to_do": .string(problem.whatToDo),
                        ])
                    }),
            ])
        }
    }

    struct Path: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the path of the file, there or not.",
            discussion: """
                Examples:
                  phototui config path
                  phototui config path --json
                """)

        @OptionGroup var output: JSONOption

        func run() async throws {
            guard let file = LibraryOptions.configuration(warns: false).file else {
                throw EngineError(.notFound, "there is no place for a configuration", whatToDo: "set HOME")
            }
            try Console.line(
                output.json ? JSON.object(JSON.path(file)).encoded() : displayEscaped(bytes: file.nameBytes))
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print one value.",
            discussion: """
                Examples:
                  phototui config get theme
                  phototui config get --json workers
                """)

        @OptionGroup var output: JSONOption

        @Argument(help: "A key, as phototui config lists it.", completion: .custom(configurationKeys))
        var key: String

        func run() async throws {
            let settings = LibraryOptions.configuration(warns: false).settings
            guard let setting = settings.first(where: { $0.key == key }) else {
                throw EngineError(.notFound, "no key is called \(key)", whatToDo: "list them with: phototui config")
            }
            let document: JSON = .object([
                "key": .string(setting.key), "value": .string(setting.value), "source": .string("\(setting.source)"),
            ])
            try Console.line(output.json ? document.encoded() : displayEscaped(setting.value))
        }
    }
}
