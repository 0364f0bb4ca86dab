internal import Core
internal import Foundation
internal import Synchronization
internal import SystemPackage

/// Counts an import's files as their outcomes become known.
final class ImportTally: Sendable {
    private struct State {
        var progress = ImportProgress()
        var report = ImportReport()
        var indexes: [FilePath: Int] = [:]
        /// Those of the resumed files that still have to go up, and others that wait for the store.
        var waiting: Set<FilePath> = []
        var counted: Int?
        var lastShown: ContinuousClock.Instant?
        var marks: [(at: ContinuousClock.Instant, processed: Int)] = []
    }

    private let state: Mutex<State>
    private let listsItems: Bool
    /// Files that waited for the store before.
    private let resumed: Set<FilePath>
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    init(listsItems: Bool, skipped: [SkippedPath], resumed: [FilePath] = []) {
        self.listsItems = listsItems
        self.resumed = Set(resumed)
        start = clock.now
        var first = State()
        first.report.skipped = skipped
        state = Mutex(first)
    }

    /// How many files a quick count has found so far; the walk that follows it decides.
    func counted(_ files: Int) {
        state.withLock { $0.counted = files }
    }

    func found(_ files: Int, skipped: [SkippedPath]) {
        state.withLock { state in
            state.report.found += files
            state.report.skipped += skipped
        }
    }

    func scanned() {
        state.withLock { $0.progress.isScanning = false }
    }

    /// A file that vanished between being found and being read.
    func vanished() {
        state.withLock { $0.report.found -= 1 }
    }

    func read(_ bytes: Int64) {
        state.withLock { $0.report.bytesRead += bytes }
    }

    func add(_ path: FilePath, _ outcome: ImportItem.Outcome, reason: String? = nil) {
        state.withLock { state in
            if outcome == .waiting {
                state.report.waitingReason = reason
                state.waiting.insert(path)
            }
            if outcome == .left {
                state.report.leftReason = reason
                if resumed.contains(path) { state.waiting.insert(path) }
            }
            state.report[outcome] += 1
            state.progress.current = path
            guard listsItems else { return }
            state.indexes[path] = state.report.items.count
            state.report.items.append(ImportItem(path: path, outcome: outcome, reason: reason))
        }
    }

    /// Turns a file that was counted as imported or known into a rejected one, as its picture could not be decoded.
    func reject(_ path: FilePath, reason: String) {
        state.withLock { state in
            guard let index = state.indexes[path] else { return }
            let old = state.report.items[index].outcome
            guard old == .imported || old == .known else { return }
            state.report[old] -= 1
            state.report.rejected += 1
            state.report.items[index] = ImportItem(path: path, outcome: .rejected, reason: reason)
        }
    }

    /// As `reject`, where no items are listed: of these many files, at most this many were imported.
    func reject(imported: Int, known: Int) {
        state.withLock { state in
            let first = min(imported, state.report.imported)
            let second = min(known, state.report.known)
            state.report.imported -= first
            state.report.known -= second
            state.report.rejected += first + second
        }
    }

    /// The original that is processed now: indexed files go first, as their end is known.
    func processing(_ path: FilePath) {
        state.withLock { if !$0.progress.isScanning { $0.progress.current = path } }
    }

    func unprocessed(_ count: Int, reason: String?) {
        state.withLock { ($0.report.unprocessed, $0.report.unprocessedReason) = (count, reason) }
    }

    /// A file that was taken in although a scanner gave no verdict of it.
    func unscanned(_ error: EngineError) {
        state.withLock { state in
            state.report.unscanned += 1
            state.report.unscannedReason = error.description
        }
    }

    func handedOver(_ count: Int, earlier: Int, problem: String?) {
        state.withLock { state in
            state.progress.handedOver = count
            (state.report.handedOver, state.report.brokerProblem) = (count, problem)
            state.report.handedOverEarlier = earlier
        }
    }

    var waiting: Set<FilePath> { state.withLock(\.waiting) }
    var rejected: Int { state.withLock { $0.report.rejected } }
    var listsFiles: Bool { listsItems }

    func processed(_ count: Int, of expected: Int) {
        state.withLock { state in
            state.progress.processed = count
            state.progress.toProcess = expected
        }
    }

    func report(isInterrupted: Bool) -> ImportReport {
        state.withLock { state in
            var report = state.report
            report.seconds = seconds(since: start)
            report.isInterrupted = isInterrupted
            report.items.sort { $0.path.isBytewiseBefore($1.path) }
            return report
        }
    }

    /// The progress to show, or nil when the last was shown less than a tenth of a second ago.
    func progressDue() -> ImportProgress? {
        let isDue = state.withLock { state in
            if let last = state.lastShown, clock.now - last < .milliseconds(100) { return false }
            state.lastShown = clock.now
            return true
        }
        return isDue ? progress(isFinal: false) : nil
    }

    func progress(isFinal: Bool) -> ImportProgress {
        state.withLock { state in
            var progress = state.progress
            let report = state.report
            progress.imported = report.imported
            progress.known = report.known
            progress.unsupported = report.unsupported
            progress.rejected = report.rejected
            progress.indexed =
                report.imported + report.known + report.unsupported + report.rejected + report.waiting + report.left
            progress.found = max(report.found, isFinal ? 0 : state.counted ?? 0)
            progress.bytesRead = report.bytesRead
            progress.elapsedSeconds = seconds(since: start)
            rate(&progress, &state, isFinal: isFinal)
            state.progress = progress
            return progress
        }
    }

    /// Measures the rate over the last ten seconds, and from it the time left.
    private func rate(_ progress: inout ImportProgress, _ state: inout State, isFinal: Bool) {
        let now = clock.now
        state.marks.append((now, progress.processed))
        while state.marks.count > 2, now - state.marks[0].at > .seconds(10) { state.marks.removeFirst() }
        guard let first = state.marks.first else { return }
        let passed = seconds(from: first.at, to: now)
        let isWholeRun = isFinal && progress.elapsedSeconds > 0
        progress.photosPerSecond =
            isWholeRun
            ? Double(progress.processed) / progress.elapsedSeconds
            : passed > 0.2 ? Double(progress.processed - first.processed) / passed : 0
        if isFinal {
            progress.etaSeconds = 0
        } else if progress.isScanning || progress.photosPerSecond <= 0 {
            progress.etaSeconds = nil
        } else {
            let unindexed = max(0, progress.found - progress.indexed)
            let unprocessed = max(0, progress.toProcess - progress.processed)
            progress.etaSeconds = Double(unindexed + unprocessed) / progress.photosPerSecond
        }
    }

    private func seconds(since moment: ContinuousClock.Instant) -> Double { seconds(from: moment, to: clock.now) }

    private func seconds(from first: ContinuousClock.Instant, to second: ContinuousClock.Instant) -> Double {
        let parts = (second - first).components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }
}

extension ImportReport {
    /// Whether each file found is in exactly one sum.
    public var isBalanced: Bool { found == imported + known + unsupported + rejected + waiting + left }

    fileprivate subscript(outcome: ImportItem.Outcome) -> Int {
        get {
            switch outcome {
            case .imported: imported
            case .known: known
            case .unsupported: unsupported
            case .rejected: rejected
            case .waiting: waiting
            case .left: left
            }
        }
        set {
            switch outcome {
            case .imported: imported = newValue
            case .known: known = newValue
            case .unsupported: unsupported = newValue
            case .rejected: rejected = newValue
            case .waiting: waiting = newValue
            case .left: left = newValue
            }
        }
    }
}
