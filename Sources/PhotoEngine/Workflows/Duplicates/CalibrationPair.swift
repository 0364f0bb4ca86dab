public import Core
internal import Duplicates

/// Two photos of a cluster for a person to look at: what would be kept, and the photo that is farthest from it.
public struct CalibrationPair: Sendable {
    public let proposal: ClusterProposal
    public let other: PhotoID
    /// Bits in which their hashes differ, once both are turned alike.
    public let distance: Int

    public var keeper: PhotoID { proposal.keeper }

    /// nil for a cluster that is never resolved together with others.
    init?(_ proposal: ClusterProposal) {
        guard proposal.stacks.isEmpty, let farthest = proposal.farthest else { return nil }
        self.proposal = proposal
        (other, distance) = (farthest.photo, farthest.distance)
    }
}

extension ClusterProposal {
    /// Of the photos that would go, the one that differs most from the keeper; nil when none would go.
    public var farthest: (photo: PhotoID, distance: Int)? {
        let gone = Set(trashed(keeping: kept))
        let going = members.filter { gone.contains($0.photo) }.map { member in
            (photo: member.photo, distance: distance(of: member) ?? 64, unlike: 1 - (member.evidence?.similarity ?? 0))
        }
        return going.max { ($0.distance, $0.unlike, $0.photo) < ($1.distance, $1.unlike, $1.photo) }
            .map { ($0.photo, $0.distance) }
    }
}
