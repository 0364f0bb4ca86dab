import ArgumentParser
import Core
import Foundation
import Glibc
import PhotoEngine
import SystemPackage

/// `phototui owners …`.
struct OwnersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "owners",
        abstract: "Say what each owner of a library has, and may have.",
        discussion: """
            Photos of the trash count until it is emptied. Of a profile this connects as the role that owns the schema \
            (database_owner), as migrate does: an owner can't change what they may have.
            """,
        subcommands: [List.self, SetQuota.self], defaultSubcommand: List.self)

    /// `phototui owners list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List owners with their photos, bytes and quotas.",
            discussion: """
                Examples:
                  phototui owners --profile prod
                  phototui owners list --profile prod --json | jq '.owners[] | select(.state == "full")'
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var list: ListOptions

        func run() async throws {
            try await libraryOptions.withAdministration { administration in
                try await list.list {
                    let owners = try await administration.owners()
                    return Listing("owners", owners.map(OwnerFormat.json), text: OwnerFormat.text(owners))
                }
            }
        }
    }

    /// `phototui owners quota`.
    struct SetQuota: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "quota",
            abstract: "Say how many photos, and bytes of originals, an owner may have.",
            discussion: """
                What is not named stays as it is. Nothing that is there is removed: an owner who has more takes in nothing new. \
                From 80 % on imports say so. The owner's journal tells who set it, and why.

                Examples:
                  phototui owners quota ada --bytes 50GB --photos 20000 --reason "ticket 812" --profile prod
                  phototui owners quota ada --bytes none --reason "paid" --profile prod
                  phototui owners quota --bytes 200GB --reason "this disk is small"    a library in a folder

                Exit codes: 0 set, 1 there is no such owner, or this role may not.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        @Argument(help: "The owner; not needed where there is only one.")
        var owner: String?
        @Option(help: ArgumentHelp("Bytes of originals, as in 50GB; none for any number.", valueName: "bytes"))
        var bytes: String?
        @Option(help: ArgumentHelp("Photos; none for any number.", valueName: "n"))
        var photos: String?
        @Option(help: ArgumentHelp("Why, for the journal.", valueName: "text"))
        var reason: String

        func validate() throws {
            if bytes == nil, photos == nil {
                throw ValidationError("say what they may have: --bytes, --photos, or both")
            }
            if let bytes, bytes != "none", Self.bytes(bytes) == nil {
                throw ValidationError("--bytes takes a number with B, kB, MB, GB or TB, as in 50GB, or none")
            }
            if let photos, photos != "none", Int(photos).map({ $0 < 0 }) ?? true {
                throw ValidationError("--photos takes a number from 0 on, or none")
            }
            if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason takes the reason") }
        }

        func run() async throws {
            try await libraryOptions.withAdministration { administration in
                let all = try await administration.owners()
                guard let name = owner ?? (all.count == 1 ? all[0].owner : nil) else {
                    throw EngineError(
                        .invalidInput, "\(all.count) owners are here, and none is named",
                        whatToDo: "name one; phototui owners list has them")
                }
                var quota = all.first { $0.owner == name }?.quota ?? .none
                if let bytes { quota.bytes = Self.bytes(bytes) }
                if let photos { quota.photos = Int(photos) }
                let usage = try await administration.setQuota(
                    quota, of: name, actor: DuplicatesCommand.actor, reason: reason)
                if output.json { return try Console.line(OwnerFormat.json(usage).encoded()) }
                try Console.line("\(displayEscaped(usage.owner)): \(OwnerFormat.words(usage))")
                if usage.state == .full { Console.complain("that is full: they can take in nothing new") }
            }
        }

        /// Nil for `none`, and for what is no number of bytes.
        private static func bytes(_ text: String) -> ByteCount? {
            let units: [(String, Double)] = [
                ("tb", 1e12), ("gb", 1e9), ("mb", 1e6), ("kb", 1e3), ("b", 1), ("", 1),
            ]
            let text = text.lowercased().filter { $0 != " " }
            guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
                let number = Double(text.dropLast(unit.count)), number >= 0, number * factor < 1e18
            else { return nil }
            return ByteCount(Int64((number * factor).rounded()))
        }
    }
}

extension LibraryOptions {
    /// Opens the owners of the library that must be there, and closes them behind `body`.
    fileprivate func withAdministration(
        _ body: (any OwnerAdministration) async throws -> Void
    ) async throws {
        let configuration = Self.configuration()
        let administration: any OwnerAdministration
        if let profile = try profile(configuration) {
            administration = try await Library.administration(
                of: profile, environment: ProcessInfo.processInfo.environment)
        } else {
            let location = location(configuration)
            guard location.catalog.withPlatformString({ access($0, F_OK) }) == 0 else {
                throw EngineError(
                    .notFound, "there is no library in \(location.folder.rawText)",
                    whatToDo: "start one with: phototui import PATH, or name another with --library DIR")
            }
            administration = try await Library.administration(of: location.folder)
        }
        do {
            try await body(administration)
            try await administration.close()
        } catch {
            try? await administration.close()
            throw error
        }
    }
}
