/// How much an owner may have, those of the trash included.
public struct Quota: Hashable, Sendable {
    /// nil for any number.
    public var photos: Int?
    /// Of originals; nil for any number.
    public var bytes: ByteCount?

    public init(photos: Int? = nil, bytes: ByteCount? = nil) {
        (self.photos, self.bytes) = (photos, bytes)
    }

    public static let none = Quota()
}

/// What an owner has of their quota.
public struct OwnerUsage: Hashable, Sendable {
    public enum State: String, Hashable, Sendable {
        /// There is no quota.
        case none
        case ok
        /// 80 % of it and more.
        case warning
        /// All of it.
        case full
    }

    public static let warningShare = 0.8

    public let owner: String
    /// Those of the trash included.
    public let photos: Int
    /// Of their originals, as the catalogue has them.
    public let bytes: ByteCount
    public let quota: Quota

    public init(owner: String, photos: Int, bytes: ByteCount, quota: Quota) {
        (self.owner, self.photos, self.bytes, self.quota) = (owner, photos, bytes, quota)
    }

    /// How much of the quota is taken, of photos or of bytes, whichever is more; nil without one.
    public var share: Double? {
        func share(_ taken: Double, _ most: Double) -> Double { most > 0 ? taken / most : 1 }
        return [
            quota.photos.map { share(Double(photos), Double($0)) },
            quota.bytes.map { share(Double(bytes.bytes), Double($0.bytes)) },
        ].compactMap { $0 }.max()
    }

    public var state: State {
        guard let share else { return .none }
        return share >= 1 ? .full : share >= Self.warningShare ? .warning : .ok
    }

    /// Whether so many more bytes in one more photo are allowed.
    public func hasRoom(for more: ByteCount) -> Bool {
        quota.photos.map { photos < $0 } ?? true && quota.bytes.map { bytes + more <= $0 } ?? true
    }

    /// `412 of 500 photos, 1.9 of 2.0 GB, 95 %`.
    public var words: String {
        let parts = [
            quota.photos.map { "\(photos) of \($0) photos" }, quota.bytes.map { "\(bytes) of \($0)" },
            share.map { "\(Int(min($0, 1000) * 100)) %" },
        ].compactMap { $0 }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    /// Why a new photo of so many bytes is not taken, and what helps.
    public func refusal(of more: ByteCount) -> EngineError {
        EngineError(
            .limitExceeded, "the owner's quota has no room for \(more) more: \(words), the trash included",
            whatToDo: "empty the trash, or have an admin raise it with phototui owners quota")
    }
}
