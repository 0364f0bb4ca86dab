/// What a library's storage costs.
public struct CostReport: Hashable, Sendable {
    /// How much of the month's budget is taken.
    public enum BudgetState: String, Hashable, Sendable {
        /// There is none.
        case none
        case ok
        /// 80 % of it and more.
        case warning
        /// All of it: work that costs is refused.
        case exhausted
    }

    /// `b2`, `r2` or `s3`; nil for a library on this machine's disk, which costs nothing here.
    public let provider: String?
    /// Where the objects are; without secrets.
    public let storage: String
    public let photos: Int
    /// Of the originals, as the catalogue has them.
    public let originals: ByteCount
    /// What lies there beside them, as it was measured last; nil before.
    public let measure: StorageMeasure?
    /// What this machine asked of it: this month, and in the days that a month's traffic is told from.
    public let thisMonth: StorageTraffic
    public let observed: StorageTraffic
    /// How many days that is; 0 before there are any.
    public let observedDays: Double
    /// `2026-11`.
    public let month: String
    /// How much of the month is over; 0 to 1.
    public let monthShare: Double
    public let prices: [PriceList]
    /// In US dollars a month; nil for none.
    public let budget: Double?
    /// What the owner has of their quota; nil where nobody asked.
    public let usage: OwnerUsage?
    /// Originals by the class of storage that they are in.
    public let bytesByClass: [String: ByteCount]

    public init(
        provider: String?, storage: String, photos: Int, originals: ByteCount, measure: StorageMeasure?,
        thisMonth: StorageTraffic, observed: StorageTraffic, observedDays: Double, month: String, monthShare: Double,
        prices: [PriceList], budget: Double?, usage: OwnerUsage? = nil,
        bytesByClass: [String: ByteCount] = [:]
    ) {
        self.bytesByClass = bytesByClass
        self.usage = usage
        (self.provider, self.storage, self.photos, self.originals) = (provider, storage, photos, originals)
        (self.measure, self.thisMonth, self.observed) = (measure, thisMonth, observed)
        (self.observedDays, self.month, self.monthShare) = (observedDays, month, monthShare)
        (self.prices, self.budget) = (prices, budget)
    }

    /// Days of an average month.
    public static let monthDays = 30.4375
    public static let warningShare = 0.8

    /// What lies in the storage: the catalogue's originals, and what was measured beside them.
    public var stored: ByteCount {
        guard let measure else { return originals }
        return originals + measure.renditions.bytes + measure.others.bytes
    }

    /// A month's traffic, as it went in the days that were observed.
    public var monthly: StorageTraffic {
        guard observedDays > 0 else { return StorageTraffic() }
        let factor = Self.monthDays / observedDays
        func scaled(_ value: Int64) -> Int64 { Int64((Double(value) * factor).rounded()) }
        return StorageTraffic(
            requests: observed.requests.mapValues(scaled), bytesSent: ByteCount(scaled(observed.bytesSent.bytes)),
            bytesReceived: ByteCount(scaled(observed.bytesReceived.bytes)))
    }

    /// A month at each provider, the own one first.
    public var forecasts: [StorageBill] {
        let own = prices.filter { $0.provider == provider }
        return own.map { ownBill($0, monthly) }
            + prices.filter { $0.provider != provider }.map { $0.bill(stored: stored, monthly) }
    }

    /// With what is in cheaper classes; of the other providers everything is taken for hot.
    private func ownBill(_ list: PriceList, _ traffic: StorageTraffic) -> StorageBill {
        let bill = list.bill(stored: stored, traffic)
        return StorageBill(
            provider: bill.provider, title: bill.title, date: bill.date,
            storage: max(0, bill.storage - list.discount(bytesByClass)), requests: bill.requests, egress: bill.egress)
    }

    /// A month at the own provider; 0 on a disk.
    public var forecast: Double { forecasts.first { $0.provider == provider }?.total ?? 0 }

    /// Since the month began: the storage's share of it, and what was asked.
    public var spent: Double {
        guard let list = prices.first(where: { $0.provider == provider }) else { return 0 }
        let bill = ownBill(list, thisMonth)
        return bill.storage * monthShare + bill.requests.reduce(0) { $0 + $1.cost } + bill.egress
    }

    /// What the month comes to: what is spent already, or the forecast, whichever is more.
    public func monthTotal(adding cost: Double = 0) -> Double { max(spent, forecast) + cost }

    public func budgetState(adding cost: Double = 0) -> BudgetState {
        guard let budget, provider != nil else { return .none }
        let total = monthTotal(adding: cost)
        // Sums of cents are not to fall short by a rounding.
        let share = total / budget + 1e-9
        return share >= 1 ? .exhausted : share >= Self.warningShare ? .warning : .ok
    }

    /// What so many more photos of so many bytes cost: at once for sending, and each month for keeping.
    public func quote(photos: Int, bytes: ByteCount) -> (once: Double, monthly: Double)? {
        guard let list = prices.first(where: { $0.provider == provider }) else { return nil }
        // An original and three renditions, each looked for before it is written.
        let more = ByteCount(bytes.bytes + Int64(Double(bytes.bytes) * renditionShare))
        let before = list.bill(stored: stored, monthly)
        let after = list.bill(stored: stored + more, monthly)
        var traffic = monthly
        traffic += StorageTraffic(
            requests: [.write: Int64(photos) * 4, .look: Int64(photos) * 4, .read: Int64(photos)],
            bytesSent: more, bytesReceived: bytes)
        let once = list.bill(stored: stored + more, traffic).total - after.total
        return (max(0, once), after.storage - before.storage)
    }

    /// What processing so many photos that lie there costs at once: each original, as large as they are here in the middle, is
    /// read, and its renditions are written anew. Nil where nothing is known of the prices.
    public func quote(processing count: Int) -> Double? {
        guard let list = prices.first(where: { $0.provider == provider }) else { return nil }
        let bytes = Double(originals.bytes) / Double(max(1, photos)) * Double(count)
        var traffic = monthly
        traffic += StorageTraffic(
            requests: [.write: Int64(count) * 3, .look: Int64(count) * 4, .read: Int64(count)],
            bytesSent: ByteCount(Int64(bytes * renditionShare)), bytesReceived: ByteCount(Int64(bytes)))
        return max(0, list.bill(stored: stored, traffic).total - list.bill(stored: stored, monthly).total)
    }

    /// How large renditions are beside their originals: as here, else an eighth.
    private var renditionShare: Double {
        min(2, measure.map { Double($0.renditions.bytes.bytes) / max(1, Double(originals.bytes)) } ?? 0.125)
    }
}

/// Dollars as people read them.
public enum Money {
    /// `$0`, `<$0.01`, `$1.24`, `$1,204`.
    public static func text(_ dollars: Double) -> String {
        if dollars <= 0 { return "$0" }
        if dollars < 0.005 { return "<$0.01" }
        if dollars >= 1000 {
            let digits = String(Int(min(dollars, 1e15).rounded()))
            var text = ""
            for (place, digit) in digits.enumerated() {
                if place > 0, (digits.count - place).isMultiple(of: 3) { text.append(",") }
                text.append(digit)
            }
            return "$" + text
        }
        let cents = Int((dollars * 100).rounded())
        return "$\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
    }
}
