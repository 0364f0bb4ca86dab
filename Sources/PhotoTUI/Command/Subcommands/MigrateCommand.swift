import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// `phototui migrate`.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring a networked library's database to this version.",
        discussion: """
            Connects as the role that owns the schema (database_owner in the profile), directly rather than through \
            PgBouncer. An embedded library does so by itself.

            Examples:
              phototui migrate --profile prod
              PHOTOTUI_DATABASE_PASSWORD=… phototui migrate --profile prod --role phototui_app
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("The role that phototui runs as, which is granted the rows.", valueName: "name"))
    var role = "phototui_app"

    func run() async throws {
        let configuration = LibraryOptions.configuration()
        guard let profile = try libraryOptions.profile(configuration) else {
            throw EngineError(.invalidInput, "migrate is for a profile", whatToDo: "name one with --profile NAME")
        }
        let migration = try await Library.migrate(
            profile, applicationRole: role, environment: ProcessInfo.processInfo.environment)
        if output.json {
            let remarks = JSON.array(migration.remarks.map { .string($0) })
            try Console.line(
                JSON.object(["schema_version": .count(migration.schemaVersion), "remarks": remarks]).encoded())
        } else {
            try Console.line("The database has schema \(migration.schemaVersion)")
            for remark in migration.remarks { try Console.line(displayEscaped(remark)) }
        }
    }
}
