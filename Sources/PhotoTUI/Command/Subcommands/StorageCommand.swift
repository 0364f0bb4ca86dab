import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// `phototui storage`.
struct StorageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage",
        abstract: "Hold a library's storage against its catalogue, and set up its bucket.",
        subcommands: [Check.self, Clean.self, LifecycleCommand.self])

    /// `phototui storage lifecycle`.
    struct LifecycleCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lifecycle",
            abstract: "Have the provider drop unfinished uploads after a week, and replaced versions after a day.",
            discussion: """
                Also moves renditions to cheaper storage after 90 days where the provider has one. Rules that others made \
                stay. The access key must be allowed to set rules; the one that \
                phototui runs with every day need not.

                Examples:
                  phototui storage lifecycle --profile prod
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        func run() async throws {
            guard let profile = try libraryOptions.profile(LibraryOptions.configuration()) else {
                throw EngineError(
                    .invalidInput, "only a profile has a bucket", whatToDo: "name one with --profile NAME")
            }
            try await Library.setLifecycle(of: profile, environment: ProcessInfo.processInfo.environment)
            if output.json {
                try Console.line(JSON.object(["storage": .string(profile.storage)]).encoded())
            } else {
                try Console.line("The lifecycle rules are set in \(displayEscaped(profile.storage))")
            }
        }
    }
}
