import Core

/// The owners of a database, over a connection that may see and limit them all.
struct SQLOwnerAdministration: OwnerAdministration {
    let database: any SQLDatabase
    let clock: any EngineClock
    let random: any RandomSource

    func owners() async throws -> [OwnerUsage] {
        try await database.scoped(to: nil, named: "").read { try QuotaRows.usages(connection: $0) }
    }

    func setQuota(_ quota: Quota, of owner: String, actor: String, reason: String) async throws -> OwnerUsage {
        guard quota.photos ?? 0 >= 0, quota.bytes?.bytes ?? 0 >= 0 else {
            throw EngineError(.invalidInput, "a quota is a number from 0 on, or none")
        }
        guard
            let catalog = try await SQLCatalog.openKnown(database, owner: owner, clock: clock, random: random)
        else {
            throw EngineError(
                .notFound, "no owner is called \(displayEscaped(owner))",
                whatToDo: "phototui owners list names them; one begins with their first import")
        }
        let words = [quota.bytes.map { "\($0)" }, quota.photos.map { "\($0) photos" }].compactMap { $0 }
        let entry = JournalEntry(
            id: catalog.newIdentifier(), at: clock.microseconds, actor: actor, action: "set quota", subject: owner,
            outcome: (words.isEmpty ? "no limit" : words.joined(separator: ", "))
                + (reason.isEmpty ? "" : ": \(reason)"))
        do {
            return try await catalog.database.write { [ownerValue = catalog.ownerValue] connection in
                try QuotaRows.set(quota, of: ownerValue, connection: connection)
                try catalog.append(entry, to: connection)
                return try QuotaRows.usage(of: ownerValue, connection: connection)
            }
        } catch let error as EngineError where error.code == .permissionDenied {
            throw EngineError(
                .permissionDenied, "this role may not say what owners may have",
                whatToDo: "connect as the role that owns the schema, which the profile's database_owner names")
        }
    }

    func close() async throws { try await database.close() }
}
