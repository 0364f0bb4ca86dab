/// What an archive holds under a name. All of it is untrusted.
public struct ArchiveEntry: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable {
        case file, folder, link
        /// A device, a pipe.
        case other
    }

    /// Its place in the archive, from 0.
    public let ordinal: Int
    /// As the archive has it: never a path to write to.
    public let path: String
    public let kind: Kind
    /// As the archive says; nil where it doesn't.
    public let byteCount: Int64?
    /// Unix nanoseconds.
    public let modified: Int64
    public let isEncrypted: Bool

    public init(ordinal: Int, path: String, kind: Kind, byteCount: Int64?, modified: Int64, isEncrypted: Bool) {
        self.ordinal = ordinal
        self.path = path
        self.kind = kind
        self.byteCount = byteCount
        self.modified = modified
        self.isEncrypted = isEncrypted
    }

    /// The names that lead to it, from the archive's root; nil where they would lead out of it, or nowhere.
    public var names: [String]? {
        let names = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init).filter { $0 != "." }
        guard !path.hasPrefix("/"), !names.isEmpty, !names.contains(".."), !path.unicodeScalars.contains("\0") else {
            return nil
        }
        return names
    }
}

/// What is read of an archive besides the list of its entries.
public struct ArchiveSelection: Hashable, Sendable, Codable {
    /// The content of files whose name ends so, in small letters, however they are written.
    public var ending: String?
    /// The content of these.
    public var ordinals: Set<Int>
    /// Content of more bytes than this ends there, and is told to be too large.
    public var largest: Int64

    public init(ending: String? = nil, ordinals: Set<Int> = [], largest: Int64) {
        self.ending = ending
        self.ordinals = ordinals
        self.largest = largest
    }
}

/// What comes out of an archive, in its order.
public enum ArchivePart: Sendable {
    case entry(ArchiveEntry)
    /// Of the last entry, where it was selected.
    case bytes([UInt8])
    /// The last entry's content is complete, or why it isn't.
    case contentEnd(problem: String?)
    /// Nothing follows; why, where the archive goes on, or should.
    case end(problem: String?)
}
