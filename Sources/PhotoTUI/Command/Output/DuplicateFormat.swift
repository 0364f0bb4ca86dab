import Core
import Grid
import PhotoEngine
import Workflows

/// How clusters of duplicates are written, as JSON and as text.
enum DuplicateFormat {
    /// Without a proposal, as for a cluster of very many photos, `keeper` is null and `photos` empty; they may be `only` some.
    static func json(
        _ cluster: DuplicateCluster, _ proposal: ClusterProposal?, in library: Library, only: Set<PhotoID>? = nil
    ) -> [(name: String, value: JSON)] {
        [
            ("id", .string(cluster.id.description)),
            ("tier", .text(proposal?.tier.rawValue)),
            ("keeper", .text(proposal?.keeper.description)),
            ("certain", proposal == nil ? .bool(false) : proposal?.isCertain.map { .bool($0) } ?? .null),
            ("doubt", .text(proposal?.doubt)),
            ("proposal", .text(proposal?.sentence)),
            ("photo_count", .count(cluster.photos)),
            ("bytes", .integer(cluster.byteCount.bytes)),
            ("bytes_to_win", .integer((proposal?.bytesToWin ?? cluster.bytesToWin).bytes)),
            (
                "stacks",
                .array(
                    (proposal?.stacks ?? []).map { stack in
                        .object([
                            "reason": .string(stack.reason),
                            "kind": .string(name(stack.kind)),
                            "photos": .array(stack.photos.map { .string($0.description) }),
                        ])
                    })
            ),
            ("photos", .array(proposal.map { photos($0, in: library, only) } ?? [])),
        ]
    }

    private static func photos(
        _ proposal: ClusterProposal, in library: Library, _ only: Set<PhotoID>?
    ) -> [JSON] {
        let kept = proposal.kept
        return zip(proposal.members, proposal.photos).compactMap { member, photo in
            if let only, !only.contains(photo.id) { return nil }
            let size = photo.pixelSize.map(photo.metadata.orientation.upright)
            return .object(
                [("id", .string(photo.id.description))]
                    + PhotoFormat.location(of: photo, in: library)
                    + JSON.name(PhotoFormat.name(of: photo), as: "filename") + [
                        ("action", .string(action(photo.id, proposal, kept))),
                        ("distance", .count(proposal.distance(of: member))),
                        ("similarity", .decimal(member.evidence?.similarity)),
                        ("orientation", .count(member.evidence?.orientation.rawValue)),
                        ("width", .count(size?.width)),
                        ("height", .count(size?.height)),
                        ("bytes", .integer(photo.byteCount.bytes)),
                        ("media_type", .string(photo.mediaType.rawValue)),
                        ("taken_at", .string(photo.captureTime.rfc3339)),
                        ("missing", .bool(photo.isMissing)),
                    ])
        }
    }

    /// What would become of a photo; `kept` are the proposal's.
    static func action(_ photo: PhotoID, _ proposal: ClusterProposal, _ kept: Set<PhotoID>) -> String {
        // Photos that belong together are nobody's to throw away.
        if proposal.stacks.contains(where: { $0.photos.contains(photo) }) { return "stack" }
        return photo == proposal.keeper ? "keep" : kept.contains(photo) ? "also_keep" : "trash"
    }

    /// `"changes"`: the keeper's marks that would become others.
    static func changes(_ proposal: ClusterProposal) -> [(name: String, value: JSON)] {
        [("changes", changes(merged(proposal)))]
    }

    static func changes(_ marks: (before: PhotoMarks, after: PhotoMarks)?) -> JSON {
        guard let (before, after) = marks else { return .array([]) }
        return .array(
            after.differences(from: before).map { mark in
                .object([
                    "mark": .string(mark.rawValue), "before": .text(before.text(of: mark)),
                    "after": .text(after.text(of: mark)),
                ])
            })
    }

    /// A line for each, safe to show.
    static func lines(_ marks: (before: PhotoMarks, after: PhotoMarks)?) -> [String] {
        guard let (before, after) = marks else { return [] }
        return after.differences(from: before).map { mark in
            let (old, new) = (before.text(of: mark) ?? "none", after.text(of: mark) ?? "none")
            return "the keeper's \(mark.rawValue): \(displayEscaped(old)) → \(displayEscaped(new))"
        }
    }

    private static func merged(_ proposal: ClusterProposal) -> (before: PhotoMarks, after: PhotoMarks)? {
        proposal.marks(of: proposal.keeper, trashing: proposal.trashed(keeping: proposal.kept))
    }

    /// What to do with a cluster, on one line.
    static func advice(_ proposal: ClusterProposal) -> String {
        proposal.sentence + (proposal.doubt.map { " (look at it: \($0))" } ?? "")
    }

    /// The file name of the photo to keep, no longer than a column should be.
    static func keeperName(_ proposal: ClusterProposal) -> String {
        let keeper = proposal.photos.first { $0.id == proposal.keeper }
        return keeper.map { displayEscaped($0.filename).truncated(to: 32) } ?? "-"
    }

    static func text(_ proposal: ClusterProposal, in library: Library) -> String {
        var lines = ["cluster \(proposal.cluster.id), \(proposal.tier.rawValue), \(proposal.bytesToWin) to win"]
        lines.append(proposal.sentence)
        if let doubt = proposal.doubt { lines.append("look at it: \(doubt)") }
        lines += proposal.stacks.map { "\(counted($0.photos.count, "photo")) of it are \($0.reason)" }
        var table = TextTable([
            ("", .left), ("PHOTO", .left), ("SIZE", .right), ("BYTES", .right), ("TAKEN", .left), ("BITS", .right),
            ("JOINED AT", .right), ("FILE", .left),
        ])
        let kept = proposal.kept
        for (member, photo) in zip(proposal.members, proposal.photos) {
            let path = PhotoFormat.place(of: photo, in: library)
            table.add([
                action(photo.id, proposal, kept).replacing("_", with: " "), photo.id.description,
                PhotoFormat.size(photo),
                photo.byteCount.description, PhotoFormat.time(photo.captureTime),
                proposal.distance(of: member).map { "\($0)" } ?? "-",
                member.evidence?.similarity.map { LikenessEvidence.text(similarity: $0) } ?? "-",
                path + (proposal.turn(of: member) == .upright ? "" : " (turned or mirrored)")
                    + (photo.isMissing ? " (missing)" : ""),
            ])
        }
        return lines.joined(separator: "\n") + "\n" + table.text()
            + self.lines(merged(proposal)).map { $0 + "\n" }.joined()
    }

    /// What was decided.
    static func words(_ verdict: Resolution.Verdict) -> String {
        switch verdict {
        case .duplicates: "duplicates"
        case .distinct: "not duplicates"
        case .stack(let reason): "stack: \(reason.words)"
        }
    }

    /// The file name of what was kept, no longer than a column should be; of several the first.
    static func kept(_ resolution: Resolution, _ photos: [PhotoID: Photo]) -> String {
        let name = photos[resolution.keeper].map { displayEscaped($0.filename).truncated(to: 32) } ?? "-"
        return name + (resolution.alsoKept.isEmpty ? "" : " and \(resolution.alsoKept.count) more")
    }

    /// Why it was taken back, behind why it was decided; as untrusted text.
    static func reason(_ undoing: Resolution.Undoing) -> String {
        undoing.reason.isEmpty ? "" : " (undone: \(undoing.reason))"
    }

    /// `decision` in JSON.
    static func name(_ verdict: Resolution.Verdict) -> String {
        switch verdict {
        case .duplicates: "duplicates"
        case .distinct: "not_duplicates"
        case .stack: "stack"
        }
    }

    /// `kind` of a stack in JSON.
    static func name(_ reason: StackReason) -> String {
        switch reason {
        case .livePhoto: "live_photo"
        case .rawAndJPEG: "raw_and_jpeg"
        case .editedVersion: "edited_version"
        case .exposureBracket: "exposure_bracket"
        case .burst: "burst"
        case .chosen: "chosen"
        }
    }

    /// What taking a decision back came to.
    static func undone(_ item: UndoneResolution, _ photos: [PhotoID: Photo]) -> String {
        switch item.resolution.verdict {
        case .duplicates:
            "\(counted(item.restored.count, "photo")) back beside \(kept(item.resolution, photos))"
        case .distinct: "they may be duplicates again"
        case .stack: "the photos are no stack any more"
        }
    }

    /// A photo that is in the library no more has no name.
    static func words(_ conflict: UndoneResolution.Conflict, _ photos: [PhotoID: Photo]) -> String {
        func name(_ photo: PhotoID) -> String {
            photos[photo].map { displayEscaped($0.filename) } ?? "the photo \(photo)"
        }
        return switch conflict {
        case .gone(let photo): "\(name(photo)) is no longer in the library: its time in the trash has ended"
        case .moved(let photo): "\(name(photo)) was taken out of the trash, or put there anew, since"
        case .changedMark(let mark): "the keeper's \(mark.rawValue) was changed since, and stays"
        case .changedAlbum(let name): "the album \(name) was changed since, and stays as it is"
        case .goneAlbum(let name): "the album \(name) was deleted since"
        case .keptMarks: "the keeper keeps what it took over, as not all photos came back"
        case .changedCluster:
            "the cluster's photos changed since: they are compared anew by the next `phototui duplicates scan`"
        }
    }
}

/// A cluster that was resolved, or would be.
struct ResolvedCluster {
    let cluster: ClusterID
    let keeper: PhotoID
    let alsoKept: [PhotoID]
    let trashed: [PhotoID]
    let byteCount: ByteCount
    /// The keeper's, as they were and as they are then.
    let marks: (before: PhotoMarks, after: PhotoMarks)?
    /// nil in a dry run.
    let resolution: Resolution?
    /// What becomes of each photo, where that is known.
    private var files: [(photo: Photo, action: String)] = []
    private var library: Library?
    /// What speaks against it; safe to show.
    private var doubt: String?

    init(
        cluster: ClusterID, keeper: PhotoID, alsoKept: [PhotoID], trashed: [PhotoID], byteCount: ByteCount,
        marks: (before: PhotoMarks, after: PhotoMarks)?, resolution: Resolution?
    ) {
        self.cluster = cluster
        self.keeper = keeper
        self.alsoKept = alsoKept
        self.trashed = trashed
        self.byteCount = byteCount
        self.marks = marks
        self.resolution = resolution
    }

    init(_ made: Resolution) {
        self.init(
            cluster: made.cluster, keeper: made.keeper, alsoKept: made.alsoKept, trashed: made.trashed,
            byteCount: made.byteCount, marks: (made.before, made.after), resolution: made)
    }

    /// Of the cluster as it was proposed.
    init(_ made: Resolution, of proposal: ClusterProposal, in library: Library) {
        self.init(made)
        setFiles(proposal.photos, library)
    }

    /// With those of `photos` that are of it.
    init(_ made: Resolution, _ photos: [PhotoID: Photo], in library: Library) {
        self.init(made)
        setFiles(([made.keeper] + made.alsoKept + made.trashed).compactMap { photos[$0] }, library)
    }

    /// What decisions are about, as far as it is still in the library.
    static func photos(
        of resolutions: [Resolution], withTrash: Bool, in library: Library
    ) async throws -> [PhotoID: Photo] {
        let ids = resolutions.flatMap { [$0.keeper] + (withTrash ? $0.alsoKept + $0.trashed : []) }
        let found = try await library.catalog.photos(Array(Set(ids)))
        return Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0) })
    }

    private mutating func setFiles(_ photos: [Photo], _ library: Library) {
        files = photos.map { photo in
            (photo, photo.id == keeper ? "keep" : alsoKept.contains(photo.id) ? "also_keep" : "trash")
        }
        self.library = library
    }

    /// What resolving a cluster so would come to.
    init(planned proposal: ClusterProposal, keeper: PhotoID, alsoKept: Set<PhotoID>, in library: Library) {
        let trashed = proposal.trashed(keeping: alsoKept.union([keeper]))
        self.init(
            cluster: proposal.cluster.id, keeper: keeper, alsoKept: alsoKept.sorted(), trashed: trashed,
            byteCount: proposal.bytesToWin(keeping: alsoKept.union([keeper])),
            marks: proposal.marks(of: keeper, trashing: trashed), resolution: nil)
        setFiles(proposal.photos, library)
        doubt = proposal.doubt
    }

    /// The names of the keeper's marks that changed.
    private var changed: [String] { marks.map { $0.after.differences(from: $0.before).map(\.rawValue) } ?? [] }

    var json: JSON { .object(fields) }

    var fields: [(name: String, value: JSON)] {
        func ids(_ photos: [PhotoID]) -> JSON { .array(photos.map { .string($0.description) }) }
        return [
            ("id", .text(resolution?.id.description)),
            ("cluster", .string(cluster.description)),
            ("keeper", .string(keeper.description)),
            ("also_kept", ids(alsoKept)),
            ("trashed", ids(trashed)),
            ("bytes", .integer(byteCount.bytes)),
            ("changed", .array(changed.map { .string($0) })),
            ("changes", DuplicateFormat.changes(marks)),
            ("doubt", .text(doubt)),
            ("decision", .string(DuplicateFormat.name(resolution?.verdict ?? .duplicates))),
            ("actor", .text(resolution?.actor)),
            ("reason", .text(resolution?.reason)),
            ("resolved_at", .moment(resolution?.resolvedAt)),
            ("undone_at", .moment(resolution?.undone?.at)),
            ("undone_by", .text(resolution?.undone?.actor)),
            ("undone_reason", .text(resolution?.undone?.reason)),
        ] + (library.map { [("photos", photos(in: $0))] } ?? [])
    }

    private func photos(in library: Library) -> JSON {
        .array(
            files.map { photo, action in
                .object(
                    [("id", .string(photo.id.description)), ("action", .string(action))]
                        + PhotoFormat.location(of: photo, in: library)
                        + JSON.name(PhotoFormat.name(of: photo), as: "filename"))
            })
    }

    var text: String {
        let also = alsoKept.isEmpty ? "" : " and \(alsoKept.count) more"
        let taken = changed.isEmpty ? "" : ", taking over \(changed.joined(separator: ", "))"
        let won = resolution == nil ? "to win" : "won"
        let gone = "\(counted(trashed.count, "photo")) to the trash, \(byteCount) \(won)"
        let kept = files.first { $0.photo.id == keeper }.map { displayEscaped($0.photo.filename) }
        let what = "keeps \(kept ?? keeper.description)\(also)\(taken); \(gone)"
        if let resolution { return "\(cluster) \(what); undo \(resolution.id)" }
        let lines = files.compactMap { photo, action in
            library.map { "\(action.replacing("_", with: " ")) \(PhotoFormat.place(of: photo, in: $0))" }
        }
        let look = doubt.map { ["look at it: \($0)"] } ?? []
        return (["\(cluster) \(what)"] + (look + lines + DuplicateFormat.lines(marks)).map { "  \($0)" }).joined(
            separator: "\n")
    }
}
