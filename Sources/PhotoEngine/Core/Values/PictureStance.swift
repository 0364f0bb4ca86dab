/// How a photo of a cluster stands beside the others.
public struct PictureStance: Hashable, Sendable {
    /// The upright picture's.
    public let hash: PerceptualHash
    /// nil for the photo that the cluster began with.
    public let evidence: LikenessEvidence?

    public init(hash: PerceptualHash, evidence: LikenessEvidence?) {
        (self.hash, self.evidence) = (hash, evidence)
    }

    /// How it has to be turned to stand as another of its cluster does. Of two photos one was found beside the other, which
    /// tells; of more, the hashes do, where any of the two was found by turning it.
    public func turn(toward other: PictureStance, isPair: Bool) -> Orientation {
        let (own, others) = (evidence?.orientation ?? .upright, other.evidence?.orientation ?? .upright)
        if own == .upright, others == .upright { return .upright }
        if isPair {
            if other.evidence == nil { return own }
            if evidence == nil { return others.inverse }
        }
        return hash.orientations(toward: other.hash).first?.orientation ?? .upright
    }
}

extension ClusterMember {
    public var stance: PictureStance { PictureStance(hash: hash, evidence: evidence) }
}
