import ArgumentParser
import Core
import Foundation
import PhotoEngine
import Workflows

/// `phototui duplicates …`.
struct DuplicatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "duplicates",
        abstract: "Find photos that show the same picture, and decide which to keep.",
        discussion: """
            `scan` compares what is new, `list` and `show` tell what was found and what to keep of it, `resolve` keeps one photo \
            of a cluster and moves the others to the trash, `stack` keeps the shots of a burst and the like together, \
            `not-duplicate` keeps photos apart, `undo` takes any of that back, until \
            somebody empties the trash. Files that are indexed in place are never touched: a photo in the trash is out of the \
            timeline, and its file stays.

            Examples:
              phototui duplicates scan
              phototui duplicates                        the clusters, most bytes to win first
              phototui duplicates resolve --certain --dry-run
              phototui duplicates calibrate              how far what was found can be trusted
              phototui duplicates undo 0190a7c2
            """,
        subcommands: [
            DuplicatesScan.self, DuplicatesList.self, DuplicatesShow.self, DuplicatesResolve.self,
            DuplicatesNotDuplicate.self, DuplicatesStack.self, DuplicatesStacks.self, DuplicatesResolutions.self,
            DuplicatesUndo.self, DuplicatesCalibrate.self,
            DuplicatesExport.self,
        ],
        defaultSubcommand: DuplicatesList.self)

    /// Who decides, for the journal: the name that this machine knows the person by.
    static var actor: String { NSUserName() }

    /// A cluster has the id of its first photo: who names two means all of their photos. Throws `.invalidInput` then.
    static func requireOneCluster(of names: [String], _ photos: [PhotoID], in library: Library) async throws {
        if let twice = Dictionary(grouping: photos, by: \.self).first(where: { $0.value.count > 1 })?.key {
            throw EngineError(.invalidInput, "\(twice) is named twice", whatToDo: "name each photo once")
        }
        for (name, photo) in zip(names, photos) where !name.isEmpty && photo.description.hasPrefix(name.lowercased()) {
            guard let cluster = try await library.catalog.cluster(ClusterID(first: photo)) else { continue }
            for other in photos where try await library.catalog.cluster(of: other) != cluster.id {
                throw EngineError(
                    .invalidInput, "\(cluster.id) is a cluster, and \(other) is no photo of it",
                    whatToDo: "name the cluster alone, or photos by their SHA-256s"
                        + (library.uploader == nil ? " or paths" : ""))
            }
        }
    }
}
