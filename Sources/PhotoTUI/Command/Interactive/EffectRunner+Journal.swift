import App
import Core
import PhotoEngine

extension EffectRunner {
    /// The latest entries of the journal, for a text over the screen.
    func loadJournal(_ request: RequestID) {
        let environment = place.environment
        if place.hasCatalog {
            run(request) { library in
                let entries = try await library.journal(limit: Self.mostEntries, environment: environment)
                return .storyLoaded(request, JournalFormat.lines(entries))
            }
        } else if let console {
            runAlone(request) {
                let opened = try await console.value
                let entries = try await opened.ownEntries(limit: Self.mostEntries)
                return .storyLoaded(request, JournalFormat.lines(entries))
            }
        }
    }

    private static let mostEntries = 500
}

extension OpenConsole {
    /// Of this machine's journal of brokers what tells of this one, the newest first.
    func ownEntries(limit: Int) async throws -> [JournalEntry] {
        let entries = try await journal.entries(limit: .max)
        return Array(entries.lazy.filter { $0.subject.hasSuffix(" of \(address)") }.prefix(limit))
    }
}

enum JournalFormat {
    /// An entry's two lines, what was done and what came of it, and an empty one behind; safe to show.
    static func lines(_ entries: [JournalEntry]) -> [String] {
        if entries.isEmpty { return ["nothing was done yet"] }
        return entries.flatMap { entry in
            [
                "\(rfc3339(microseconds: entry.at).prefix(19))  \(displayEscaped(entry.actor))  "
                    + "\(displayEscaped(entry.action)): \(displayEscaped(entry.subject))",
                "    \(displayEscaped(entry.outcome))", "",
            ]
        }
    }
}
