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

        var evidence: LikenessEvidence? {
            distance.map {
                LikenessEvidence(
                    distance: $0, similarity: similarity, orientation: orientation.flatMap(Orientation.init) ?? .upright
                )
            }
        }
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
    let before: PhotoMarks
    let after: PhotoMarks
    /// Whether the keeper's marks were not its file's alone before.
    let hadOwnMarks: Bool
    /// Pairs that it decided to be distinct.
    let decided: [[PhotoID]]

    static func decoded(_ text: String) throws -> ResolutionContent {
        try SQLRow.present(try? JSONDecoder().decode(ResolutionContent.self, from: Data(text.utf8)))
    }

    static let columns = "id, cluster, resolved_at, undone_at, undone_by, content"

    /// From `columns`.
    static func resolution(_ row: SQLRow) throws -> (resolution: Resolution, content: ResolutionContent) {
        var row = row
        let (id, cluster): (ResolutionID, ClusterID) = try (row.id(), row.id())
        let (resolvedAt, undoneAt) = try (row.int64(), row.optionalInt64())
        let undoneBy = try row.optionalText()
        let content = try decoded(try row.text())
        return (
            content.resolution(
                id, of: cluster, at: resolvedAt,
                undone: undoneAt.map { Resolution.Undoing(at: $0, actor: undoneBy ?? "") }), content
        )
    }

    func resolution(
        _ id: ResolutionID, of cluster: ClusterID, at moment: Int64, undone: Resolution.Undoing?
    ) -> Resolution {
        Resolution(
            id: id, cluster: cluster, keeper: keeper, alsoKept: alsoKept, trashed: trashed.map(\.photo),
            byteCount: ByteCount(byteCount), before: before, after: after, actor: actor, reason: reason,
            resolvedAt: moment, undone: undone)
    }
}
