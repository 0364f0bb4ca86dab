import ArgumentParser
import Core
import PhotoEngine
import Workflows

/// `phototui duplicates not-duplicate …`.
struct DuplicatesNotDuplicate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "not-duplicate",
        abstract: "Decide for good that photos don't show the same picture.",
        discussion: """
            Names two or more photos, or one cluster for all of its photos. They are kept out of one cluster by every later \
            scan, also by `scan --all`, until `duplicates undo` takes that back.

            Examples:
              phototui duplicates not-duplicate ~/Pictures/a.jpg ~/Pictures/b.jpg
              phototui duplicates not-duplicate 0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @OptionGroup var why: ReasonOption

    @Argument(help: "Photos' ids, beginnings of ids, SHA-256s or paths; or one cluster's id.", completion: .file())
    var names: [String]

    /// Of what may be no cluster's name, but the one photo's that somebody forgot the other of.
    private func photos(
        ofCluster name: String, _ review: DuplicateReview, _ library: Library
    ) async throws -> [PhotoID] {
        do {
            return try await review.proposal(for: review.cluster(named: name)).photos.map(\.id)
        } catch let error as EngineError where error.code == .notFound {
            guard let photo = try? await PhotoName.resolve(name, in: library) else { throw error }
            throw EngineError(
                .invalidInput, "\(name) is one photo (\(photo.id))", whatToDo: "name the other one, too, or a cluster")
        }
    }

    func validate() throws {
        try why.require(for: libraryOptions)
        if names.isEmpty { throw ValidationError("name two photos or more, or a cluster") }
    }

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let review = library.duplicateReview()
            var photos: [PhotoID] = []
            if names.count == 1 {
                photos = try await self.photos(ofCluster: names[0], review, library)
            } else {
                for name in names { photos.append(try await PhotoName.resolve(name, in: library).id) }
                try await DuplicatesCommand.requireOneCluster(of: names, photos, in: library)
            }
            let decision = try await review.decideDistinct(
                photos, actor: DuplicatesCommand.actor, reason: why.reason)
            let count = decision.newPairs
            if output.json {
                let document: JSON = .object([
                    "photos": .array(photos.map { .string($0.description) }), "new_pairs": .count(count),
                    "resolution": .text(decision.resolution?.id.description),
                ])
                try Console.line(document.encoded())
            } else if let resolution = decision.resolution {
                try Console.line("\(counted(count, "pair")) decided: not duplicates, for good; undo \(resolution.id)")
            } else {
                try Console.line("decided before")
            }
        }
    }
}
