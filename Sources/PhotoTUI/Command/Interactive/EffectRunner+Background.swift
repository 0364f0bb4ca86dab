import App
import Core
import Foundation
import Jobs
import PhotoEngine
import Synchronization
import SystemPackage
import Workflows

extension EffectRunner {
    /// What goes on beside the screen: the import of `paths`, the library's jobs, its folders, and a look each
    /// second at whether some process has changed the catalogue. Called after the first frame.
    func startBackground(paths: [FilePath]) {
        add { [self] in
            do {
                let library = try await opening.value
                add { [self] in await followChanges(library) }
                add { [self] in await process(library, paths: paths) }
            } catch {
                queue.post(.libraryFailed(EngineError(any: error)))
            }
        }
    }

    /// Draws thumbnails once the library is open: a console, which has nothing else go on beside it, may want some, too.
    func startThumbnails() {
        let isStarted = drawsThumbnails.withLock { drawsThumbnails in
            defer { drawsThumbnails = true }
            return drawsThumbnails
        }
        if isStarted { return }
        // Nobody waits for a library that nobody has asked for.
        door?.wake()
        add { [self] in
            guard let library = try? await opening.value else { return }
            workers.start(objects: library.objects, threads: 2)
        }
    }

    private func add(_ work: @escaping @Sendable () async -> Void) {
        background.withLock { background in
            background?.append(Task(priority: .utility) { await work() })
        }
    }

    private func followChanges(_ library: Library) async {
        var mark = try? await library.catalog.changeMark()
        var counts: [JobState: Int] = [:]
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(1))
                let now = try await library.catalog.changeMark()
                guard now != mark else { continue }
                mark = now
                queue.post(.catalogChanged)
                let counted = try await library.catalog.jobCounts()
                guard counted != counts else { continue }
                counts = counted
                let waiting = (counted[.queued] ?? 0) + (counted[.running] ?? 0) + (counted[.retrying] ?? 0)
                queue.post(.jobsCounted(waiting: waiting, dead: counted[.dead] ?? 0))
            } catch is CancellationError {
                return
            } catch {
                queue.post(.noticed(Notice(EngineError(any: error))))
            }
        }
    }

    /// Imports what was named, then works on whatever jobs there are or come.
    private func process(_ library: Library, paths: [FilePath]) async {
        let isWatching = Atomic(false)
        // Once the import has seen every file: before, both would read the same ones.
        let startWatching: @Sendable () -> Void = { [self] in
            guard library.configuration.watchesFolders, !isWatching.exchange(true, ordering: .relaxed) else { return }
            add { [self] in await watch(library) }
        }
        if !paths.isEmpty {
            do {
                try await library.checkBudget()
                let report = try await library.importer().run(ImportRequest(paths: paths, listsItems: false)) {
                    [queue] progress in
                    queue.post(.importProgressed(ImportStatus(progress)))
                    if !progress.isScanning { startWatching() }
                }
                queue.post(.importEnded(Notice(report)))
            } catch is CancellationError {
                return
            } catch {
                queue.post(.importEnded(Notice(EngineError(any: error))))
            }
        }
        startWatching()
        if let relay = library.relay { return await relay.run() }
        let runner = library.jobRunner
        let events = runner.events()
        add { [queue] in
            for await event in events {
                switch event {
                case .failed(_, let error, _) where error.code == .noSpace, .unrecorded(_, let error),
                    .refused(_, let error):
                    queue.post(.noticed(Notice(error)))
                default: break
                }
            }
        }
        while !Task.isCancelled {
            do {
                try await runner.run()
                return
            } catch is CancellationError {
                return
            } catch {
                queue.post(.noticed(Notice(EngineError(any: error))))
                try? await Task.sleep(for: .seconds(10))
            }
        }
    }

    /// Marks missing what has vanished from the folders that are taken for unmounted: a person says that it was deleted.
    func acceptLoss() {
        add { [self] in
            do {
                let watcher = try await opening.value.watcher()
                for folder in unmounted.withLock({ $0 }) {
                    let changes = try await watcher.acceptLoss(below: folder)
                    unmounted.withLock { _ = $0.remove(folder) }
                    queue.post(.warningEnded(subject: "\(folder)"))
                    queue.post(.noticed(Notice(.success, "\(changes.missing) files of \(folder) marked missing")))
                }
            } catch is CancellationError {
            } catch {
                queue.post(.noticed(Notice(EngineError(any: error))))
            }
        }
    }

    private func watch(_ library: Library) async {
        for await event in library.watcher().events() {
            switch event {
            case .changed(let changes):
                guard changes.left > 0 else { break }
                let reason = changes.leftReason ?? "there is no room"
                queue.post(.noticed(Notice(.warning, "\(changes.folder): \(changes.left) left out (\(reason))")))
            case .unmounted(let folder, let vanished):
                unmounted.withLock { _ = $0.insert(folder) }
                queue.post(
                    .warning(
                        subject: "\(folder)",
                        text: "disk unmounted? \(vanished) files are gone (press M if they were deleted): \(folder)"))
            case .returned(let folder):
                unmounted.withLock { _ = $0.remove(folder) }
                queue.post(.warningEnded(subject: "\(folder)"))
            case .limited(let folder, let whatToDo):
                queue.post(
                    .noticed(Notice(.warning, "\(folder) is looked at now and then only: \(whatToDo)")))
            case .failed(let folder, let error):
                queue.post(.noticed(Notice(.error, "\(folder): \(error)")))
            }
        }
    }
}

extension ImportStatus {
    init(_ progress: ImportProgress) {
        self.init(
            found: progress.found, indexed: progress.indexed, toProcess: progress.toProcess,
            processed: progress.processed, isScanning: progress.isScanning,
            photosPerSecond: progress.photosPerSecond, secondsLeft: progress.etaSeconds)
    }
}

extension Notice {
    init(_ report: ImportReport) {
        var parts = ["\(report.imported) new", "\(report.known) known"]
        if report.unsupported > 0 { parts.append("\(report.unsupported) not pictures") }
        if report.rejected > 0 { parts.append("\(report.rejected) unreadable") }
        if report.waiting > 0 { parts.append("\(report.waiting) wait for the storage") }
        if report.left > 0 { parts.append("\(report.left) left out (\(report.leftReason ?? "there is no room"))") }
        if report.unscanned > 0 { parts.append("\(report.unscanned) not scanned for malware") }
        if let usage = report.usage, usage.state == .warning || usage.state == .full {
            parts.append("of the quota are taken: \(usage.words)")
        }
        if let count = report.handedOver, count > 0 { parts.append("\(count) handed to workers") }
        if let problem = report.brokerProblem { parts.append("workers could not be told (\(problem))") }
        let isFlawed =
            report.brokerProblem != nil || report.waiting > 0 || report.left > 0 || !report.skipped.isEmpty
            || report.unprocessed > 0
        if report.unprocessed > 0 {
            parts.append("\(report.unprocessed) not processed (\(report.unprocessedReason ?? "see phototui jobs"))")
        }
        if let skipped = report.skipped.first {
            parts.append("\(report.skipped.count) skipped (\(skipped.path): \(skipped.reason))")
        }
        self.init(
            isFlawed ? .warning : .success, "\(report.found) files: " + parts.joined(separator: ", "))
    }
}
