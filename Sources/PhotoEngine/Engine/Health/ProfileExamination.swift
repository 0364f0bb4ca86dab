internal import Catalog
public import Core
internal import Foundation
internal import Health
internal import Jobs
internal import Objects

/// Looks at everything that a networked library stands on.
public struct ProfileExamination: Sendable {
    public struct Area: Sendable {
        public let name: String
        public let findings: [Finding]
    }

    private let profile: Profile
    private let environment: [String: String]

    public init(_ profile: Profile, environment: [String: String]) {
        (self.profile, self.environment) = (profile, environment)
    }

    /// Takes half a minute at most, whatever the servers do.
    public func areas() async -> [Area] {
        async let database = bounded("database", profile.databaseServer) { try await self.examineDatabase() }
        async let storage = bounded("bucket", profile.storage) { try await self.examineStorage() }
        async let broker = bounded("broker", profile.broker?.description ?? "the broker") {
            try await self.examineBroker()
        }
        return [
            Area(name: "Database", findings: await database), Area(name: "Storage", findings: await storage),
            Area(name: "Broker", findings: await broker),
        ]
    }

    private func bounded(
        _ name: String, _ server: String, _ examine: @escaping @Sendable () async throws -> [Finding]
    ) async -> [Finding] {
        let found = await answered(within: .seconds(20)) {
            do {
                return try await examine()
            } catch {
                return [Finding(name, failed: error)]
            }
        }
        return found ?? [
            Finding(
                name, .fail, "\(server) has not answered for 20 s",
                whatToDo: "see whether it still runs, and the network to it")
        ]
    }

    private func examineDatabase() async throws -> [Finding] {
        let blocking = BlockingQueue(label: "phototui.doctor")
        let password = try await blocking.run { [profile, environment] in
            try profile.readDatabasePassword(environment)
        }
        var findings = await PostgresExamination(
            PostgresSettings(connection: profile.database, password: password), profile: profile.name
        ).findings()
        if let replica = profile.databaseReplica {
            findings.append(
                await PostgresExamination(
                    PostgresSettings(connection: replica, password: password), profile: profile.name
                ).replicaFinding())
        }
        if let direct = profile.databaseOwner, PostgresProbe.server(direct) != PostgresProbe.server(profile.database) {
            let server = PostgresProbe.server(direct)
            let isThere = try await blocking.run { PostgresProbe.isAccepting(direct) }
            findings.append(
                isThere
                    ? Finding("owner's server", .ok, "\(server) takes connections")
                    : Finding(
                        "owner's server", .fail, "\(server) takes no connections",
                        whatToDo: "see whether it runs, and check database_owner"))
        }
        if findings.allSatisfy({ $0.status != .fail }) { findings.append(try await quota(password)) }
        return findings
    }

    private func quota(_ password: String?) async throws -> Finding {
        let settings = PostgresSettings(connection: profile.database, password: password)
        guard let catalog = try await PostgresCatalog.openKnown(settings, owner: profile.owner) else {
            return Finding("quota", .ok, "none: no owner is called \(profile.owner) yet")
        }
        do {
            let usage = try await catalog.usage()
            try await catalog.close()
            return Finding(usage)
        } catch {
            try? await catalog.close()
            throw error
        }
    }

    private func examineStorage() async throws -> [Finding] {
        let secret = try await BlockingQueue(label: "phototui.doctor").run { [profile, environment] in
            try profile.readStorageSecretKey(environment)
        }
        return await S3ObjectStore(
            try S3Location(profile.storage),
            credentials: S3Credentials(accessKey: profile.storageAccessKey, secretKey: secret), attempts: 2
        ).findings(profile: profile.name)
    }

    private func examineBroker() async throws -> [Finding] {
        let address = try await RedisAddress.broker(option: nil, profile: profile, environment: environment)
        guard let address else {
            return [Finding("broker", .ok, "none: each process runs the jobs of what it imports")]
        }
        return await CeleryExamination(address, profile: profile.name).findings()
    }
}

extension Finding {
    /// What an owner has of their quota.
    public init(_ usage: OwnerUsage) {
        let isNear = usage.state == .warning || usage.state == .full
        self.init(
            "quota", isNear ? .warning : .ok, usage.words,
            whatToDo: isNear
                ? "empty the trash, which counts, or have an admin raise it: phototui owners quota" : "")
    }
}

extension Profile {
    fileprivate var databaseServer: String { PostgresProbe.server(database) }
}
