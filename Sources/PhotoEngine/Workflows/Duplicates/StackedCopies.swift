internal import Core
internal import Duplicates

/// Which photo of a stack the other photos of its clusters are copies of, by their small pictures: frames of a burst are as near to
/// each other in their hashes as to each other's copies.
struct StackedCopies {
    private let catalog: any DuplicateCatalog
    private let pictures: any PictureSource
    /// Photos of a stack, and others of one cluster, that are looked at: the work is one times the other.
    private static let most = 32

    init(catalog: any DuplicateCatalog, pictures: any PictureSource) {
        (self.catalog, self.pictures) = (catalog, pictures)
    }

    /// The request with what is found; as it is where the pictures are away, as hashes tell then.
    func told(in request: StackRequest) async throws -> StackRequest {
        guard request.photos.count <= Self.most else { return request }
        var request = request
        do {
            request.copies = try await copies(of: request.photos)
        } catch let error as EngineError where error.isRetryable {}
        return request
    }

    private func copies(of photos: [PhotoID]) async throws -> [PhotoID: PhotoID] {
        let inStack = Set(photos)
        var copies: [PhotoID: PhotoID] = [:]
        var clusters: Set<ClusterID> = []
        for photo in photos {
            guard let cluster = try await catalog.cluster(of: photo), clusters.insert(cluster).inserted else {
                continue
            }
            let found = try await catalog.members(of: cluster, after: nil, limit: 2 * Self.most)
            let (stacked, others) = (
                found.filter { inStack.contains($0.photo) }, found.filter { !inStack.contains($0.photo) }
            )
            guard stacked.count > 1, !others.isEmpty else { continue }
            var frames: [(member: ClusterMember, picture: ComparablePicture)] = []
            for member in stacked {
                if let picture = try await picture(member) { frames.append((member, picture)) }
            }
            for other in others {
                guard let picture = try await picture(other) else { continue }
                let alike = frames.map { frame in
                    PictureDifference.orientations(of: other, toward: frame.member).map {
                        PictureComparison(frame.picture, picture, orientation: $0).similarity
                    }.max() ?? 0
                }
                guard let most = alike.max(), most >= PictureComparison.sameFrom,
                    let index = alike.firstIndex(of: most)
                else { continue }
                copies[other.photo] = frames[index].member.photo
            }
        }
        return copies
    }

    private func picture(_ member: ClusterMember) async throws -> ComparablePicture? {
        try await pictures.picture(of: member.sha256).map(ComparablePicture.init)
    }
}
