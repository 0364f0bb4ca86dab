import ArgumentParser
import Core
import Foundation
import Jobs
import PhotoEngine

/// `phototui inbox`.
struct InboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox",
        abstract: "What waits for a person: broker, catalogue and storage held against each other.",
        discussion: """
            Of any broker: messages nobody consumes, paused queues, dead letters, deliveries nobody gives back, workers that are \
            silent or went without goodbye, clocks that differ, a visibility timeout below the longest task. Of a library also: dead jobs, jobs the broker \
            forgot, uploads never confirmed; with --thorough, which looks at every photo and object, photos that were never \
            processed and objects of no photo. Each with why it matters and the command that mends it.

            Examples:
              phototui inbox
              phototui inbox --broker redis://localhost:6379/0 --json | jq '.items[].kind'
              phototui inbox --profile prod --thorough
              */10 * * * * phototui inbox --profile prod > /tmp/inbox || mail -s inbox admin < /tmp/inbox

            Exit codes: 0 nothing waits, 1 something could not be looked at, 2 something waits.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var list: ListOptions
    @Option(help: ArgumentHelp("This broker alone, without a library.", valueName: "url")) var broker: String?
    @Flag(help: "Go through every photo and object, too.") var thorough = false
    @Option(help: ArgumentHelp("How long to wait for workers to answer, at most.", valueName: "seconds")) var wait = 2.6

    func validate() throws {
        if !(0.1...600).contains(wait) { throw ValidationError("--wait takes 0.1 to 600 seconds") }
    }

    func run() async throws {
        let configuration = LibraryOptions.configuration(warns: false)
        let isForeign = try BrokerOptions.namesForeignBroker(broker, libraryOptions)
        let profile = isForeign ? nil : try libraryOptions.profile(configuration)
        let open: @Sendable () async throws -> OpenConsole = { [broker] in
            try await OpenConsole.open(broker: broker, profile: profile)
        }
        let owner: String?? = profile?.broker == nil ? .none : .some(profile?.owner)
        @Sendable func survey(_ library: (@Sendable () async throws -> Library)?) async -> ([InboxItem], [String]) {
            await InboxSurvey(
                broker: isForeign || profile?.broker != nil ? open : nil, library: library,
                owner: owner,
                words: isForeign
                    ? broker.map { ["--broker", ConsoleCommand.withoutPassword($0)] } ?? [] : libraryWords,
                isThorough: thorough,
                patience: .seconds(wait)
            ).items()
        }
        if isForeign { return try await list.list { Self.listing(await survey(nil)) } }
        let opening = LastingLibrary { [libraryOptions] in try await libraryOptions.open(LibraryOptions.configuration())
        }
        do {
            try await list.list { Self.listing(await survey { try await opening.value() }) }
        } catch {
            await opening.close()
            throw error
        }
        await opening.close()
    }

    private var libraryWords: [String] {
        if let profile = libraryOptions.profile { return ["--profile", profile] }
        return libraryOptions.library.map { ["--library", $0] } ?? []
    }

    private static func listing(_ found: (items: [InboxItem], places: [String])) -> Listing {
        Listing(
            "items", found.items.map(json), more: [("at", .moment(SystemClock().microseconds))],
            text: found.items.map(text).joined(separator: "\n"),
            note: found.items.isEmpty ? "nothing waits in \(found.places.joined(separator: " and "))\n" : "",
            exitCode: found.items.contains { $0.kind == .unknown }
                ? .failure : found.items.isEmpty ? .success : .inPart)
    }

    private static func json(_ item: InboxItem) -> JSON {
        .object([
            "kind": .string(item.kind.rawValue), "subject": .string(item.subject), "count": .count(item.count),
            "explanation": .string(item.explanation), "command": .text(line(item)), "advice": .text(item.advice),
        ])
    }

    private static func line(_ item: InboxItem) -> String? {
        item.command.isEmpty ? nil : item.command.map(OwnCommand.quoted).joined(separator: " ")
    }

    private static func text(_ item: InboxItem) -> String {
        var text = Ink.bold(displayEscaped(item.kind.rawValue.replacing("_", with: " "))) + "  "
        text += displayEscaped(item.explanation) + "\n"
        if let line = line(item) { text += "    " + line + "\n" }
        if let advice = item.advice { text += "    " + advice + "\n" }
        return text
    }
}

/// A library that is opened with the first question, and anew with the next where that failed.
private actor LastingLibrary {
    private let open: @Sendable () async throws -> Library
    private var opening: Task<Library, any Error>?

    init(_ open: @escaping @Sendable () async throws -> Library) { self.open = open }

    func value() async throws -> Library {
        let opening = opening ?? Task { [open] in try await open() }
        self.opening = opening
        do {
            return try await opening.value
        } catch {
            self.opening = nil
            throw error
        }
    }

    func close() async { await (try? opening?.value)?.close() }
}
