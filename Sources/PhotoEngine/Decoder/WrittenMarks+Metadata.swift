import Core

extension WrittenMarks {
    /// What a sidecar says.
    init(_ tags: MetadataTags) {
        self.init(PhotoMetadata(tags), isFavourite: tags.isPicked, faces: FaceRegion.regions(in: tags))
    }
}

extension MetadataTags {
    /// Accepted, as digiKam calls it.
    var isPicked: Bool { integer("Xmp.digiKam.PickLabel") == 3 }

    /// Words, and paths of words (`Places/Portugal/Lisbon`), each once: as digiKam lists them, else as Lightroom does, who lists
    /// the beginnings of each path as well; then the plain ones that are no part of a path.
    var keywords: [String] {
        func paths(_ key: String, _ separator: Character) -> [[String]] {
            (values[key] ?? []).map { $0.split(separator: separator).map(String.init) }.filter { !$0.isEmpty }
        }
        let listed = paths("Xmp.digiKam.TagsList", "/")
        let hierarchical = listed.isEmpty ? paths("Xmp.lr.hierarchicalSubject", "|") : []
        let begun = Set(hierarchical.flatMap { path in (1..<max(1, path.count)).map { Array(path.prefix($0)) } })
        let all = listed + hierarchical.filter { !begun.contains($0) }
        let parts = Set(all.filter { $0.count > 1 }.flatMap(\.self))
        let plain = ["Xmp.dc.subject", "Iptc.Application2.Keywords"].flatMap { values[$0] ?? [] }
        var seen: Set<String> = []
        return (all.map { $0.joined(separator: "/") } + plain.filter { !$0.isEmpty && !parts.contains($0) })
            .filter { seen.insert($0).inserted }
    }
}
