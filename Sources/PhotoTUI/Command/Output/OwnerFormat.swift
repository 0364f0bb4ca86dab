import Core

/// How owners and their quotas are written.
enum OwnerFormat {
    static func json(_ usage: OwnerUsage) -> JSON {
        .object([
            "owner": .string(usage.owner), "photos": .count(usage.photos), "bytes": .integer(usage.bytes.bytes),
            "most_photos": .count(usage.quota.photos),
            "most_bytes": usage.quota.bytes.map { .integer($0.bytes) } ?? .null, "share": .decimal(usage.share),
            "state": .string(usage.state.rawValue),
        ])
    }

    /// In the colour of its state.
    static func words(_ usage: OwnerUsage) -> String {
        switch usage.state {
        case .none, .ok: usage.words
        case .warning: Ink.warning(usage.words)
        case .full: Ink.bad(usage.words)
        }
    }

    static func text(_ usages: [OwnerUsage]) -> String {
        var table = TextTable([
            ("OWNER", .left), ("PHOTOS", .right), ("OF", .right), ("BYTES", .right), ("OF", .right), ("USED", .right),
        ])
        for usage in usages {
            table.add([
                displayEscaped(usage.owner), "\(usage.photos)", usage.quota.photos.map { "\($0)" } ?? "",
                "\(usage.bytes)", usage.quota.bytes.map { "\($0)" } ?? "",
                usage.share.map { "\(Int(min($0, 1000) * 100)) %" } ?? "",
            ])
        }
        return table.text()
    }
}
