import Core
import Foundation
import PhotoEngine
import Synchronization
import SystemPackage

/// What the console's screens look at beside the broker.
struct ConsolePlace: Sendable {
    /// Whether jobs are rows of a catalogue; else they are known from a broker's history.
    var hasCatalog: Bool
    var profile: Profile?
    /// An embedded library's folder.
    var folder: FilePath?
    /// The broker's address as it was given, with whatever it holds.
    var brokerOption: String?
    var isReadOnly = false
    var configuration: Configuration
    var environment: [String: String]

    /// What commands name the place by.
    var words: [String] {
        if let profile { return ["--profile", profile.name] }
        if let folder { return ["--library", folder.string] }
        return brokerOption.map { ["--broker", ConsoleCommand.withoutPassword($0)] } ?? []
    }

    /// Where health is looked at.
    var health: LibraryHealth.Place {
        if let profile { return .profile(profile) }
        return folder.map { .folder($0) } ?? .broker
    }
}

/// A library that is opened once somebody asks for it.
final class LibraryDoor: Sendable {
    let opening: Task<Library, any Error>
    private let knock: AsyncStream<Void>.Continuation
    private let hasKnocked = Mutex(false)

    init(_ open: @escaping @Sendable () async throws -> Library) {
        let (knocks, knock) = AsyncStream.makeStream(of: Void.self)
        self.knock = knock
        opening = Task {
            for await _ in knocks { return try await open() }
            throw CancellationError()
        }
    }

    func wake() {
        if hasKnocked.withLock({ hasKnocked in
            defer { hasKnocked = true }
            return hasKnocked
        }) {
            return
        }
        knock.yield()
        knock.finish()
    }

    /// Where nobody has, there is nothing to close.
    var wasAsked: Bool { hasKnocked.withLock { $0 } }
}

/// The history of the broker that shows, and the watch that keeps it while one looks.
actor WatchedHistory {
    private let configuration: Configuration
    private var file: TaskHistoryFile?
    private var history: (any TaskHistory)?
    private var watch: Task<Void, Never>?
    private let tell: @Sendable (String?) -> Void

    /// `tell` hears what keeps the watch from going on, and nil once it goes on.
    init(_ configuration: Configuration, tell: @escaping @Sendable (String?) -> Void) {
        (self.configuration, self.tell) = (configuration, tell)
    }

    /// What is kept; nil before there is anything. Watches from now on.
    func opened(_ console: OpenConsole, watches: Bool) async throws -> (any TaskHistory)? {
        let file = file ?? TaskHistoryFile(console.redis, environment: ProcessInfo.processInfo.environment)
        self.file = file
        if watches, watch == nil {
            let (limits, redis, tell) = (configuration.history, console.redis, tell)
            watch = Task(priority: .utility) {
                let last = Mutex<String?>(nil)
                do {
                    try await TaskWatch(redis, file: file, limits: limits).run { report in
                        let problem = report.problem?.description
                        let isNew = last.withLock { last in
                            defer { last = problem }
                            return problem != last
                        }
                        if isNew { tell(problem) }
                    }
                } catch {
                    tell((error as? EngineError)?.description ?? "\(error)")
                }
            }
        }
        if let history { return history }
        guard file.exists else { return nil }
        let opened = try await file.open(toWrite: true)
        // Another call may have opened it meanwhile.
        if let history {
            await opened.close()
            return history
        }
        history = opened
        return opened
    }

    /// The queues with what is known of their messages' ages, and how their tasks went in the last minutes; none where nobody
    /// watches.
    func past(of listing: QueueListing, _ console: OpenConsole) async -> (QueueListing, [String: QueueRates]) {
        guard let history = try? await opened(console, watches: false) else { return (listing, [:]) }
        let rates = try? await history.rates(seconds: 300, now: Date().timeIntervalSince1970)
        return ((try? await history.dating(listing)) ?? listing, rates ?? [:])
    }

    func dating(_ messages: [QueuedMessage], _ console: OpenConsole) async -> [QueuedMessage] {
        guard let history = try? await opened(console, watches: false) else { return messages }
        return (try? await history.dating(messages)) ?? messages
    }

    /// Who was heard while somebody watched, and is no longer there.
    func gone(_ console: OpenConsole, besides workers: [WorkerState]) async -> [SeenWorker] {
        guard let history = try? await opened(console, watches: false) else { return [] }
        return await GoneWorkers.of(history, besides: workers)
    }

    func close() async {
        watch?.cancel()
        await watch?.value
        await history?.close()
        history = nil
    }
}

/// The libraries of other owners of a database, whose jobs somebody looks at. None is added.
actor OwnerLibraries {
    private var opened: [String: Task<Library, any Error>] = [:]

    func library(_ profile: Profile, _ place: ConsolePlace) async throws -> Library {
        if let known = opened[profile.owner] { return try await known.value }
        let opening = Task {
            try await Library.open(
                profile, configuration: place.configuration, environment: place.environment, unknownOwner: .refused)
        }
        opened[profile.owner] = opening
        do {
            return try await opening.value
        } catch {
            // Asked again, it may be there.
            opened[profile.owner] = nil
            throw error
        }
    }

    func close() async {
        for opening in opened.values { if let library = try? await opening.value { await library.close() } }
        opened = [:]
    }
}
