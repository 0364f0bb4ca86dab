public import Core
internal import Digest
internal import Duplicates
public import SystemPackage

/// Finds duplicates among the files of folders by their hashes alone: no library, no renditions, nothing is written.
///
/// What is merely near in hash counts as the same here, so the distance asked for should be small; chains of near hashes are cut
/// as in a library (`ClusterPlan`).
public struct FolderDuplicates: Sendable {
    /// A picture file, and what was found of it.
    public struct File: Hashable, Sendable {
        public let path: FilePath
        public let sha256: SHA256Digest
        /// Of the stored picture, not turned.
        public let hash: PerceptualHash
    }

    public struct Report: Sendable {
        public var files = 0
        /// Two or more files each, in the order of their paths.
        public var clusters: [[File]] = []
        /// Files that are no pictures this program reads, or can't be read, and what was named and isn't there.
        public var unreadable: [SkippedPath] = []
        /// Those of the unreadable that were named.
        public var missing: [SkippedPath] = []
        public var seconds = 0.0
    }

    private let processor: any ImageProcessor
    private let workers: Int
    private let reading = BlockingQueue(label: "phototui.files")
    /// Files listed ahead of the decoders.
    private static let page = 512

    public init(processor: any ImageProcessor, workers: Int) {
        self.processor = processor
        self.workers = workers
    }

    /// Cancelling ends it between two files. `progress` is told of a total that grows while folders are read.
    public func run(
        _ paths: [FilePath], distance: Int, progress: @escaping @Sendable (DuplicateScanProgress) -> Void
    ) async throws -> Report {
        let start = ContinuousClock.now
        var report = Report()
        let files = try await hash(paths, &report, progress)
        for cluster in try await clusters(of: files, within: distance) {
            report.clusters.append(cluster.map { files[$0] }.sorted { $0.path.isBytewiseBefore($1.path) })
        }
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        return report
    }

    private func hash(
        _ paths: [FilePath], _ report: inout Report, _ progress: @Sendable (DuplicateScanProgress) -> Void
    ) async throws -> [File] {
        let queue = BlockingQueue(label: "phototui.folders", isSerial: true)
        let roots = ScanRoots(paths)
        (report.unreadable, report.missing) = (roots.skipped, roots.skipped)
        let scan = FolderScan(roots: roots.paths, libraryFolder: nil)
        var (files, waiting): ([File], [FolderScan.Entry]) = ([], [])
        // Of the same size may be the same bytes, which are not decoded again.
        var hashed: [Int64: [SHA256Digest: PerceptualHash]] = [:]
        var isListed = false
        let start = ContinuousClock.now
        var toldAt = start
        try await withThrowingTaskGroup(of: (Int64, Result<File, SkippedPath.Fault>).self) { group in
            var running = 0
            while true {
                try Task.checkCancellation()
                if waiting.count < workers * 2, !isListed {
                    if let batch = try await queue.run({ scan.next(limit: Self.page) }) {
                        waiting = batch.files.reversed() + waiting
                        report.unreadable += batch.skipped
                    } else {
                        isListed = true
                    }
                    continue
                }
                while running < workers * 2, let file = waiting.popLast() {
                    let size = file.fingerprint.byteCount
                    let known = hashed[size] ?? [:]
                    group.addTask { (size, await read(file.path, known)) }
                    running += 1
                }
                guard running > 0, let (size, result) = try await group.next() else { break }
                running -= 1
                report.files += 1
                switch result {
                case .success(let file):
                    files.append(file)
                    hashed[size, default: [:]][file.sha256] = file.hash
                case .failure(let fault): report.unreadable.append(fault.path)
                }
                let now = ContinuousClock.now
                if now - toldAt >= .milliseconds(200) {
                    toldAt = now
                    progress(
                        Self.progress(report.files, waiting.count + running, (now - start) / .seconds(1), isListed))
                }
            }
        }
        return files.sorted { $0.path.isBytewiseBefore($1.path) }
    }

    private static func progress(
        _ done: Int, _ left: Int, _ seconds: Double, _ isListed: Bool
    ) -> DuplicateScanProgress {
        var progress = DuplicateScanProgress()
        (progress.compared, progress.total) = (done, done + left)
        if seconds > 0.5 {
            progress.photosPerSecond = Double(done) / seconds
            if isListed { progress.etaSeconds = Double(left) / progress.photosPerSecond }
        }
        return progress
    }

    private func read(
        _ path: FilePath, _ known: [SHA256Digest: PerceptualHash]
    ) async -> Result<File, SkippedPath.Fault> {
        do {
            if !known.isEmpty, let digest = try? await reading.run({ try SHA256Hasher.digest(path: path).sha256 }),
                let hash = known[digest]
            {
                return .success(File(path: path, sha256: digest, hash: hash))
            }
            let (sha256, hash) = try await processor.hash(path, detail: .coarse)
            return .success(File(path: path, sha256: sha256, hash: hash))
        } catch {
            let reason = (error as? EngineError)?.description ?? "\(error)"
            return .failure(SkippedPath.Fault(path: SkippedPath(path: path, kind: .unreadable, reason: reason)))
        }
    }

    private func clusters(of files: [File], within distance: Int) async throws -> [[Int]] {
        let evidence = HashEvidence(files, distance: distance)
        let plan = ClusterPlan()
        for index in files.indices {
            try Task.checkCancellation()
            for change in try await plan.arrival(of: HashEvidence.photo(index), evidence: evidence) {
                evidence.map.apply(change)
            }
            evidence.arrived = index + 1
        }
        return evidence.map.clusters.map { $0.members.map(HashEvidence.index(of:)) }
    }
}

extension SkippedPath {
    fileprivate struct Fault: Error {
        let path: SkippedPath
    }
}
