import Core

/// Gives a photo the faces it lacks of the duplicates that go to the trash for it.
struct FaceMerge {
    let rows: FaceRows
    let newID: () -> FaceID
    private(set) var before: [Face] = []
    private(set) var after: [Face] = []
    /// The rows that are the keeper's now.
    private(set) var taken: [FaceID] = []

    init(rows: FaceRows, newID: @escaping () -> FaceID) {
        (self.rows, self.newID) = (rows, newID)
    }

    /// `members` are all photos of the cluster.
    mutating func carryOut(
        _ leaving: [ResolutionContent.Member], into keeper: PhotoID, of members: [ResolutionContent.Member]
    ) throws {
        let found = try rows.faces(of: [keeper] + leaving.map(\.photo))
        before = found[0]
        after = before
        let stance = members.first { $0.photo == keeper }?.stance
        let others = zip(leaving, found.dropFirst()).flatMap { member, faces in
            let turn = stance.flatMap { member.stance?.turn(toward: $0, isPair: members.count == 2) } ?? .upright
            return faces.map { $0.turned(turn) }
        }
        let added = Face.added(to: before, from: others)
        taken = try rows.insert(added, of: keeper, isOwn: true, newID: newID)
        after += added
    }
}
