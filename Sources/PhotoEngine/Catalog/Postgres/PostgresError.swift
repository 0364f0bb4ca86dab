import Core

/// A statement that the server refused, by its SQLSTATE (https://www.postgresql.org/docs/15/errcodes-appendix.html).
struct PostgresError: Error {
    /// nil when the connection was lost.
    let state: String?
    let server: String
    var wasCancelled = false
    /// Whether the server said nothing for too long.
    var isSilent = false
    /// Whether it was lost while it committed: the transaction may stand.
    var isInDoubt = false

    /// Whether the same transaction, begun anew, may succeed: it lost a race, and nothing of it stands.
    var mayBeRunAgain: Bool {
        // Serialization failure, deadlock, two inserts of one key.
        ["40001", "40P01", "23505"].contains(state)
    }

    var isLostConnection: Bool {
        state == nil || ["57P01", "57P02", "57P03", "25P03", "08006", "08P01"].contains(state)
    }

    /// What it means to the caller. Never holds the statement, a value, or what the server said of either.
    var meaning: any Error {
        if wasCancelled, state == nil || state == "57014" { return CancellationError() }
        if isSilent {
            return EngineError(
                .timedOut, "\(server) does not answer", whatToDo: "see whether it still runs", isRetryable: true)
        }
        guard let state else {
            return EngineError(
                .unavailable, "the connection to \(server) was lost",
                whatToDo: "see whether the server runs, then try again",
                isRetryable: true)
        }
        switch state {
        case "25P03":
            return EngineError(
                .unavailable, "\(server) undid a change in whose middle this process stood still",
                whatToDo: "try again", isRetryable: true)
        case "57014":
            return EngineError(
                .timedOut, "\(server) took too long over a statement", whatToDo: "try again when it is less busy",
                isRetryable: true)
        case "40001", "40P01", "55P03":
            return EngineError(.unavailable, "\(server) is busy with other changes", isRetryable: true)
        // What PgBouncer says of its own: no server answers behind it, or none becomes free.
        case "08P01": return Self.behindPooler(server)
        case "53300", "57P01", "57P02", "57P03", "08000", "08003", "08006":
            return EngineError(
                .unavailable, "\(server) takes no connections now", whatToDo: "try again in a while", isRetryable: true)
        case "53100":
            return EngineError(
                .noSpace, "\(server) has no space left", whatToDo: "free some space on its disk", cause: ServerRefusal()
            )
        case "53200": return EngineError(.unavailable, "\(server) has no memory left", isRetryable: true)
        case "25006":
            return EngineError(
                .permissionDenied, "\(server) is read-only",
                whatToDo: "name a role that may write, and the primary server, not its replica",
                cause: ServerRefusal())
        case "42501":
            return EngineError(
                .permissionDenied, "\(server) does not let this role do that",
                whatToDo: "grant it what docs/production.md says", cause: ServerRefusal())
        case "23505": return EngineError(.conflict, "\(server) has such a row already")
        default:
            return EngineError(.internal, "\(server) refused a statement (SQLSTATE \(state))")
        }
    }

    /// Why no connection could be made. libpq's words name the host and the cause, never the password.
    static func connecting(to server: String, said: String) -> EngineError {
        let lines = said.split(separator: "\n").map(String.init)
        let reason = lines.first ?? "no reason given"
        if said.contains("authentication failed") || said.contains("no password supplied")
            || said.contains("no pg_hba.conf entry")
        {
            return EngineError(
                .permissionDenied, "\(server) refused the login: \(reason)",
                whatToDo:
                    "check the role, its password (PHOTOTUI_DATABASE_PASSWORD, the profile's database_password_file or "
                    + "database_password_command), and pg_hba.conf on the server", cause: ServerRefusal())
        }
        if said.contains("does not exist") {
            return EngineError(
                .notFound, "\(server): \(reason)", whatToDo: "create it as docs/production.md says",
                cause: ServerRefusal())
        }
        if said.contains("query_wait_timeout") || said.contains("server_login_retry") { return behindPooler(server) }
        return EngineError(
            .unavailable, "\(server) can't be reached: \(reason)",
            whatToDo: "see whether the server runs, and check its name and port", isRetryable: true)
    }

    private static func behindPooler(_ pooler: String) -> EngineError {
        EngineError(
            .unavailable, "\(pooler) is a pooler that reaches no Postgres behind it",
            whatToDo: "see whether that server runs and has connections left", isRetryable: true)
    }
}
