public import Core

/// Makes tags of the keywords that photos' files and sidecars tell of, on request: by themselves they stay apart from tags.
public struct KeywordAdoption: Sendable {
    public typealias AdoptionCatalog = SearchCatalog & CollectionCatalog & EditCatalog

    public struct Report: Hashable, Sendable {
        /// What takes all of it back; nil where nothing was to be done.
        public var edit: Edit?
        /// How many photos have, or would have, each of these tags more.
        public var tags: [String: Int] = [:]
        /// Keywords that no tag can be called, untrusted, in order.
        public var refused: [String] = []
    }

    private let catalog: any AdoptionCatalog
    private static let page = 500

    public init(catalog: any AdoptionCatalog) { self.catalog = catalog }

    /// A tag that was taken away from a photo is not given again, and one that was renamed is given by its new name.
    public func run(_ photos: [PhotoID], isDry: Bool, actor: String, reason: String) async throws -> Report {
        let removals = try await catalog.removals()
        var report = Report()
        var wanted: [String: (name: CollectionName, photos: [PhotoID])] = [:]
        var refused: Set<String> = []
        for first in stride(from: 0, to: photos.count, by: Self.page) {
            try Task.checkCancellation()
            let page = try await catalog.photos(Array(photos[first..<min(first + Self.page, photos.count)]))
            let collections = try await catalog.collections(of: page.map(\.id))
            for (photo, there) in zip(page, collections) {
                var known = Set(there.tags.map(CollectionName.key))
                for keyword in photo.metadata.keywords {
                    let key = CollectionName.key(of: keyword)
                    guard let name = try? CollectionName.tag(removals.renamed[key] ?? keyword) else {
                        refused.insert(keyword)
                        continue
                    }
                    let isGone = [key, name.key].contains { removals.untagged[$0]?.contains(photo.id) == true }
                    guard !isGone, known.insert(name.key).inserted else { continue }
                    wanted[name.key, default: (name, [])].photos.append(photo.id)
                }
            }
        }
        report.refused = refused.sorted()
        for (name, photos) in wanted.sorted(by: { $0.key < $1.key }).map(\.value) {
            report.tags[name.text] = photos.count
            if isDry { continue }
            for first in stride(from: 0, to: photos.count, by: EditRequest.mostPhotos) {
                try Task.checkCancellation()
                let part = Array(photos[first..<min(first + EditRequest.mostPhotos, photos.count)])
                let request = EditRequest(
                    .addTags([name]), photos: part, actor: actor, reason: reason, continuing: report.edit?.id)
                report.edit = try await catalog.edit(request) ?? report.edit
            }
        }
        return report
    }
}
