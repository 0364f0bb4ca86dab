public import Core
internal import Duplicates
public import SystemPackage

/// A cluster with its photos, and what to do with it.
public struct ClusterProposal: Sendable {
    /// How sure it is that a cluster's photos show the same.
    public enum Tier: String, Sendable, CaseIterable {
        /// Every hash within four bits of one in the cluster, and the pictures compared.
        case same
        case similar
    }

    /// Photos that belong together without being duplicates.
    public struct Stack: Hashable, Sendable {
        public let photos: [PhotoID]
        public let kind: StackReason

        /// For a person: `a burst`.
        public var reason: String { kind.words }
    }

    public let cluster: DuplicateCluster
    public let members: [ClusterMember]
    /// In the order of `members`, with few of their tags.
    public let photos: [Photo]
    /// Where files with a photo's bytes are.
    public let paths: [PhotoID: [FilePath]]
    /// The albums and tags that photos are in.
    public let collections: [PhotoID: PhotoCollections]
    /// Of photos that have any.
    public let faces: [PhotoID: [Face]]
    public let keeper: PhotoID
    /// Those in a folder that is always kept.
    public let alwaysKept: Set<PhotoID>
    /// For a person, safe to show: what is kept, and why.
    public let choice: String
    public let stacks: [Stack]
    /// What speaks against it, for a person, safe to show; nil where nothing does: the hashes are nearly the same, none is part
    /// of a stack, and nothing weighty speaks for another keeper.
    public internal(set) var doubt: String?
    /// Whether something weighty speaks for another photo than the keeper, or one of those that would go stands another way: no answer
    /// that they show the same settles which to keep.
    public internal(set) var isOpposed = false
    /// What somebody answered of two of its photos, that they are not the same; nil where nobody did.
    public internal(set) var denial: CalibrationAnswer?
    private let keptMember: ClusterMember?

    init(
        cluster: DuplicateCluster, members: [ClusterMember], photos: [Photo], paths: [PhotoID: [FilePath]],
        collections: [PhotoID: PhotoCollections], faces: [PhotoID: [Face]], keeper: PhotoID,
        alwaysKept: Set<PhotoID>, choice: String, stacks: [Stack]
    ) {
        self.cluster = cluster
        self.members = members
        self.photos = photos
        self.paths = paths
        self.collections = collections
        self.faces = faces
        self.keeper = keeper
        self.alwaysKept = alwaysKept
        self.choice = choice
        self.stacks = stacks
        keptMember = members.first { $0.photo == keeper }
    }

    /// Whether its pictures were looked at, too, where nothing else spoke against it.
    public internal(set) var isExamined = false

    /// nil where nothing that is written of the photos speaks against it, and nobody looked at the pictures.
    public var isCertain: Bool? { doubt != nil ? false : isExamined ? true : nil }

    /// `choice` as a sentence of its own.
    public var sentence: String {
        let stacked = Set(stacks.flatMap(\.photos))
        guard photos.allSatisfy({ stacked.contains($0.id) }) else { return "kept: \(choice)" }
        return "they belong together: " + Set(stacks.map(\.reason)).sorted().joined(separator: ", ")
    }

    /// What is kept beside the keeper, or beside `another` in its place.
    public func alsoKept(beside another: PhotoID? = nil) -> Set<PhotoID> {
        alwaysKept.subtracting([another ?? keeper])
    }

    /// The keeper and what is kept beside it.
    public var kept: Set<PhotoID> { alwaysKept.union([keeper]) }

    public var tier: Tier {
        members.allSatisfy { ($0.evidence?.distance ?? 0) <= ClusterFilter.sameDistance } ? .same : .similar
    }

    /// Bits in which a photo's hash differs from the keeper's, once both are turned alike.
    public func distance(of member: ClusterMember) -> Int? {
        keptMember.map { member.distance(to: $0) }
    }

    /// How a photo has to be turned to stand as the keeper does.
    public func turn(of member: ClusterMember) -> Orientation {
        guard let keptMember, keptMember.photo != member.photo else { return .upright }
        return member.stance.turn(toward: keptMember.stance, isPair: members.count == 2)
    }

    /// What goes to the trash when these are kept.
    public func trashed(keeping kept: Set<PhotoID>) -> [PhotoID] { photos.map(\.id).filter { !kept.contains($0) } }

    /// What is won when these are kept: the bytes of those that go to the trash.
    public func bytesToWin(keeping kept: Set<PhotoID>) -> ByteCount {
        ByteCount(photos.reduce(0) { $0 + (kept.contains($1.id) ? 0 : $1.byteCount.bytes) })
    }

    /// What belongs together is not to be thrown away.
    public var bytesToWin: ByteCount { bytesToWin(keeping: kept.union(stacks.flatMap(\.photos))) }

    /// Whether what would go holds more than what was compared: further frames or pages, a film, transparency, more bits.
    var losesUnseen: Bool {
        guard let keeper = photos.first(where: { $0.id == self.keeper }).map(PictureExtent.init) else { return true }
        return photos.contains { !kept.contains($0.id) && PictureExtent(of: $0).loss(keeping: keeper) != nil }
    }

    /// To keep these, of the photos as they are here.
    public func request(
        keeper: PhotoID, alsoKept: Set<PhotoID>, actor: String, reason: String
    ) -> ResolutionRequest {
        ResolutionRequest(
            cluster: cluster.id, keeper: keeper, alsoKept: alsoKept, members: Set(members.map(\.photo)), actor: actor,
            reason: reason)
    }

    /// The keeper's marks, and what they become when `trashed` go.
    public func marks(of keeper: PhotoID, trashing trashed: [PhotoID]) -> (before: PhotoMarks, after: PhotoMarks)? {
        guard let place = photos.firstIndex(where: { $0.id == keeper }) else { return nil }
        let before = marks(of: photos[place], turned: .upright)
        let gone = Set(trashed)
        let others = zip(photos, members).filter { gone.contains($0.0.id) }.map { photo, member in
            marks(
                of: photo, turned: member.stance.turn(toward: members[place].stance, isPair: members.count == 2))
        }
        return (before, before.merging(others))
    }

    private func marks(of photo: Photo, turned turn: Orientation) -> PhotoMarks {
        PhotoMarks(
            of: photo, in: collections[photo.id] ?? PhotoCollections(),
            faces: (faces[photo.id] ?? []).map { $0.turned(turn) })
    }
}
