public import Core
internal import Objects
public import Workflows

/// Where a library's originals are and are to be, what moving them costs, and what it saves.
public struct TierReport: Hashable, Sendable {
    /// `b2`, `r2` or `s3`; nil for a library on this machine's disk.
    public let provider: String?
    public let storage: String
    public let classes: StorageClasses
    public let rules: TierRules
    public let shares: [TierShare]
    /// In US dollars, once and each month; nil where a class has no price here.
    public let price: TierPrice?

    /// Those that are to go into a colder tier.
    public var moves: [TierShare] { shares.filter { $0.now != $0.due } }

    public func sum(_ tier: StorageTier, of place: KeyPath<TierShare, StorageTier>) -> (photos: Int, bytes: ByteCount) {
        shares.filter { $0[keyPath: place] == tier }.reduce((0, ByteCount(0))) { ($0.0 + $1.photos, $0.1 + $1.bytes) }
    }

    /// Why nothing can be moved anywhere; nil where it can.
    public var obstacle: EngineError? {
        guard let provider else {
            return EngineError(.unsupported, "a library in a folder has no tiers: its originals stay on their disk")
        }
        if classes.differ { return nil }
        return provider == "b2"
            ? EngineError(
                .unsupported, "B2 has one class of storage: everything in it is hot, and there is nowhere to move it")
            : EngineError(
                .unsupported, "which classes of storage this server has is not known",
                whatToDo: "name them in config.toml: tier_warm_class = \"STANDARD_IA\", tier_cold_class = \"GLACIER\"")
    }
}

extension Library {
    public func tierReport(now: Int64 = SystemClock().microseconds) async throws -> TierReport {
        let rules = configuration.tierRules
        let shares = try await catalog.tiers(rules.limits(at: now))
        let list = configuration.prices.first { $0.provider == provider }
        let moves = shares.filter { $0.now != $0.due }
        return TierReport(
            provider: provider, storage: storageName, classes: storageClasses, rules: rules, shares: shares,
            price: list.flatMap { list in
                list.price(
                    of: moves.map {
                        (storageClasses[$0.now], storageClasses[$0.due], $0.photos, $0.bytes)
                    })
            })
    }

    /// Throws where there is nowhere to move to.
    public func tierMoving() async throws -> TierMoving {
        let report = try await tierReport()
        if let obstacle = report.obstacle { throw obstacle }
        guard let uploader else { throw EngineError(.unsupported, "a library in a folder has no tiers") }
        return TierMoving(catalog: catalog, uploader: uploader, classes: storageClasses)
    }

    /// The classes of its storage, as the configuration names them, else as the provider calls its own.
    var storageClasses: StorageClasses {
        guard let provider, let location = storage.flatMap({ try? S3Location($0) }) else { return StorageClasses() }
        var classes = StorageClasses.of(provider: provider, isOwnServer: !location.listsInOrder)
        if let warm = configuration.tierClasses.warm { classes.warm = warm }
        if let cold = configuration.tierClasses.cold { classes.cold = cold }
        return classes
    }

    /// Bytes of originals by the class of storage that they are in.
    func bytesByClass() async throws -> [String: ByteCount] {
        guard provider != nil else { return [:] }
        let shares = try await catalog.tiers(configuration.tierRules.limits(at: SystemClock().microseconds))
        var sums: [String: ByteCount] = [:]
        for share in shares {
            sums[storageClasses[share.now]] = (sums[storageClasses[share.now]] ?? ByteCount(0)) + share.bytes
        }
        return sums
    }
}
