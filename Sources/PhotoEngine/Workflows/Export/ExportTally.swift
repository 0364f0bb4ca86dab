internal import Core

/// Adds up an export as it goes.
struct ExportTally {
    private(set) var progress = ExportProgress()
    private var items: [ExportItem?]
    private var bytesWritten: Int64 = 0
    private let sizes: [Int64]
    private let found: Int
    private let began = ContinuousClock.now
    private(set) var fault: EngineError?

    init(_ sizes: [Int64], found: Int) {
        (self.sizes, self.found) = (sizes, found)
        items = Array(repeating: nil, count: sizes.count)
        progress.totalPhotos = sizes.count
        progress.totalBytes = sizes.reduce(0, +)
    }

    mutating func take(_ item: ExportItem, at index: Int, _ fault: EngineError?) {
        items[index] = item
        self.fault = self.fault ?? fault
        progress.photos += 1
        progress.bytes += sizes[index]
        if item.outcome == .exported { bytesWritten += sizes[index] }
        if item.outcome == .failed { progress.failed += 1 }
        let time = (ContinuousClock.now - began).components
        let seconds = Double(time.seconds) + Double(time.attoseconds) / 1e18
        // The first moment tells nothing.
        guard seconds > 0.5, progress.bytes > 0 else { return }
        progress.bytesPerSecond = Double(progress.bytes) / seconds
        progress.etaSeconds = Double(progress.totalBytes - progress.bytes) / progress.bytesPerSecond
    }

    var report: ExportReport {
        var report = ExportReport()
        report.found = found
        report.items = items.compactMap(\.self)
        (report.bytesWritten, report.fault) = (bytesWritten, fault)
        return report
    }
}
