import Core
import Foundation
import PhotoEngine

/// What a person did to a library's jobs, in its journal.
enum JobJournal {
    /// Does something between two entries; what is refused, or fails, is on record, too. Where its beginning can't be written down it
    /// is not done.
    static func act<Value>(
        _ name: String, on subject: String, reason: String, _ library: Library, outcome: (Value) -> String,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let id = newAction()
        func write(_ words: String) async throws {
            try await append(name, subject, ActionOutcome(words, reason: reason, action: id), library)
        }
        try await write("begun")
        let value: Value
        do {
            value = try await body()
        } catch {
            try? await write("failed: \((error as? EngineError)?.description ?? "stopped")")
            throw error
        }
        try await write(outcome(value))
        return value
    }

    /// As `ConsentOptions.ask`; where nobody agrees, that is on record.
    static func ask(
        _ consent: ConsentOptions, _ sentence: String, type word: String, for name: String, on subject: String,
        _ library: Library
    ) async throws {
        do {
            try consent.ask(sentence, type: word)
        } catch {
            try? await append(name, subject, "refused: nobody agreed", reason: consent.reason, library)
            throw error
        }
    }

    /// Asks whether it may be done at all; that it may not is on record.
    static func allowed(
        _ name: String, on subject: String, reason: String, _ library: Library, _ check: () async throws -> Void
    ) async throws {
        do {
            try await check()
        } catch let error as EngineError {
            try? await append(name, subject, "refused: \(error.whatHappened)", reason: reason, library)
            throw error
        }
    }

    static func append(
        _ action: String, _ subject: String, _ outcome: String, reason: String, _ library: Library
    ) async throws {
        try await append(
            action, subject, ActionOutcome(outcome, reason: reason, action: newAction()), library)
    }

    private static func newAction() -> String { String(UUID().uuidString.prefix(8)).lowercased() }

    private static func append(
        _ action: String, _ subject: String, _ outcome: ActionOutcome, _ library: Library
    ) async throws {
        let clock = SystemClock()
        try await library.note(
            JournalEntry(
                id: JournalEntryID(clock: clock, random: SystemRandom()), at: clock.microseconds,
                actor: NSUserName(), action: action, subject: subject, outcome: outcome.text))
    }
}
