import ArgumentParser
import Core

/// The program's root command.
struct Phototui: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phototui",
        abstract: "Browse your photos in the terminal.",
        discussion: """
            phototui PATH opens the app on a folder and indexes it in place meanwhile: nothing is moved or changed. \
            Without a terminal it imports and prints the timeline as text.

            Examples:
              phototui ~/Pictures                  open the app
              phototui import ~/Pictures           index without the app
              phototui photos --month 2024-07      list a month
              phototui photos --json | jq .        the same for programs
              phototui search lisbon 2019..2021    find photos

            Exit codes: 0 done, 1 failed, 2 done in part, 64 usage.
            """,
        version: version,
        subcommands: [
            OpenCommand.self, ImportCommand.self, PhotosCommand.self, SearchCommand.self, MonthsCommand.self,
            ShowCommand.self, WhyCommand.self,
            AlbumsCommand.self, TagsCommand.self, FavouriteCommand.self, RateCommand.self, CaptionCommand.self,
            ArchiveCommand.self, EditsCommand.self, DuplicatesCommand.self, TrashCommand.self, HashCommand.self,
            JobsCommand.self, QueuesCommand.self,
            DeadCommand.self, WorkersCommand.self, InboxCommand.self, JournalCommand.self, ConsoleCommand.self,
            WorkerCommand.self, UploadCommand.self,
            FetchCommand.self, ExportCommand.self, ShareCommand.self, SidecarsCommand.self, PlacesCommand.self,
            MigrateCommand.self, PromoteCommand.self, OwnersCommand.self, StorageCommand.self, TiersCommand.self,
            DoctorCommand.self, HealthCommand.self,
            CostsCommand.self,
            ConfigCommand.self,
        ],
        defaultSubcommand: OpenCommand.self)

    static let version = ProgramVersion.text
}

extension ExitCode {
    /// Some inputs failed; they are listed.
    static let inPart = ExitCode(2)
    /// Ended by Ctrl-C, as shells count it: 128 + SIGINT.
    static let interrupted = ExitCode(130)
}
