import ArgumentParser
import Core
import Imaging
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui duplicates scan --no-renditions PATH…`.
struct FolderDuplicatesRun {
    private let paths: [FilePath]
    private let distance: Int
    private let isJSON: Bool

    init(_ paths: [String], _ distance: Int, isJSON: Bool) {
        self.paths = paths.map { RawArguments.currentFolder.pushing(RawArguments.path($0)) }
        self.distance = distance
        self.isJSON = isJSON
    }

    func run() async throws {
        let workers = LibraryOptions.configuration(opensNone: true).workers
        let pool = DecoderPool(count: workers)
        defer { pool.close() }
        let line = ProgressLine()
        let report: FolderDuplicates.Report
        do {
            report = try await Interrupt.cancelling {
                line.clear()
            } work: { [paths, distance] in
                try await FolderDuplicates(processor: pool, workers: workers).run(paths, distance: distance) {
                    line.show($0)
                }
            }
        } catch is CancellationError {
            throw ExitCode.interrupted
        }
        if isJSON { try write(report) } else { try print(report) }
        // A folder holds other files than pictures; a path that was named and can't be read is another thing.
        let complaints = report.files == 0 ? report.unreadable : report.missing
        for item in complaints { Console.complain("\(item.path.rawText): \(item.reason)") }
        if !complaints.isEmpty { throw report.files == 0 ? ExitCode.failure : ExitCode.inPart }
    }

    private func write(_ report: FolderDuplicates.Report) throws {
        let clusters: [JSON] = report.clusters.map { cluster in
            let photos: [JSON] = cluster.map { file in
                .object(
                    JSON.path(file.path) + [
                        ("sha256", .string(file.sha256.description)), ("phash", .string(file.hash.description)),
                    ])
            }
            return .object([("photos", .array(photos))])
        }
        let document: JSON = .object([
            "files": .count(report.files),
            "clusters": .array(clusters),
            "unreadable": .array(
                report.unreadable.map { .object(JSON.path($0.path) + [("reason", .rawText($0.reason))]) }),
            "seconds": .number(report.seconds),
        ])
        try Console.line(document.encoded())
    }

    /// A line for each file, and an empty one between two clusters.
    private func print(_ report: FolderDuplicates.Report) throws {
        let clusters = report.clusters.map { cluster in
            cluster.map { ImportSummary.shown($0.path) + "\n" }.joined()
        }
        try Console.write(clusters.joined(separator: "\n"))
        let seconds = PhotoFormat.short((report.seconds * 10).rounded() / 10)
        let unread = report.unreadable.isEmpty ? "" : "; \(report.unreadable.count) no pictures or not readable"
        Console.note(
            "\(counted(report.files, "file")) in \(seconds) s\(unread); \(counted(report.clusters.count, "cluster"))\n")
    }
}
