import Core
import Foundation

/// What a resolution keeps beside its columns: who decided and why, and what everything it touched was before.
struct ResolutionContent: Codable {
    /// A photo as it was in its cluster.
    struct Member: Codable {
        let photo: PhotoID
        /// What it was found by, and its stored picture's hash, 16 hex digits each.
        let hash: String
        let storedHash: String
        let distance: Int?
        let similarity: Double?
        let orientation: Int?
        /// Whether it waited to be compared anew.
        let waited: Bool

        /// nil where the hash can't be read.
        var stance: PictureStance? {
            PerceptualHash(hash).map { PictureStance(hash: $0, evidence: evidence) }
        }

        var evidence: LikenessEvidence? {
            distance.map {
                LikenessEvidence(
                    distance: $0, similarity: similarity, orientation: orientation.flatMap(Orientation.init) ?? .upright
                )
            }
        }

        /// Of `compared_photos` joined with `photos`, in the order that `init(_:)` takes them off a row.
        static let columns = """
            compared_photos.photo, compared_photos.phash, photos.phash, CASE WHEN EXISTS (
                SELECT 1 FROM uncompared_photos
                WHERE uncompared_photos.owner = compared_photos.owner
                    AND uncompared_photos.photo = compared_photos.photo) THEN 1 ELSE 0 END,
            compared_photos.distance, compared_photos.similarity, compared_photos.orientation
            """

        init(_ row: inout SQLRow) throws {
            photo = try row.id()
            (hash, storedHash) = (Self.text(try row.int64()), try row.optionalInt64().map(Self.text) ?? "")
            waited = try row.bool()
            let evidence = try SQLCatalog.evidence(&row)
            distance = evidence?.distance
            similarity = evidence?.similarity
            orientation = evidence?.orientation.rawValue
        }

        /// A hash as it stands here.
        static func text(_ hash: Int64) -> String { PerceptualHash(bits: UInt64(bitPattern: hash)).description }
    }

    /// A cluster that photos left as somebody decided on them.
    struct Parted: Codable {
        let cluster: ClusterID
        let left: [Member]
        /// One of the photos decided on, which stayed.
        let stayed: Member
        /// Whether none stayed beside it, so that the cluster ended.
        let isEnded: Bool
    }

    struct Trashed: Codable {
        let photo: PhotoID
        let wasArchived: Bool
    }

    let actor: String
    let reason: String
    let keeper: PhotoID
    let alsoKept: [PhotoID]
    let byteCount: Int64
    let members: [Member]
    let trashed: [Trashed]
    var before: PhotoMarks
    var after: PhotoMarks
    /// Whether the keeper's marks were not its file's alone before, as an older phototui wrote it.
    var hadOwnMarks: Bool?
    /// `photos.has_own_marks` of the keeper before.
    var ownMarks: Int?
    /// The albums and tags that the keeper took over.
    var collections: [EditStep]?
    /// The faces that it took over, as rows of its own.
    var faces: [FaceID]?
    /// Pairs that it decided to be distinct.
    let decided: [[PhotoID]]
    /// nil as long as it decided on duplicates.
    var verdict: Verdict?
    /// Of a verdict that keeps all photos.
    var parted: [Parted]?
    /// Of its photos, those of which it was not known whether they are like the others; nil as an older phototui wrote it.
    var unknown: [PhotoID]?

    enum Verdict: Codable {
        case distinct
        case stack(StackReason)
    }

    var ownBefore: OwnMarks { ownMarks.map { OwnMarks(rawValue: $0) } ?? (hadOwnMarks == true ? .all : []) }

    static func decoded(_ text: String) throws -> ResolutionContent {
        try SQLRow.present(try? JSONDecoder().decode(ResolutionContent.self, from: Data(text.utf8)))
    }

    static let columns = "id, cluster, resolved_at, undone_at, undone_by, undone_reason, content"

    /// From `columns`.
    static func resolution(_ row: SQLRow) throws -> (resolution: Resolution, content: ResolutionContent) {
        var row = row
        let (id, cluster): (ResolutionID, ClusterID) = try (row.id(), row.id())
        let (resolvedAt, undoneAt) = try (row.int64(), row.optionalInt64())
        let (undoneBy, undoneReason) = try (row.optionalText(), row.optionalText())
        let content = try decoded(try row.text())
        return (
            content.resolution(
                id, of: cluster, at: resolvedAt,
                undone: undoneAt.map { .init(at: $0, actor: undoneBy ?? "", reason: undoneReason ?? "") }), content
        )
    }

    func resolution(
        _ id: ResolutionID, of cluster: ClusterID, at moment: Int64, undone: Resolution.Undoing?
    ) -> Resolution {
        let decided: Resolution.Verdict =
            switch verdict {
            case .distinct: .distinct
            case .stack(let reason): .stack(reason)
            case nil: .duplicates
            }
        return Resolution(
            id: id, verdict: decided, cluster: cluster, keeper: keeper, alsoKept: alsoKept,
            trashed: trashed.map(\.photo),
            byteCount: ByteCount(byteCount), before: before, after: after, actor: actor, reason: reason,
            resolvedAt: moment, undone: undone)
    }
}
