import Core
import Foundation
import PhotoEngine

/// The rates of a broker's queues and the ages of their messages, from its history where there is one.
actor QueuePast {
    private static let seconds = 300.0
    private let file: TaskHistoryFile
    private var history: (any TaskHistory)?
    private var hasComplained = false

    init(_ file: TaskHistoryFile) {
        self.file = file
    }

    /// None where nobody watches.
    func rates() async -> [String: QueueRates] {
        await told { try await $0.rates(seconds: Self.seconds, now: Date().timeIntervalSince1970) } ?? [:]
    }

    func dating(_ listing: QueueListing) async -> QueueListing {
        await told { try await $0.dating(listing) } ?? listing
    }

    func dating(_ messages: [QueuedMessage]) async -> [QueuedMessage] {
        await told { try await $0.dating(messages) } ?? messages
    }

    /// A history that can't be read is said once, and keeps nobody from seeing the queues.
    private func told<Value>(_ question: (any TaskHistory) async throws -> Value) async -> Value? {
        guard file.exists else { return nil }
        do {
            let opened: any TaskHistory
            if let history { opened = history } else { opened = try await file.open() }
            history = opened
            return try await question(opened)
        } catch {
            if !hasComplained, let error = error as? EngineError { Console.complain(error.description) }
            hasComplained = true
            return nil
        }
    }

    func close() async {
        await history?.close()
        history = nil
    }
}
