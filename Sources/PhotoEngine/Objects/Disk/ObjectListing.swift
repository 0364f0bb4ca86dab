internal import Core
internal import Glibc
internal import SystemPackage

/// Walks a store's folders in key order, reading only the folders that can hold what is asked for.
struct ObjectListing {
    let root: FilePath
    let prefix: String
    let after: String?
    let limit: Int
    private let strange: (StrangeObject) -> Void
    private var found: [ObjectSummary] = []

    init(
        root: FilePath, prefix: String, after: String?, limit: Int,
        strange: @escaping (StrangeObject) -> Void = { _ in }
    ) {
        self.strange = strange
        self.root = root
        self.prefix = prefix
        self.after = after
        self.limit = limit
    }

    mutating func run() throws -> [ObjectSummary] {
        try walk("")
        return found
    }

    /// `base` is the key text of the folder: empty, or ending in a slash.
    private mutating func walk(_ base: String) throws {
        let names: [DirectoryNames.Name]
        do {
            names = try DirectoryNames.read(base.isEmpty ? root : FilePath(root.string + "/" + base))
        } catch let failure as Errno {
            // Removed since its parent was read: it holds nothing any more.
            guard failure != .noSuchFileOrDirectory else { return }
            throw EngineError(failure, doing: "listing objects")
        }
        // A folder sorts where its keys do, with the slash: `a.b` is before `a/b`.
        let entries = names.map { $0.isFolder ? base + $0.text + "/" : base + $0.text }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for entry in entries {
            guard found.count < limit else { return }
            if entry.hasSuffix("/") {
                guard entry.hasBytes(prefix) || prefix.hasBytes(entry) else { continue }
                if let after, entry.utf8.lexicographicallyPrecedes(after.utf8), !after.hasBytes(entry) { continue }
                try walk(entry)
            } else {
                guard entry.hasBytes(prefix) else { continue }
                if let after, !after.utf8.lexicographicallyPrecedes(entry.utf8) { continue }
                guard let byteCount = try StoredFile.byteCount(of: root.appending(entry)) else { continue }
                guard let key = ObjectKey(untrusted: entry) else {
                    strange(StrangeObject(name: entry, byteCount: byteCount))
                    continue
                }
                found.append(ObjectSummary(key: key, byteCount: byteCount))
            }
        }
    }
}

extension String {
    fileprivate func hasBytes(_ prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }
}
