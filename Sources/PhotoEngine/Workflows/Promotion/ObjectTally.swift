public import Core

/// How far the objects of a promotion are.
public struct ObjectTally: Hashable, Sendable {
    /// A photo that can't go over as it is.
    public struct Fault: Hashable, Sendable {
        public let photo: PhotoID
        /// Untrusted.
        public let filename: String
        public let reason: String
    }

    public let totalPhotos: Int
    public let totalBytes: Int64
    /// Photos that were looked at, and what their originals come to.
    public var photos = 0
    public var bytes: Int64 = 0
    /// Objects that were sent, that were there already, and that were found to be what they should be where they came to.
    public var sent = 0
    public var present = 0
    public var verified = 0
    public var bytesSent: Int64 = 0
    /// Originals that are still the files that they were before an earlier promotion.
    public var inPlace = 0
    /// Photos that are missing, and stay so.
    public var left = 0
    /// Objects that were taken away again, and what the originals among them came to.
    public var removed = 0
    public var bytesRemoved: Int64 = 0
    public var faultCount = 0
    public var seconds: Double = 0
    /// The first of them.
    public private(set) var faults: [Fault] = []

    private static let mostFaults = 10_000

    public init(totalPhotos: Int = 0, totalBytes: Int64 = 0) {
        (self.totalPhotos, self.totalBytes) = (totalPhotos, totalBytes)
    }

    public var bytesPerSecond: Double { seconds > 0.5 ? Double(bytes) / seconds : 0 }

    /// nil until it can be told.
    public var etaSeconds: Double? {
        bytesPerSecond > 0 ? Double(max(0, totalBytes - bytes)) / bytesPerSecond : nil
    }

    mutating func add(_ fault: Fault) {
        faultCount += 1
        if faults.count < Self.mostFaults { faults.append(fault) }
    }
}
