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
            silent, clocks that differ, a visibility timeout below the longest task. Of a library also: dead jobs, jobs the broker \
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
    @OptionGroup var output: JSONOption
    @Option(help: ArgumentHelp("This broker alone, without a library.", valueName: "url")) var broker: String?
    @Flag(help: "Go through every photo and object, too.") var thorough = false
    @Option(help: ArgumentHelp("How long to wait for workers to answer, at most.", valueName: "seconds")) var wait = 2.6

    func validate() throws {
        if !(0.1...600).contains(wait) { throw ValidationError("--wait takes 0.1 to 600 seconds") }
    }

    func run() async throws {
        var items: [InboxItem] = []
        var places: [String] = []
        if try BrokerOptions.namesForeignBroker(broker, libraryOptions) {
            let words = broker.map { ["--broker", $0] } ?? []
            let (found, place, _) = await lookAtBroker(broker: broker, profile: nil, words: words, owner: .none)
            items += found
            places.append(place)
        } else {
            let words = libraryWords
            let profile = try libraryOptions.profile(LibraryOptions.configuration(warns: false))
            var messages: Int?
            if let profile, profile.broker != nil {
                let (found, place, count) = await lookAtBroker(
                    broker: nil, profile: profile.name, words: ["--profile", profile.name],
                    owner: .some(profile.owner))
                items += found
                messages = count
                places.append(place)
            }
            items += await lookAtLibrary(words: words, messages: messages)
            places.append("the library")
        }
        try show(items, places)
    }

    private var libraryWords: [String] {
        if let profile = libraryOptions.profile { return ["--profile", profile] }
        return libraryOptions.library.map { ["--library", $0] } ?? []
    }

    /// `owner` is whose messages are counted; nil counts none.
    private func lookAtBroker(
        broker: String?, profile: String?, words: [String], owner: String??
    ) async -> (items: [InboxItem], place: String, messages: Int?) {
        var options = BrokerOptions()
        options.broker = broker
        options.profile = profile
        var place = "the broker"
        do {
            return try await options.withConsole { opened in
                place = opened.address
                let console = CeleryConsole(opened.redis)
                defer { console.close() }
                let inbox = BrokerInbox(
                    console, longest: await longest(opened), words: words, patience: .seconds(wait))
                let items = try await inbox.items()
                guard let owner else { return (items, place, nil) }
                return (items, place, try await inbox.messages(of: owner))
            }
        } catch {
            return ([Self.unknown(place, error)], place, nil)
        }
    }

    private func longest(_ opened: OpenConsole) async -> [String: Double] {
        let file = TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment)
        guard file.exists, let history = try? await file.open() else { return [:] }
        let found = (try? await history.longestRuns(limit: 10)) ?? [:]
        await history.close()
        return found
    }

    private func lookAtLibrary(words: [String], messages: Int?) async -> [InboxItem] {
        do {
            return try await libraryOptions.withLibrary { library in
                try await LibraryInbox(library, words: words, isThorough: thorough).items(messages: messages)
            }
        } catch {
            return [Self.unknown("the library", error)]
        }
    }

    private static func unknown(_ place: String, _ error: any Error) -> InboxItem {
        let known = error as? EngineError
        return InboxItem(
            .unknown, place, "It could not be looked at: \(known?.whatHappened ?? "\(error)").", advice: known?.whatToDo
        )
    }

    private func show(_ items: [InboxItem], _ places: [String]) throws {
        if output.json {
            let document: JSON = .object([
                "items": .array(items.map(Self.json)), "at": .moment(SystemClock().microseconds),
            ])
            try Console.line(document.encoded())
        } else if items.isEmpty {
            Console.note("nothing waits in \(places.joined(separator: " and "))\n")
        } else {
            try Console.write(items.map(Self.text).joined(separator: "\n"))
        }
        if items.contains(where: { $0.kind == .unknown }) { throw ExitCode.failure }
        if !items.isEmpty { throw ExitCode.inPart }
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
        if let advice = item.advice { text += "    " + displayEscaped(advice) + "\n" }
        return text
    }
}
