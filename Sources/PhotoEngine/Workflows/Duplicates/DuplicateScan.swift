public import Core
internal import Duplicates

/// Compares the photos that wait with all that were compared, and puts them into clusters.
///
/// Every photo is done with in one transaction, and what waits is in the catalogue: a scan that is stopped goes on where it was,
/// and one that runs again does nothing. Any number of scans may run at once: what one of them compared while another changed
/// clusters is compared again.
public struct DuplicateScan: Sendable {
    private let catalog: any DuplicateCatalog
    private let pictures: any PictureSource
    private static let page = 256

    public init(catalog: any DuplicateCatalog, pictures: any PictureSource) {
        self.catalog = catalog
        self.pictures = pictures
    }

    /// Compares until nothing waits. Cancelling ends it between two photos.
    public func run(
        _ options: DuplicateScanOptions, progress: @escaping @Sendable (DuplicateScanProgress) -> Void
    ) async throws -> DuplicateScanReport {
        var mark = try await catalog.comparisonMark()
        // Photos of an older phototui wait for the first scan; from then on each waits from its processing.
        if mark == 0 || options.comparesAll {
            _ = try await catalog.prepareComparison(all: options.comparesAll)
            mark = try await catalog.comparisonMark()
        }
        // One more photo among a million is compared in milliseconds: what a page tells is not asked for again.
        var page = try await catalog.uncompared(after: nil, limit: Self.page)
        let tally = ScanTally(
            waiting: page.count < Self.page ? page.count : try await catalog.uncomparedCount(), report: progress)
        let evidence = ScanEvidence(catalog: catalog, pictures: pictures, options: options)
        var left = Set<PhotoID>()
        var compared = -1
        // Photos end their processing in any order, behind the pages that were read as well.
        while tally.report.compared > compared {
            compared = tally.report.compared
            var after: PhotoID?
            while !page.isEmpty {
                try Task.checkCancellation()
                let waiting = page.filter { !left.contains($0.photo) }
                if let done = try await compare(waiting, evidence, tally, since: mark) {
                    left.formUnion(done.left)
                    mark = done.mark
                    after = page.last?.photo
                    if page.count < Self.page { break }
                } else {
                    // Another scan was faster; it may be so again.
                    try await Task.sleep(for: .milliseconds(Int.random(in: 5...50)))
                    mark = try await catalog.comparisonMark()
                }
                page = try await catalog.uncompared(after: after, limit: Self.page)
            }
            tally.setWaiting(try await catalog.uncomparedCount() - left.count)
            if tally.waiting == 0 { break }
            page = try await catalog.uncompared(after: nil, limit: Self.page)
        }
        var report = tally.report
        report.withoutPicture = evidence.withoutPicture
        report.comparisons = evidence.comparisons
        if options.sumsClusters { (report.clusters, report.bytesToWin) = try await catalog.clusterSums() }
        report.seconds = tally.seconds
        return report
    }

    /// Compares the photos of a page, those of stacks first, so that a copy finds the one it is a copy of; returns those whose small picture is needed and isn't there, and the mark then, or nil
    /// when somebody else changed clusters since `mark`, so that the rest of the page has to be compared again.
    private func compare(
        _ page: [UncomparedPhoto], _ evidence: ScanEvidence, _ tally: ScanTally, since mark: Int64
    ) async throws -> (left: Set<PhotoID>, mark: Int64)? {
        let page = page.filter(\.isStacked) + page.filter { !$0.isStacked }
        var mark = mark
        var left = Set<PhotoID>()
        // Like no other so far, and not recorded yet: a transaction for each would be most of the work.
        var alone: [ComparedPhoto] = []
        let pictured = evidence.pictured(page)
        for (index, photo) in page.enumerated() {
            try Task.checkCancellation()
            evidence.prepare(page[index...].lazy.filter { pictured.contains($0.photo) })
            guard let hashes = try await evidence.hashes(of: photo) else {
                left.insert(photo.photo)
                continue
            }
            if !alone.isEmpty, evidence.isNear(hashes, alone) {
                guard let new = try await catalog.record(alone, since: mark) else { return nil }
                tally.add(alone)
                (mark, alone) = (new, [])
            }
            guard try await evidence.arrive(photo, hashes) else {
                alone.append(ComparedPhoto(photo: photo, hash: hashes[0].hash))
                continue
            }
            guard try await evidence.isReadable(photo.photo) else {
                left.insert(photo.photo)
                continue
            }
            let changes = try await ClusterPlan().arrival(of: photo.photo, evidence: evidence)
            // Recorded as like no other, it would never be compared with what can't be looked at now.
            if changes.isEmpty, evidence.lacksOther {
                left.insert(photo.photo)
                continue
            }
            let compared = ComparedPhoto(
                photo: photo, hash: hashes[0].hash, changes: changes, evidence: evidence.proof(of: changes))
            guard let new = try await catalog.record([compared], since: mark) else { return nil }
            tally.add([compared])
            mark = new
        }
        if !alone.isEmpty {
            guard let new = try await catalog.record(alone, since: mark) else { return nil }
            tally.add(alone)
            mark = new
        }
        return (left, mark)
    }
}

/// Counts what a scan has done, and tells it a few times a second.
private final class ScanTally {
    private(set) var report = DuplicateScanReport()
    private(set) var waiting: Int
    private let start = ContinuousClock.now
    private var toldAt: ContinuousClock.Instant?
    private let tell: (DuplicateScanProgress) -> Void

    init(waiting: Int, report: @escaping (DuplicateScanProgress) -> Void) {
        self.waiting = waiting
        tell = report
    }

    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    func setWaiting(_ count: Int) { waiting = count }

    func add(_ photos: [ComparedPhoto]) {
        report.compared += photos.count
        report.clustered += photos.count { !$0.changes.isEmpty }
        waiting = max(0, waiting - photos.count)
        let now = ContinuousClock.now
        if let toldAt, now - toldAt < .milliseconds(200), waiting > 0 { return }
        toldAt = now
        var progress = DuplicateScanProgress()
        progress.total = report.compared + waiting
        progress.compared = report.compared
        progress.clustered = report.clustered
        if seconds > 0.5 {
            progress.photosPerSecond = Double(report.compared) / seconds
            progress.etaSeconds = Double(waiting) / progress.photosPerSecond
        }
        tell(progress)
    }
}
