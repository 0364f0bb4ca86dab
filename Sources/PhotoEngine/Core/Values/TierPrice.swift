/// What a provider charges in another class of storage than its standard one, in US dollars.
public struct StorageClassPrice: Hashable, Sendable {
    /// As S3's API names it: `STANDARD_IA`.
    public let name: String
    public var perGBMonth: Double
    /// For a million objects that are moved into it.
    public var movePerMillion: Double
    /// For what is read out of it.
    public let retrievalPerGB: Double
    /// What leaves it earlier is charged so many days all the same.
    public let minimumDays: Int

    public init(
        _ name: String, perGBMonth: Double, movePerMillion: Double, retrievalPerGB: Double, minimumDays: Int
    ) {
        (self.name, self.perGBMonth, self.movePerMillion) = (name, perGBMonth, movePerMillion)
        (self.retrievalPerGB, self.minimumDays) = (retrievalPerGB, minimumDays)
    }
}

/// What moving originals costs and saves, in US dollars.
public struct TierPrice: Hashable, Sendable {
    public let once: Double
    public let savedMonthly: Double
    /// Of the classes they go into, the longest.
    public let minimumDays: Int
}

extension PriceList {
    /// Nil where a class has no price here.
    public func price(
        of moves: [(from: String, to: String, photos: Int, bytes: ByteCount)]
    ) -> TierPrice? {
        var (once, saved, days) = (0.0, 0.0, 0)
        for move in moves where move.from != move.to {
            guard let before = perGBMonth(in: move.from),
                let after = storageClasses.first(where: { $0.name == move.to })
            else { return nil }
            let gigabytes = Double(move.bytes.bytes) / bytesPerGB
            once += Double(move.photos) / 1e6 * after.movePerMillion
            // A copy reads what it copies.
            once += gigabytes * (storageClasses.first { $0.name == move.from }?.retrievalPerGB ?? 0)
            saved += gigabytes * (before - after.perGBMonth)
            days = max(days, after.minimumDays)
        }
        return TierPrice(once: once, savedMonthly: saved, minimumDays: days)
    }

    private func perGBMonth(in name: String) -> Double? {
        name == StorageClasses.standard ? storagePerGBMonth : storageClasses.first { $0.name == name }?.perGBMonth
    }

    /// How much less than in the standard class a month costs, with so many bytes in others.
    func discount(_ bytesByClass: [String: ByteCount]) -> Double {
        bytesByClass.reduce(0) { sum, entry in
            guard let price = perGBMonth(in: entry.key) else { return sum }
            return sum + Double(entry.value.bytes) / bytesPerGB * (storagePerGBMonth - price)
        }
    }
}
