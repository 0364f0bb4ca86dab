import Core
import Foundation
import Jobs
import PhotoEngine

/// What waits for a person, in whatever there is: one survey for the command and for the screen.
struct InboxSurvey: Sendable {
    /// Where the broker is; nil without one.
    let broker: (@Sendable () async throws -> OpenConsole)?
    /// Nil without a library.
    let library: (@Sendable () async throws -> Library)?
    /// Whose messages are counted against a library's jobs; nil counts none.
    let owner: String??
    /// What the commands name the place by.
    let words: [String]
    let isThorough: Bool
    let patience: Duration

    /// What could not be looked at is among them.
    func items() async -> (items: [InboxItem], places: [String]) {
        var items: [InboxItem] = []
        var places: [String] = []
        var messages: Int?
        if let broker {
            let (found, place, count) = await lookAtBroker(broker)
            items += found
            places.append(place)
            messages = count
        }
        if let library {
            do {
                items += try await LibraryInbox(library(), words: words, isThorough: isThorough).items(
                    messages: messages)
            } catch {
                items.append(Self.unknown("the library", error))
            }
            places.append("the library")
        }
        return (items, places)
    }

    private func lookAtBroker(
        _ open: @Sendable () async throws -> OpenConsole
    ) async -> (items: [InboxItem], place: String, messages: Int?) {
        var place = "the broker"
        do {
            let opened = try await open()
            place = opened.address
            let console = CeleryConsole(opened.redis)
            defer { console.close() }
            let (longest, past) = await past(opened)
            let inbox = BrokerInbox(console, longest: longest, past: past, words: words, patience: patience)
            let items = try await inbox.items()
            guard let owner else { return (items, place, nil) }
            return (items, place, try await inbox.messages(of: owner))
        } catch {
            return ([Self.unknown(place, error)], place, nil)
        }
    }

    /// What the history knows: the longest run times, and the last day.
    private func past(_ opened: OpenConsole) async -> (longest: [String: Double], past: BrokerPast) {
        let file = TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment)
        guard file.exists, let history = try? await file.open(toWrite: true) else { return ([:], BrokerPast()) }
        let longest = (try? await history.longestRuns(limit: 10)) ?? [:]
        var past = (try? await TaskHistoryFile.past(of: history)) ?? BrokerPast()
        let place = DeadPlace(
            opened: opened, library: nil, owner: nil, history: history, hasLibrary: library != nil)
        past.failures = (try? await place.failures()) ?? []
        await history.close()
        return (longest, past)
    }

    private static func unknown(_ place: String, _ error: any Error) -> InboxItem {
        let known = error as? EngineError
        return InboxItem(
            .unknown, place, "It could not be looked at: \(known?.whatHappened ?? "\(error)").",
            advice: known.flatMap { $0.whatToDo.isEmpty ? nil : displayEscaped($0.whatToDo) })
    }
}
