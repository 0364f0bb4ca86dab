import App
import ArgumentParser
import Core
import Foundation
import Glibc
import PhotoEngine
import Terminal

/// `phototui console`: the app on a broker alone.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Open the app on the queues of a Celery broker.",
        discussion: """
            Queues, workers and dead letters of any Celery deployment on Redis, followed while one looks; no library is needed. \
            What is done waits some seconds in which u takes it back. For scripts: queues, workers, dead.

            Examples:
              phototui console                                     the profile's broker
              phototui console --broker redis://localhost:6379/0   any other
              phototui console --read-only                         no key changes anything

            Exit codes: 0 left, 1 no broker is named or there is no usable terminal, 2 what was begun could not be ended.
            """)

    @OptionGroup var brokerOptions: BrokerOptions
    @OptionGroup var graphics: GraphicsOption

    @Flag(
        help: """
            Switch off what changes the broker. Redis enforces it for a user who may only read: see docs/console.md.
            """)
    var readOnly = false

    func run() async throws {
        let configuration = graphics.applied(to: LibraryOptions.configuration(warns: false))
        guard isatty(STDIN_FILENO) == 1, Console.isTerminal else {
            throw EngineError(
                .unsupported, "the console needs a terminal",
                whatToDo: "without one, use: phototui queues, workers, dead")
        }
        let profile = try brokerOptions.chosenProfile(configuration)
        let opened = try await OpenConsole.open(broker: brokerOptions.broker, profile: profile)
        let named = brokerOptions.broker.map { ["--broker", Self.withoutPassword($0)] } ?? []
        let options = profile.map { ["--profile", $0.name] } ?? named
        let state = ConsoleState(
            address: opened.address, options: options, isReadOnly: readOnly, hasCatalog: profile != nil)
        do {
            try await InteractiveSession(
                broker: InteractiveSession.Broker(state: state, open: { opened }), option: brokerOptions.broker,
                profile: profile, configuration: configuration,
                environment: ProcessInfo.processInfo.environment
            ).run()
        } catch let error as TerminalError {
            throw EngineError(.unsupported, error.description)
        }
    }

    /// An address for a command line that is shown; the password is better kept in the environment.
    static func withoutPassword(_ address: String) -> String {
        guard let scheme = address.firstRange(of: "://") else { return address }
        let rest = address[scheme.upperBound...]
        let place = rest.prefix { $0 != "/" && $0 != "?" }
        guard let at = place.lastIndex(of: "@") else { return address }
        let user = place[..<at].prefix { $0 != ":" }
        let name = user.isEmpty ? "" : user + "@"
        return String(address[..<scheme.upperBound]) + name + rest[place.index(after: at)...]
    }
}
