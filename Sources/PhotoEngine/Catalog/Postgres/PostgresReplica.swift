import Core
import Synchronization

/// A read replica, for reads that may be a few seconds old, but never older than what this process wrote or heard of.
///
/// A read first asks the replica, in the same round trip, whether it has replayed the primary's log as far as that had been
/// written at some moment: after the last such change, and no more than a few seconds ago.
final class PostgresReplica: Sendable {
    private let pool: PostgresPool
    private let state = Mutex(State())

    private struct State {
        /// When this process last wrote, or saw that somebody had.
        var changedAt: ContinuousClock.Instant?
        /// Where the primary's log ended at a moment.
        var sample: (position: String, takenAt: ContinuousClock.Instant)?
        var avoidedUntil: ContinuousClock.Instant?
        /// Whether it said nothing when it was last asked.
        var isSilent = false
        var marks: [OwnerID?: Int64] = [:]
    }

    /// How far the replica may lag.
    private static let tolerance = Duration.seconds(2)
    /// For how long the primary is asked directly: after a change, and when the replica was found behind or unreachable.
    private static let respite = Duration.seconds(1)
    /// For how long a replica that says nothing is left alone, before it is asked whether it does again.
    private static let silentRespite = Duration.seconds(5)
    /// The server's own word for a division by zero.
    private static let isBehind = "22012"

    /// Nobody waits long for what the primary has, too; libpq waits no less than two seconds for a connection.
    init(_ settings: PostgresSettings) {
        var hasty = settings
        hasty.connectSeconds = 2
        hasty.statementSeconds = 1
        hasty.silence = .milliseconds(1500)
        pool = PostgresPool(hasty)
    }

    /// To be called when a write was answered, or may have happened.
    func noteChange() {
        state.withLock { $0.changedAt = .now }
    }

    func note(mark: Int64, of owner: OwnerID?) {
        state.withLock { state in
            if state.marks.updateValue(mark, forKey: owner) != mark { state.changedAt = .now }
        }
    }

    /// What `body` reads from the replica; nil where the primary is to be asked instead.
    func read<Value: Sendable>(
        positionOfPrimary: () async throws -> String, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value? {
        guard let position = try await position(positionOfPrimary) else { return nil }
        let began = ContinuousClock.now
        do {
            let value: Value? = try await pool.run { [self] connection in
                // While this read waited for its turn.
                if isAvoided { return nil }
                // Fails, and all that travels with it, where the replica is behind or is none: nothing else stops a pipeline.
                try connection.send(
                    """
                    SELECT 1 / coalesce(pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= ?::text::pg_lsn, false)::int
                    """, [.text(position)])
                do {
                    return try body(connection)
                } catch let refused as PostgresError where refused.state == Self.isBehind {
                    return nil
                }
            }
            if value == nil {
                state.withLock { $0.avoidedUntil = max($0.avoidedUntil ?? .now, .now + Self.respite) }
            }
            return value
        } catch let error as EngineError {
            note(error, began)
            return nil
        }
    }

    /// Asks a replica that was silent whether it answers again, while all reads go to the primary.
    private func listen() {
        Task { [self] in
            let began = ContinuousClock.now
            do {
                try await pool.run { _ = try $0.rows("SELECT 1", []) }
                state.withLock { ($0.isSilent, $0.avoidedUntil) = (false, nil) }
            } catch {
                note(error, began)
            }
        }
    }

    private func note(_ error: any Error, _ began: ContinuousClock.Instant) {
        // A connection that can't be made in time fails without saying so.
        let isSilent = (error as? EngineError)?.code == .timedOut || .now - began >= .seconds(1)
        state.withLock { state in
            let until = ContinuousClock.now + (isSilent ? Self.silentRespite : Self.respite)
            // Of several reads that failed at once the worst counts.
            if let known = state.avoidedUntil, known > until { return }
            (state.avoidedUntil, state.isSilent) = (until, isSilent)
        }
    }

    /// Where the primary's log ended late enough; nil where the primary is to be asked instead.
    private func position(_ ofPrimary: () async throws -> String) async throws -> String? {
        let now = ContinuousClock.now
        let listens = state.withLock { state in
            guard state.isSilent, let until = state.avoidedUntil, now >= until else { return false }
            // Until that is answered.
            state.avoidedUntil = now + Self.silentRespite
            return true
        }
        if listens { listen() }
        let known: String?? = state.withLock { state in
            if let until = state.avoidedUntil, now < until { return .some(nil) }
            if let changedAt = state.changedAt, now < changedAt + Self.respite { return .some(nil) }
            guard let sample = state.sample, now < sample.takenAt + Self.tolerance else { return nil }
            if let changedAt = state.changedAt, sample.takenAt <= changedAt { return nil }
            return .some(sample.position)
        }
        if let known { return known }
        let position = try await ofPrimary()
        state.withLock { $0.sample = (position, now) }
        return position
    }

    private var isAvoided: Bool { state.withLock { $0.avoidedUntil.map { .now < $0 } ?? false } }

    func close() { pool.close() }
}
