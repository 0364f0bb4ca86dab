import Core
import Foundation
import PhotoEngine

/// The rates of a broker's queues, from its history where there is one.
actor QueuePast {
    private static let seconds = 300.0
    private let file: TaskHistoryFile
    private var history: (any TaskHistory)?
    private var hasComplained = false

    init(_ file: TaskHistoryFile) {
        self.file = file
    }

    /// None where nobody watches; a history that can't be read is said once, and keeps nobody from seeing the queues.
    func rates() async -> [String: QueueRates] {
        guard file.exists else { return [:] }
        do {
            let opened: any TaskHistory
            if let history { opened = history } else { opened = try await file.open() }
            history = opened
            return try await opened.rates(seconds: Self.seconds, now: Date().timeIntervalSince1970)
        } catch {
            if !hasComplained, let error = error as? EngineError { Console.complain(error.description) }
            hasComplained = true
            return [:]
        }
    }

    func close() async {
        await history?.close()
        history = nil
    }
}
