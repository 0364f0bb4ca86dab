public import Core
internal import Synchronization

/// How much one import takes.
public struct ImportLimits: Hashable, Sendable {
    /// New photos; nil for any number.
    public var files: Int?
    /// In each file; nil for any size.
    public var bytesPerFile: ByteCount?

    public init(files: Int? = nil, bytesPerFile: ByteCount? = nil) {
        (self.files, self.bytesPerFile) = (files, bytesPerFile)
    }

    /// Why a picture of so many bytes is not taken; nil where it is.
    func refusal(of byteCount: ByteCount) -> String? {
        guard let most = bytesPerFile, byteCount > most else { return nil }
        return "it has \(byteCount), more than the \(most) that file_megabytes allows: raise that in config.toml"
    }

    /// Throws `.limitExceeded` for more bytes than a file may have.
    func check(_ byteCount: ByteCount) throws {
        guard let most = bytesPerFile, byteCount > most else { return }
        throw EngineError(
            .limitExceeded, "a file of \(byteCount) is larger than the \(most) that file_megabytes allows",
            whatToDo: "send a smaller one, or raise file_megabytes in config.toml")
    }
}

/// What an import's limits leave of it.
final class ImportRoom: Sendable {
    let limits: ImportLimits
    private let taken = Mutex(0)
    /// What the owner would have by now, where an import is only foreseen.
    private let usage: Mutex<OwnerUsage?>

    init(_ limits: ImportLimits, foreseeing usage: OwnerUsage? = nil) {
        self.limits = limits
        self.usage = Mutex(usage)
    }

    var isFull: Bool { limits.files.map { most in taken.withLock { $0 >= most } } ?? false }

    /// Takes the place of a new photo; false where there is none.
    func take() -> Bool {
        guard let most = limits.files else { return true }
        return taken.withLock { taken in
            guard taken < most else { return false }
            taken += 1
            return true
        }
    }

    /// Foresees a new photo: why it would be left out, or nil where it is counted.
    func foresee(_ bytes: ByteCount) -> String? {
        let refusal = usage.withLock { usage -> EngineError? in
            guard let now = usage, now.quota != .none else { return nil }
            guard now.hasRoom(for: bytes) else { return now.refusal(of: bytes) }
            usage = OwnerUsage(owner: now.owner, photos: now.photos + 1, bytes: now.bytes + bytes, quota: now.quota)
            return nil
        }
        return refusal?.description ?? (take() ? nil : reason)
    }

    /// Gives a place back whose file is no new photo.
    func giveBack() { taken.withLock { $0 -= 1 } }

    /// Why a new photo is left out of a full import.
    var reason: String {
        "this import has taken its \(limits.files ?? 0) new photos, as many as batch_files allows: the next takes the rest"
    }
}
