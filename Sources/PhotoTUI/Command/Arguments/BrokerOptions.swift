import ArgumentParser
import Core
import Foundation
import Glibc
import Jobs
import PhotoEngine
import SystemPackage

/// Which broker a command of the console looks at.
struct BrokerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Any Celery broker on Redis; no library is needed (default: PHOTOTUI_BROKER, else the profile's). A password is \
            better kept in PHOTOTUI_BROKER_PASSWORD.
            """, valueName: "url"))
    var broker: String?

    @Option(help: ArgumentHelp("A networked library of config.toml, by its name.", valueName: "name"))
    var profile: String?

    /// The console, and the journal of what is done with it.
    func open() async throws -> OpenConsole {
        let configuration = LibraryOptions.configuration()
        return try await OpenConsole.open(broker: broker, profile: try chosenProfile(configuration))
    }

    /// The profile whose broker it is; nil where an address is given.
    func chosenProfile(_ configuration: Configuration) throws -> Profile? {
        if broker != nil { return nil }
        var options = LibraryOptions.unnamed
        options.profile = profile
        return try options.profile(configuration)
    }
}

extension BrokerOptions {
    /// For commands that serve a library, too: whether they are asked of a broker that has none.
    static func namesForeignBroker(_ broker: String?, _ library: LibraryOptions) throws -> Bool {
        if broker != nil {
            guard library.library == nil, library.profile == nil else {
                throw ValidationError("name a --broker or a library, not both")
            }
            return true
        }
        let named = ProcessInfo.processInfo.environment["PHOTOTUI_BROKER", default: ""]
        guard !named.isEmpty, named != "inline", library.library == nil, library.profile == nil else { return false }
        // Beside a profile the variable is one of its keys; beside a library's folder it is where its workers are.
        let configuration = LibraryOptions.configuration(warns: false)
        return try library.profile(configuration) == nil && Invocation(RawArguments.current).library == nil
            && library.location(configuration).catalog.withPlatformString { access($0, F_OK) } != 0
    }
}

/// A broker's console for one command.
struct OpenConsole {
    let console: any BrokerConsole
    let control: any TaskControl
    let retrying: any TaskRetrying
    let redis: RedisAddress
    /// Without a password.
    let address: String
    let journal: ConsoleJournal

    /// Connects at the first question.
    static func open(broker: String?, profile: Profile?) async throws -> OpenConsole {
        let environment = ProcessInfo.processInfo.environment
        guard
            let address = try await RedisAddress.broker(option: broker, profile: profile, environment: environment)
        else {
            throw EngineError(
                .invalidInput, "no broker is named",
                whatToDo:
                    "use --broker redis://HOST:PORT/DATABASE, set PHOTOTUI_BROKER, or choose a profile that has one")
        }
        let known = profile == nil ? [] : QueueName.allCases.map(\.rawValue)
        let console = CeleryConsole(address, knownQueues: known)
        return OpenConsole(
            console: console, control: console, retrying: console, redis: address, address: address.description,
            journal: ConsoleJournal(
                profile: profile, broker: address.description, actor: DuplicatesCommand.actor, environment: environment)
        )
    }

    /// Refuses a name that no queue has: a slip of the pen would else be paused, or be where messages go. `option` makes it all
    /// the same. On a server with so many keys that not all were looked at, only a name that is seen is known.
    func requireQueue(_ name: String, unless option: String? = nil) async throws {
        let listing = try await console.queues()
        let names = listing.queues.map(\.name)
        guard !names.contains(name), listing.isComplete else { return }
        let near = NearestNames.of(name, among: names).map { name in
            // What can't be shown is escaped where the error is.
            let word = shellQuoted(name)
            return word.hasPrefix("$'") ? name : word
        }
        let hint =
            near.isEmpty
            ? (names.isEmpty ? "there are none yet" : "list them with: phototui queues")
            : "perhaps \(near.joined(separator: " or "))"
        throw EngineError(
            .notFound, "there is no queue \(name) on \(address)",
            whatToDo: hint + (option.map { "; \($0) does it all the same" } ?? ""))
    }

    /// Does something that changes the broker, between two entries in the journal; a refusal is on record, too. `soFar` tells
    /// what was done of it where it is stopped in the middle.
    func act<Value: Sendable>(
        _ name: String, on subject: String, reason: String, outcome: (Value) -> String,
        soFar: () -> String? = { nil }, tellDetour: (String) -> Void = { Console.complain($0) },
        _ body: () async throws -> Value
    ) async throws -> Value {
        let action = try await journal.begin(name, subject: subject, reason: reason)
        if let detour = await journal.detour {
            tellDetour("the journal is kept on this machine for now: \(detour.description)")
        }
        let value: Value
        do {
            value = try await body()
        } catch {
            let words = (error as? EngineError)?.description ?? (error is CancellationError ? "stopped" : "\(error)")
            await end(action, (["failed: \(words)", soFar()].compactMap(\.self)).joined(separator: ", "), tellDetour)
            throw error
        }
        await end(action, outcome(value), tellDetour)
        return value
    }

    /// What has to be known before somebody is asked. Where that fails, the action is on record as one that did.
    func preparing<Value: Sendable>(
        _ name: String, on subject: String, reason: String, tellDetour: (String) -> Void = { Console.complain($0) },
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as EngineError {
            try? await act(name, on: subject, reason: reason, outcome: { _ in "" }, tellDetour: tellDetour) {
                throw error
            }
            throw error
        }
    }

    /// Has it on record that something was not done, where that can be written.
    func refuse(_ name: String, on subject: String, _ why: String, reason: String = "") async {
        guard let action = try? await journal.begin(name, subject: subject, reason: reason) else { return }
        try? await journal.end(action, outcome: "refused: \(why)")
    }

    /// What is done is done: that its end can't be written down is told, and fails nothing.
    private func end(_ action: ConsoleJournal.Action, _ outcome: String, _ tell: (String) -> Void) async {
        // Also behind Ctrl-C.
        let failure = await Task { [journal] in
            do {
                try await journal.end(action, outcome: outcome)
                return nil as String?
            } catch {
                return (error as? EngineError)?.description ?? "\(error)"
            }
        }.value
        if let failure {
            tell("the journal says that this began, and not how it ended (\(outcome)): \(failure)")
        }
    }

    /// Drops what waits in a queue up to a mark, and has the history of its tasks know of it.
    func purge(_ queue: String, upTo mark: QueueMark) async throws -> PurgeOutcome {
        let moment = Date().timeIntervalSince1970
        let outcome = try await console.purge(queue, upTo: mark)
        await TaskHistoryFile(redis, environment: ProcessInfo.processInfo.environment)
            .noteDropped(outcome.dropped, from: queue, at: moment, by: DuplicatesCommand.actor)
        return outcome
    }

    func close() async {
        console.close()
        await journal.close()
    }
}

extension BrokerOptions {
    /// Opens the console, and closes it behind `body`.
    func withConsole<Value>(_ body: (OpenConsole) async throws -> Value) async throws -> Value {
        let opened = try await open()
        do {
            let value = try await body(opened)
            await opened.close()
            return value
        } catch {
            await opened.close()
            throw error
        }
    }
}

extension OpenConsole {
    /// As `ConsentOptions.ask`; where nobody agrees, that is on record.
    func ask(
        _ consent: ConsentOptions, _ sentence: String, type word: String, for name: String, on subject: String
    ) async throws {
        do {
            try consent.ask(sentence, type: word)
        } catch {
            await refuse(name, on: subject, "nobody agreed", reason: consent.reason)
            throw error
        }
    }
}

/// `--yes`, and the question that stands in its place on a terminal.
struct ConsentOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do it without asking.")
    var yes = false

    @Option(help: ArgumentHelp("Why, for the journal.", valueName: "text"))
    var reason = ""

    func validate() throws {
        if reason.utf8.count > 1000 { throw ValidationError("--reason takes at most 1000 bytes") }
    }

    /// As `Consent.ask`.
    func ask(_ sentence: String, type word: String) throws { try Consent(isGiven: yes).ask(sentence, type: word) }
}

/// Whether somebody agrees to what can't be taken back.
struct Consent {
    /// By an option.
    let isGiven: Bool

    /// Says what is about to happen (`sentence` may hold foreign text), and has `word` typed. Throws where it isn't.
    func ask(_ sentence: String, type word: String) throws {
        if isGiven { return }
        guard Console.errorIsTerminal, isatty(STDIN_FILENO) == 1 else {
            throw EngineError(
                .invalidInput, "\(sentence), and nobody is there to agree", whatToDo: "add --yes to do it")
        }
        Console.note("\(displayEscaped(sentence)).\nType \(displayEscaped(word)) to go on: ")
        guard readLine() == word else {
            Console.note("Nothing was changed\n")
            throw ExitCode.failure
        }
    }
}
