import App
import Core
import PhotoEngine
import Workflows

extension EffectRunner {
    func performForSidecars(_ effect: Effect) {
        switch effect {
        case .planSidecars(let request, let photos):
            run(request) { library in
                let writing = library.sidecarWriting()
                var plan = SidecarPlan(photos: photos)
                for id in photos {
                    try Task.checkCancellation()
                    do {
                        guard let photo = try await library.catalog.photo(id) else { continue }
                        let (path, isThere) = try await writing.target(of: photo)
                        let name = ImportSummary.shown(path)
                        if isThere {
                            if plan.there == 0 { plan.firstThere = name }
                            plan.there += 1
                        } else {
                            if plan.new == 0 { plan.firstNew = name }
                            plan.new += 1
                        }
                    } catch let error as EngineError where !error.isRetryable {
                        if plan.failed == 0 { plan.reason = displayEscaped(error.whatHappened) }
                        plan.failed += 1
                    }
                }
                return .sidecarsPlanned(request, plan)
            }
        case .writeSidecars(let request, let photos):
            change(request) { [queue] library in
                let writing = library.sidecarWriting()
                var (written, unchanged, failed, reason) = (0, 0, 0, "")
                for (index, id) in photos.enumerated() {
                    if index.isMultiple(of: 100), index > 0 {
                        queue.post(.sidecarsProgressed(request, done: index, total: photos.count))
                    }
                    do {
                        guard let photo = try await library.catalog.photo(id) else { continue }
                        let outcome = try await writing.write(photo, to: nil).outcome
                        if outcome == .written { written += 1 } else { unchanged += 1 }
                    } catch let error as EngineError {
                        if failed == 0 { reason = displayEscaped(error.whatHappened) }
                        failed += 1
                    }
                }
                let same = unchanged == 0 ? "" : ", \(unchanged) said it all already"
                let text = "\(counted(written, "sidecar")) written\(same)"
                return .sidecarsWritten(
                    request,
                    failed == 0
                        ? Notice(.success, text)
                        : Notice(.warning, "\(text); of \(counted(failed, "photo")) none: \(reason)"))
            }
        default: break
        }
    }
}
