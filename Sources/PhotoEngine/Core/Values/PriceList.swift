/// What a provider of object storage charges, in US dollars, as its pages said on a day.
public struct PriceList: Hashable, Sendable {
    /// Requests that cost the same.
    public struct RequestClass: Hashable, Sendable {
        /// As the provider calls it.
        public let name: String
        public let kinds: Set<StorageTraffic.Kind>
        public var perMillion: Double
        public var freePerMonth: Double

        public init(_ name: String, _ kinds: Set<StorageTraffic.Kind>, perMillion: Double, freePerMonth: Double) {
            (self.name, self.kinds) = (name, kinds)
            (self.perMillion, self.freePerMonth) = (perMillion, freePerMonth)
        }
    }

    /// `b2`, `r2`, `s3`: as storage addresses begin.
    public let provider: String
    public let title: String
    /// When these were true: `2025-06-01`.
    public var date: String
    public var storagePerGBMonth: Double
    public var freeStorageGB: Double
    /// For what leaves the provider.
    public var egressPerGB: Double
    public var freeEgressGB: Double
    /// So many times what is stored leaves for nothing each month.
    public var freeEgressTimesStored: Double
    public var classes: [RequestClass]
    /// What the provider takes for a GB.
    public let bytesPerGB: Double
    /// Of the classes beside the standard one.
    public var storageClasses: [StorageClassPrice]

    public init(
        provider: String, title: String, date: String, storagePerGBMonth: Double, freeStorageGB: Double,
        egressPerGB: Double, freeEgressGB: Double, freeEgressTimesStored: Double, classes: [RequestClass],
        bytesPerGB: Double, storageClasses: [StorageClassPrice] = []
    ) {
        self.storageClasses = storageClasses
        (self.provider, self.title, self.date) = (provider, title, date)
        (self.storagePerGBMonth, self.freeStorageGB) = (storagePerGBMonth, freeStorageGB)
        (self.egressPerGB, self.freeEgressGB) = (egressPerGB, freeEgressGB)
        (self.freeEgressTimesStored, self.classes, self.bytesPerGB) = (freeEgressTimesStored, classes, bytesPerGB)
    }

    /// Those that are built in; docs/costs.md tells where they are from.
    public static let known: [PriceList] = [
        PriceList(
            provider: "b2", title: "Backblaze B2", date: "2026-09-07", storagePerGBMonth: 0.00695, freeStorageGB: 10,
            egressPerGB: 0.01, freeEgressGB: 0, freeEgressTimesStored: 3,
            classes: [
                RequestClass("A", [.write, .delete], perMillion: 0, freePerMonth: 0),
                RequestClass("B", [.read, .look], perMillion: 0, freePerMonth: 0),
                RequestClass("C", [.list], perMillion: 0, freePerMonth: 0),
            ], bytesPerGB: 1e9),
        PriceList(
            provider: "r2", title: "Cloudflare R2", date: "2026-08-03", storagePerGBMonth: 0.015, freeStorageGB: 10,
            egressPerGB: 0, freeEgressGB: 0, freeEgressTimesStored: 0,
            classes: [
                RequestClass("A", [.write, .list], perMillion: 4.5, freePerMonth: 1_000_000),
                RequestClass("B", [.read, .look], perMillion: 0.36, freePerMonth: 10_000_000),
                RequestClass("free", [.delete], perMillion: 0, freePerMonth: 0),
            ], bytesPerGB: 1e9,
            storageClasses: [
                StorageClassPrice(
                    "STANDARD_IA", perGBMonth: 0.01, movePerMillion: 9, retrievalPerGB: 0.01, minimumDays: 30)
            ]),
        PriceList(
            provider: "s3", title: "Amazon S3", date: "2025-06-01", storagePerGBMonth: 0.023, freeStorageGB: 0,
            egressPerGB: 0.09, freeEgressGB: 100, freeEgressTimesStored: 0,
            classes: [
                RequestClass("PUT", [.write, .list], perMillion: 5, freePerMonth: 0),
                RequestClass("GET", [.read, .look], perMillion: 0.4, freePerMonth: 0),
                RequestClass("free", [.delete], perMillion: 0, freePerMonth: 0),
            ], bytesPerGB: 1_073_741_824,
            storageClasses: [
                StorageClassPrice(
                    "STANDARD_IA", perGBMonth: 0.0125, movePerMillion: 10, retrievalPerGB: 0.01, minimumDays: 30),
                StorageClassPrice(
                    "GLACIER_IR", perGBMonth: 0.004, movePerMillion: 20, retrievalPerGB: 0.03, minimumDays: 90),
                StorageClassPrice(
                    "GLACIER", perGBMonth: 0.0036, movePerMillion: 30, retrievalPerGB: 0.01, minimumDays: 90),
                StorageClassPrice(
                    "DEEP_ARCHIVE", perGBMonth: 0.00099, movePerMillion: 50, retrievalPerGB: 0.02, minimumDays: 180),
            ]),
    ]
}

/// What a month costs at a provider, in US dollars.
public struct StorageBill: Hashable, Sendable {
    public struct Line: Hashable, Sendable {
        public let name: String
        public let requests: Int64
        public let cost: Double
    }

    public let provider: String
    public let title: String
    public let date: String
    public let storage: Double
    public let requests: [Line]
    public let egress: Double
    public var total: Double { storage + requests.reduce(0) { $0 + $1.cost } + egress }
}

extension PriceList {
    /// For so much stored a whole month, and this traffic in it.
    public func bill(stored: ByteCount, _ traffic: StorageTraffic) -> StorageBill {
        let gigabytes = Double(stored.bytes) / bytesPerGB
        let leaving = Double(traffic.bytesReceived.bytes) / bytesPerGB
        let free = freeEgressGB + freeEgressTimesStored * gigabytes
        return StorageBill(
            provider: provider, title: title, date: date,
            storage: max(0, gigabytes - freeStorageGB) * storagePerGBMonth,
            requests: classes.map { group in
                let count = group.kinds.reduce(0) { $0 + traffic.requests[$1, default: 0] }
                return StorageBill.Line(
                    name: group.name, requests: count,
                    cost: max(0, Double(count) - group.freePerMonth) / 1e6 * group.perMillion)
            }, egress: max(0, leaving - free) * egressPerGB)
    }
}
