/// What was asked of a storage, by what providers charge apart: counted for each request that was sent, refused ones and those
/// that were tried again included.
public struct StorageTraffic: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// Objects and their parts are stored, put together, or copied; a bucket is set up.
        case write
        case list
        /// An object's bytes.
        case read
        /// What an object or a bucket is, without bytes.
        case look
        case delete
    }

    public var requests: [Kind: Int64]
    public var bytesSent: ByteCount
    public var bytesReceived: ByteCount

    public init(
        requests: [Kind: Int64] = [:], bytesSent: ByteCount = ByteCount(0), bytesReceived: ByteCount = ByteCount(0)
    ) {
        (self.requests, self.bytesSent, self.bytesReceived) = (requests, bytesSent, bytesReceived)
    }

    public var isEmpty: Bool { requests.isEmpty && bytesSent.bytes == 0 && bytesReceived.bytes == 0 }
    public var requestCount: Int64 { requests.values.reduce(0, +) }

    public static func += (left: inout StorageTraffic, right: StorageTraffic) {
        left.requests.merge(right.requests, uniquingKeysWith: +)
        left.bytesSent = left.bytesSent + right.bytesSent
        left.bytesReceived = left.bytesReceived + right.bytesReceived
    }
}

/// The traffic of one day in UTC.
public struct DailyTraffic: Hashable, Sendable {
    /// Days since 1 January 1970.
    public let day: Int
    public var traffic: StorageTraffic

    public init(day: Int, traffic: StorageTraffic) { (self.day, self.traffic) = (day, traffic) }

    /// The day of a moment in Unix seconds.
    public static func day(of seconds: Double) -> Int { Int((seconds / 86_400).rounded(.down)) }
}

/// Keeps what was asked of a storage, day by day. Any number of processes may add to it.
public protocol TrafficLedger: Sendable {
    func add(_ traffic: StorageTraffic, day: Int) async throws
    /// The days since `day`, in their order.
    func traffic(since day: Int) async throws -> [DailyTraffic]
    /// What was measured of the storage last; nil before.
    func measure() async throws -> StorageMeasure?
    func keep(_ measure: StorageMeasure) async throws
    func close() async
}

/// What lies in a storage, gone through object by object.
public struct StorageMeasure: Hashable, Sendable {
    /// Unix seconds.
    public let at: Double
    public var originals: Share
    public var renditions: Share
    /// What is neither.
    public var others: Share

    public struct Share: Hashable, Sendable {
        public var objects: Int64
        public var bytes: ByteCount

        public init(objects: Int64 = 0, bytes: ByteCount = ByteCount(0)) {
            (self.objects, self.bytes) = (objects, bytes)
        }
    }

    public init(at: Double, originals: Share = Share(), renditions: Share = Share(), others: Share = Share()) {
        (self.at, self.originals, self.renditions, self.others) = (at, originals, renditions, others)
    }

    public var bytes: ByteCount { originals.bytes + renditions.bytes + others.bytes }
}
