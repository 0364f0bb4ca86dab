public import Core
public import Duplicates
internal import SystemPackage

/// Puts photos of the library that a camera made as one into stacks, whether they look alike or not: by what it wrote of them,
/// and when. One transaction each, so that whoever stops goes on with those that are left.
public struct LibraryStacking: Sendable {
    public typealias StackedCatalog = TimelineCatalog & PhotoCatalog & ResolutionCatalog & StoryCatalog
        & DuplicateCatalog

    private let catalog: any StackedCatalog
    private let names: [NamePattern]
    private let actor: String
    private let pictures: any PictureSource
    /// Photos of one moment that are looked at together, at most: more is no camera's work.
    private static let mostOfOne = 2000

    /// `names` are those of the keeper rules.
    public init(catalog: any StackedCatalog, names: [NamePattern], actor: String, pictures: any PictureSource) {
        (self.catalog, self.names, self.actor, self.pictures) = (catalog, names, actor, pictures)
    }

    /// How many stacks were made of each sort; of a stack that somebody took apart, none again. Cancelling ends it between two.
    public func run(isDry: Bool) async throws -> [StackReason: Int] {
        var made: [StackReason: Int] = [:]
        var together: [Photo] = []
        var after: TimelinePosition?
        while true {
            try Task.checkCancellation()
            let page = try await catalog.photos(TimelineQuery(after: after, limit: 500))
            for photo in page {
                if let last = together.last,
                    last.captureTime.wallMicroseconds - photo.captureTime.wallMicroseconds
                        > StackRecognition.longestSpan || together.count >= Self.mostOfOne
                {
                    try await stack(together, isDry, &made)
                    together = []
                }
                together.append(photo)
            }
            guard page.count == 500, let last = page.last else { break }
            after = TimelinePosition(wallMicroseconds: last.captureTime.wallMicroseconds, id: last.id)
        }
        try await stack(together, isDry, &made)
        return made
    }

    private func stack(_ photos: [Photo], _ isDry: Bool, _ made: inout [StackReason: Int]) async throws {
        let ready = photos.filter { $0.status == .ready }
        guard ready.count > 1 else { return }
        for stack in StackRecognition(names: names).stacks(among: ready)
        where stack.photos.count <= DuplicateReview.mostStacked {
            try Task.checkCancellation()
            guard try await isOpen(stack.photos) else { continue }
            if !isDry {
                let request = StackRequest(
                    photos: stack.photos, kind: stack.reason, actor: actor, reason: "recognised by an import")
                do {
                    let copies = StackedCopies(catalog: catalog, pictures: pictures)
                    _ = try await catalog.stack(copies.told(in: request))
                } catch let error as EngineError where error.code == .conflict || error.code == .notFound {
                    // Somebody decided on its photos meanwhile.
                    continue
                }
            }
            made[stack.reason, default: 0] += 1
        }
    }

    /// Whether nobody has put one of them into a stack, or taken it out of one.
    private func isOpen(_ photos: [PhotoID]) async throws -> Bool {
        for photo in photos {
            if try await catalog.stack(of: photo) != nil { return false }
            let decided = try await catalog.traces(of: photo).resolutions
            let isTakenApart = decided.contains { decision in
                if case .stack = decision.verdict { decision.undone != nil } else { decision.verdict == .distinct }
            }
            if isTakenApart { return false }
        }
        return true
    }
}
