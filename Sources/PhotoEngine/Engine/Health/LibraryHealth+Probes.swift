internal import Catalog
internal import Core
internal import Foundation
internal import Glibc
internal import Health
internal import Imaging
internal import Jobs
internal import Objects
internal import SystemPackage

extension LibraryHealth {
    /// The database as phototui reaches it, and, where the profile names the address of its owner too, the server behind:
    /// so that a stopped PgBouncer and a stopped Postgres are told apart.
    static func database(
        _ profile: Profile, _ secrets: ProfileSecrets, onlyReads: Bool
    ) -> (probes: [HealthProbe], close: @Sendable () async -> Void) {
        let connected = Connected {
            PostgresProbe(
                PostgresSettings(connection: profile.database, password: try await secrets.databasePassword()))
        } drop: {
            await $0.close()
        }
        let server = PostgresProbe.server(profile.database)
        let newest = PostgresCatalog.schemaVersion
        var probes = [
            HealthProbe("database", server: server) {
                do {
                    let answer = try await connected.use { try await $0.ask() }
                    return finding(answer, server, newest, onlyReads: onlyReads)
                } catch let error as EngineError where error.code == .permissionDenied {
                    await secrets.forget()
                    throw error
                }
            }
        ]
        probes.append(pool(connected, profile, secrets))
        if let replica = profile.databaseReplica { probes.append(self.replica(replica, secrets)) }
        if let direct = profile.databaseOwner {
            let primary = PostgresProbe.server(direct)
            if primary != server {
                let blocking = BlockingQueue(label: "phototui.health.postgres")
                probes.append(
                    HealthProbe("postgres", server: primary) {
                        guard try await blocking.run({ PostgresProbe.isAccepting(direct) }) else {
                            throw EngineError(
                                .unavailable, "\(primary) takes no connections", whatToDo: "see whether it runs")
                        }
                        return HealthProbe.Finding("\(primary) takes connections")
                    })
            }
        }
        return (probes, { await connected.close() })
    }

    private static func finding(
        _ answer: PostgresProbe.Answer, _ server: String, _ newest: Int, onlyReads: Bool
    ) -> HealthProbe.Finding {
        if answer.isReadOnly, !onlyReads {
            return HealthProbe.Finding(
                "\(server) is read-only", status: .fail,
                whatToDo: "name a role that may write, and the primary server, not its replica; "
                    + "for a role that is to read only, look with --read-only")
        }
        if answer.schemaVersion != newest {
            return HealthProbe.Finding(
                "\(server) has schema \(answer.schemaVersion), and this phototui needs \(newest)", status: .fail,
                whatToDo: answer.schemaVersion > newest ? "install the newer phototui" : "run: phototui migrate")
        }
        let answers = answer.isReadOnly ? "answers, and is read-only" : "answers"
        return HealthProbe.Finding(
            "\(server) \(answers): Postgres \(answer.version), schema \(answer.schemaVersion), \(answer.databaseBytes)")
    }

    /// Of so many connections that a server takes, those that are in use count as too many.
    private static let mostUsed = 0.9

    /// Connections to the server, and who waits for one at a pooler. A database that is away is told of by its own probe.
    private static func pool(
        _ connected: Connected<PostgresProbe>, _ profile: Profile, _ secrets: ProfileSecrets
    ) -> HealthProbe {
        let server = PostgresProbe.server(profile.database)
        let blocking = BlockingQueue(label: "phototui.health.pool")
        return HealthProbe("pool", server: server) {
            let found = await answered(within: .milliseconds(1700)) { () -> HealthProbe.Finding? in
                guard let answer = try? await connected.use({ try await $0.ask() }) else { return nil }
                guard answer.isPooled else { return finding(answer, nil) }
                let password = try? await secrets.databasePassword()
                let pooler = try? await blocking.run { PostgresPooler.ask(profile.database, password: password) }
                return finding(answer, pooler ?? nil)
            }
            return (found ?? nil) ?? HealthProbe.Finding("\(server) does not answer", status: .warn)
        }
    }

    static func finding(_ answer: PostgresProbe.Answer, _ pooler: PostgresPooler?) -> HealthProbe.Finding {
        let way =
            !answer.isPooled
            ? "no pooler between"
            : pooler.map { "\($0.version), \(counted($0.waitingClients, "client")) waiting" }
                ?? "a pooler that tells this user nothing of itself"
        let message = "\(answer.connections) of \(answer.mostConnections) connections to Postgres in use, \(way)"
        if let pooler, pooler.longestWait >= 1 {
            return HealthProbe.Finding(
                "\(message), the first for \(Int(pooler.longestWait)) s", status: .warn,
                whatToDo: "raise default_pool_size of PgBouncer, or see which statement takes so long")
        }
        if Double(answer.connections) > mostUsed * Double(answer.mostConnections) {
            return HealthProbe.Finding(
                message, status: .warn,
                whatToDo: "put PgBouncer between (docs/production.md), or raise max_connections of Postgres")
        }
        return HealthProbe.Finding(message)
    }

    /// Reads that may lag go to a standby while it is no further behind; it is no failure that it is away.
    private static let mostLag = 2.0

    private static func replica(_ connection: String, _ secrets: ProfileSecrets) -> HealthProbe {
        let connected = Connected {
            PostgresProbe(
                PostgresSettings(connection: connection, password: try await secrets.databasePassword()))
        } drop: {
            await $0.close()
        }
        let server = PostgresProbe.server(connection)
        return HealthProbe("replica", server: server) {
            let found = await answered(within: .milliseconds(1700)) { () -> HealthProbe.Finding in
                do {
                    return finding(try await connected.use { try await $0.askReplica() }, server)
                } catch {
                    let reason = (error as? EngineError)?.whatHappened ?? "it could not be asked"
                    return HealthProbe.Finding(
                        "\(reason); the primary is read instead", status: .warn, whatToDo: "see whether it runs")
                }
            }
            return found
                ?? HealthProbe.Finding(
                    "\(server) does not answer; the primary is read instead", status: .warn,
                    whatToDo: "see whether it runs")
        }
    }

    static func finding(_ answer: PostgresProbe.Replica, _ server: String) -> HealthProbe.Finding {
        guard answer.isStandby else {
            return HealthProbe.Finding(
                "\(server) is no standby", status: .warn,
                whatToDo: "name a streaming standby of the primary, or leave database_replica out")
        }
        let lag = (answer.lagSeconds * 10).rounded() / 10
        guard answer.lagSeconds <= mostLag else {
            return HealthProbe.Finding(
                "\(server) is \(lag) s behind: Postgres \(answer.version); the primary is read instead", status: .warn,
                whatToDo: "see what keeps it: its disk, the network, or a long statement there")
        }
        return HealthProbe.Finding("\(server) is \(lag) s behind: Postgres \(answer.version)")
    }

    static func storage(_ profile: Profile, _ secrets: ProfileSecrets) -> HealthProbe {
        let connected = Connected {
            S3ObjectStore(
                try S3Location(profile.storage),
                credentials: S3Credentials(
                    accessKey: profile.storageAccessKey, secretKey: try await secrets.storageSecretKey()),
                attempts: 1)
        }
        let server = (try? S3Location(profile.storage).description) ?? "the storage"
        return HealthProbe("storage", server: server) {
            do {
                try await connected.use { try await $0.probe() }
                return HealthProbe.Finding("\(server) answers")
            } catch let error as EngineError where error.code == .permissionDenied {
                await secrets.forget()
                throw error
            }
        }
    }

    static func database(_ catalog: Connected<(any Catalog)?>, _ folder: FilePath) -> HealthProbe {
        HealthProbe("database", server: "the catalogue in \(folder)") {
            _ = try await catalog.use { try await $0?.changeMark() }
            return HealthProbe.Finding("the catalogue in \(folder) answers: SQLite \(SQLiteCatalog.version)")
        }
    }

    /// Where an embedded library's objects are, or what a networked one keeps on this machine.
    static func disk(_ folder: FilePath, named name: String = "storage") -> HealthProbe {
        let blocking = BlockingQueue(label: "phototui.health.disk")
        return HealthProbe(name, server: "the disk of \(folder)") {
            try await blocking.run {
                var status = statvfs()
                guard folder.withPlatformString({ statvfs($0, &status) }) == 0 else {
                    throw EngineError(Errno(rawValue: errno), doing: "looking at \(folder)")
                }
                guard folder.withPlatformString({ access($0, W_OK) }) == 0 else {
                    throw EngineError(
                        .permissionDenied, "\(folder) can't be written", whatToDo: "change its permissions")
                }
                let free = ByteCount(Int64(status.f_bavail) * Int64(status.f_frsize))
                guard free >= ByteCount(500_000_000) else {
                    return HealthProbe.Finding(
                        "\(free) free in \(folder)", status: .warn, whatToDo: "free some space")
                }
                return HealthProbe.Finding("\(free) free in \(folder)")
            }
        }
    }

    /// Whether what waits on the broker is taken. It is no failure of what is needed to begin with, so that a process that serves its
    /// health is ready without it.
    static func workers(
        _ console: Connected<CeleryConsole>, _ address: RedisAddress, _ history: TaskHistoryFile
    ) -> HealthProbe {
        // Hearts beat every two seconds, for who may only listen.
        HealthProbe("workers", server: "the workers of Redis at \(address)", limit: .seconds(5)) {
            let found = await answered(within: .milliseconds(4500)) { () -> HealthProbe.Finding? in
                do {
                    return try await console.use { console in
                        async let listing = console.queues()
                        // A history that can't be read keeps nobody from seeing who answers.
                        async let past = try? history.past()
                        let consumed = try await console.consumedQueues(patience: .milliseconds(1200))
                        let now = Date().timeIntervalSince1970
                        let lost = await past?.lost(besides: Set(consumed.keys), at: now) ?? []
                        return finding(consumed, try await listing.queues, lost: lost, now: now)
                    }
                } catch let error as EngineError where error.code == .permissionDenied {
                    return try? await console.use { console in
                        async let listing = console.queues()
                        async let past = try? history.past()
                        let heard = try await console.heard(for: .milliseconds(2500))
                        let now = Date().timeIntervalSince1970
                        let lost = await past?.lost(besides: Set(heard), at: now) ?? []
                        return finding(heard: heard, try await listing.queues, lost: lost, now: now)
                    }
                } catch {
                    return nil
                }
            }
            // The broker's own look tells why.
            return (found ?? nil)
                ?? HealthProbe.Finding("Redis does not answer, so that nobody can be asked", status: .warn)
        }
    }

    /// `consumed` are the queues of each worker that answers; `lost` are those that went without goodbye.
    static func finding(
        _ consumed: [String: [String]], _ queues: [QueueState], lost: [SeenWorker] = [], now: Double = 0
    ) -> HealthProbe.Finding {
        let taken = Set(consumed.values.joined())
        return finding(
            "\(counted(consumed.count, "worker")) answered", queues, left: { !taken.contains($0) }, lost: lost, now: now
        )
    }

    /// `heard` are the workers whose hearts beat, for who may not ask them what they consume.
    static func finding(
        heard: [String], _ queues: [QueueState], lost: [SeenWorker] = [], now: Double = 0
    ) -> HealthProbe.Finding {
        finding(
            "\(counted(heard.count, "worker")) heard, and this user may not ask them what they do", queues,
            left: { _ in heard.isEmpty }, lost: lost, now: now)
    }

    private static func finding(
        _ answered: String, _ queues: [QueueState], left isLeft: (String) -> Bool, lost: [SeenWorker], now: Double
    ) -> HealthProbe.Finding {
        let waiting = queues.filter { $0.depth > 0 }
        func names(_ queues: [QueueState]) -> String {
            queues.prefix(5).map { "\($0.depth) in \($0.name)" }.joined(separator: ", ")
                + (queues.count > 5 ? ", …" : "")
        }
        var warnings: [(message: String, whatToDo: String)] = []
        if !lost.isEmpty {
            warnings.append(
                (
                    "without goodbye went \(lost.named(at: now))",
                    "see on its machine whether it runs, and start it again; phototui inbox tells more"
                ))
        }
        let left = waiting.filter { isLeft($0.name) }
        let paused = waiting.filter(\.isPaused)
        let deep = waiting.filter { $0.depth > QueueState.alertDepth }
        if !left.isEmpty {
            warnings.append(
                (
                    "nobody consumes what waits: \(names(left))",
                    "start a worker for it; phototui inbox tells more"
                ))
        } else if !paused.isEmpty {
            warnings.append(("paused: \(names(paused))", "phototui queues resume has it taken again"))
        } else if !deep.isEmpty {
            warnings.append(
                ("over \(QueueState.alertDepth) wait: \(names(deep))", "see whether it grows: phototui queues"))
        }
        if warnings.isEmpty {
            return HealthProbe.Finding(answered + (waiting.isEmpty ? ", nothing waits" : "; \(names(waiting))"))
        }
        return HealthProbe.Finding(
            ([answered] + warnings.map(\.message)).joined(separator: "; "), status: .warn,
            whatToDo: warnings.map(\.whatToDo).joined(separator: "; "))
    }

    /// What the history of a broker that somebody watches tells of failures, as the inbox tells it. A library's own tasks are its
    /// jobs.
    static func tasks(
        _ history: TaskHistoryFile, _ console: Connected<CeleryConsole>, _ address: RedisAddress, hasLibrary: Bool
    ) -> HealthProbe {
        HealthProbe("tasks", server: "the history of Redis at \(address)") {
            let now = Date().timeIntervalSince1970
            let found = try await history.reading { history in
                var past = try await TaskHistoryFile.past(of: history)
                past.failures = try await UntoldFailures(history, hasLibrary: hasLibrary).groups {
                    try await console.use { try await $0.deadLetters(limit: .max) }
                }
                return past
            }
            guard let found else { return HealthProbe.Finding("nobody has watched the tasks of Redis at \(address)") }
            return finding(found, now: now)
        }
    }

    static func finding(_ past: BrokerPast, now: Double) -> HealthProbe.Finding {
        var messages = past.failing.prefix(3).compactMap { $0.rates.failing(in: $0.queue) }
        let groups = past.recentFailures(at: now)
        let count = groups.reduce(0) { $0 + $1.count }
        if count > 0, let latest = groups.max(by: { $0.lastAt < $1.lastAt }) {
            let names = Set(groups.compactMap(\.key.task)).sorted()
            let told = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
            messages.append(
                "\(counted(count, "task")) failed for good, and nobody has sent \(count == 1 ? "it" : "them") again (\(told))"
                    + (latest.error.map { ", the last by \($0.prefix(120))" } ?? ""))
        }
        guard messages.isEmpty else {
            return HealthProbe.Finding(
                messages.joined(separator: "; "), status: .warn,
                whatToDo: "look at them with: phototui dead --group; phototui inbox tells more")
        }
        let until = past.watches.first?.until ?? 0
        return HealthProbe.Finding(
            now - until < TaskWatchState.gap
                ? "no task failed for good in the last day, as far as somebody watched"
                : "nobody watches the tasks now (phototui jobs watch)")
    }

    static func decoder(_ pool: DecoderPool) -> HealthProbe {
        HealthProbe("decoder", server: "phototui-decoder") {
            let examination = try await pool.examine()
            guard examination.isConfined else {
                return HealthProbe.Finding(
                    "phototui-decoder runs without its sandbox", status: .fail,
                    whatToDo: "see what phototui doctor says")
            }
            return HealthProbe.Finding("phototui-decoder \(ProgramVersion.text) answers, confined")
        }
    }
}
