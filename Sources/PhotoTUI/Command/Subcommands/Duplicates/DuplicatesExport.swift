import ArgumentParser
import Core
import PhotoEngine
import Workflows

/// `phototui duplicates export`.
struct DuplicatesExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all clusters to stdout, for a spreadsheet or a script.",
        discussion: """
            As CSV (RFC 4180), a line per photo with what the proposal would do with it; with --json a line per cluster, each \
            an object as `duplicates list --json` has them. Names are written as they are shown: with every control \
            character escaped, and in CSV with an apostrophe before what a spreadsheet would take for a formula. Nobody looks \
            at the pictures here: `certain` is false where what is written of the photos speaks against the proposal, else \
            empty (null); `duplicates list --certain` looks.

            Examples:
              phototui duplicates export > duplicates.csv
              phototui duplicates export --json | jq -r 'select(.tier == "same") | .id'
            """)

    @OptionGroup var libraryOptions: LibraryOptions

    @Flag(help: "Print a JSON object on a line for each cluster.")
    var json = false

    private static let columns = [
        "cluster", "tier", "certain", "action", "photo", "path", "distance", "similarity", "width", "height", "bytes",
        "media_type", "taken_at", "missing", "proposal", "key", "filename", "doubt", "stack",
    ]

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let review = library.duplicateReview()
            if !json { try Console.write(Self.columns.joined(separator: ",") + "\r\n") }
            var after: ClusterPosition?
            while true {
                let page = try await library.catalog.clusters(ClusterQuery(after: after, limit: 100))
                guard let last = page.last else { return }
                after = ClusterPosition(last, in: .bytesToWin)
                try await review.proposals(for: page) { _, proposal in
                    // Somebody may have decided on it meanwhile.
                    if let proposal { try write(proposal, in: library) }
                }
            }
        }
    }

    private func write(_ proposal: ClusterProposal, in library: Library) throws {
        if json {
            let fields = DuplicateFormat.json(proposal.cluster, proposal, in: library)
            return try Console.line(JSON.object(fields).encoded(isIndented: false))
        }
        let kept = proposal.kept
        for (member, photo) in zip(proposal.members, proposal.photos) {
            let path = PhotoFormat.path(of: photo, in: library)?.nameBytes ?? []
            var fields: [String] = [proposal.cluster.id.description, proposal.tier.rawValue]
            fields += [
                proposal.isCertain.map { String($0) } ?? "", DuplicateFormat.action(photo.id, proposal, kept),
                photo.id.description,
            ]
            fields.append(displayEscaped(bytes: path))
            let size = photo.pixelSize.map(photo.metadata.orientation.upright)
            let numbers: [Int?] = [size?.width, size?.height, Int(photo.byteCount.bytes)]
            fields.append(proposal.distance(of: member).map { String($0) } ?? "")
            fields.append(member.evidence?.similarity.map { String($0) } ?? "")
            fields += numbers.map { $0.map { String($0) } ?? "" }
            fields += [photo.mediaType.rawValue, photo.captureTime.rfc3339, String(photo.isMissing), proposal.sentence]
            fields.append(PhotoFormat.key(of: photo)?.description ?? "")
            fields.append(displayEscaped(photo.filename))
            fields.append(proposal.doubt ?? "")
            fields.append(proposal.stacks.first { $0.photos.contains(photo.id) }?.reason ?? "")
            try Console.write(fields.map(CSV.field).joined(separator: ",") + "\r\n")
        }
    }
}
