import ArgumentParser

/// `phototui jobs …`.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List, show, retry and cancel jobs: a library's, or the tasks of any Celery broker.",
        discussion: """
            A library's jobs are in its catalogue. What the tasks of another broker did is known where somebody watches it.

            Examples:
              phototui jobs                         the newest jobs
              phototui jobs list --state dead
              phototui jobs retry --all-dead
              phototui jobs cancel ID
              phototui jobs watch --broker redis://localhost:6379/0
              phototui jobs list --broker redis://localhost:6379/0 --state failed
            """,
        subcommands: [
            List.self, Show.self, Retry.self, Cancel.self, JobsAnnounce.self, JobsRevoke.self, JobsWatch.self,
        ],
        defaultSubcommand: List.self)
}
