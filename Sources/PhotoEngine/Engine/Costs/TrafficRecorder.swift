internal import Catalog
internal import Core
internal import Foundation
internal import Synchronization
internal import SystemPackage

/// Writes down what this process asks of a profile's storage: seconds after it was asked, and when the library closes. What
/// can't be written is tried again with the next, and keeps nobody from anything.
final class TrafficRecorder: Sendable {
    private struct State {
        var unwritten: [Int: StorageTraffic] = [:]
        var writing: Task<Void, Never>?
        var isClosed = false
    }

    private static let pause = Duration.seconds(2)
    private let file: FilePath
    private let state = Mutex(State())
    private let ledger = Mutex<SQLiteTrafficLedger?>(nil)

    /// `folder` is where the profile's state is kept on this machine.
    init(in folder: FilePath) { file = Self.file(in: folder) }

    static func file(in folder: FilePath) -> FilePath { folder.appending("traffic.sqlite") }

    func record(_ traffic: StorageTraffic) {
        let day = DailyTraffic.day(of: Date().timeIntervalSince1970)
        state.withLock { state in
            guard !state.isClosed else { return }
            state.unwritten[day, default: StorageTraffic()] += traffic
            guard state.writing == nil else { return }
            state.writing = Task(priority: .utility) {
                try? await Task.sleep(for: Self.pause)
                await self.write()
                self.state.withLock { $0.writing = nil }
            }
        }
    }

    /// What was recorded is in the ledger when this returns, unless it can't be written.
    func write() async {
        let unwritten = state.withLock { state in
            defer { state.unwritten = [:] }
            return state.unwritten
        }
        guard !unwritten.isEmpty else { return }
        var rest = unwritten
        do {
            let ledger = try await opened()
            for (day, traffic) in unwritten.sorted(by: { $0.key < $1.key }) {
                try await ledger.add(traffic, day: day)
                rest[day] = nil
            }
        } catch {
            let rest = rest
            state.withLock { state in
                for (day, traffic) in rest { state.unwritten[day, default: StorageTraffic()] += traffic }
            }
        }
    }

    func opened() async throws -> SQLiteTrafficLedger {
        if let ledger = ledger.withLock({ $0 }) { return ledger }
        let made = try await SQLiteTrafficLedger.open(file)
        let other = ledger.withLock { ledger -> SQLiteTrafficLedger? in
            if let ledger { return ledger }
            ledger = made
            return nil
        }
        guard let other else { return made }
        await made.close()
        return other
    }

    func close() async {
        let writing = state.withLock(\.writing)
        writing?.cancel()
        await writing?.value
        await write()
        state.withLock { $0.isClosed = true }
        let ledger = ledger.withLock { ledger -> SQLiteTrafficLedger? in
            defer { ledger = nil }
            return ledger
        }
        await ledger?.close()
    }
}
