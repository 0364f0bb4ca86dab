import Core
import Grid
import Widgets

extension AppState {
    mutating func openDecision() -> [Effect] {
        if let decision = duplicates.comparison?.decision() { layers.append(.decision(decision)) }
        return []
    }

    mutating func openDistinction(title: String) -> [Effect] {
        if let decision = duplicates.comparison?.distinction(title: title) { layers.append(.decision(decision)) }
        return []
    }

    mutating func openStacking() -> [Effect] {
        if let decision = duplicates.comparison?.stacking() { layers.append(.decision(decision)) }
        return []
    }

    /// Takes the dialog away: what it tells is no longer so.
    mutating func closeDecision() {
        layers.removeAll { if case .decision = $0 { true } else { false } }
    }

    /// The bytes that the journal takes of a reason.
    private static let mostReason = 1000

    mutating func handleDecision(_ press: KeyPress, _ decision: DecisionState) -> [Effect] {
        var decision = decision
        switch press.key {
        case .escape: return []
        case .enter: return carryOut(decision)
        case .up: decision.offset -= 1
        case .down: decision.offset += 1
        case .pageUp: decision.offset -= 5
        case .pageDown: decision.offset += 5
        default: if decision.takesReason { _ = decision.reason.handle(press) }
        }
        decision.offset = max(0, min(decision.offset, decision.lines.count - 1))
        layers.append(.decision(decision))
        return []
    }

    private mutating func carryOut(_ decision: DecisionState) -> [Effect] {
        guard duplicates.change == nil, trash.change == nil else {
            activity.notice = Notice(.information, "the last decision is being saved")
            return []
        }
        let reason = decision.reason.text
        guard reason.utf8.count <= Self.mostReason else {
            layers.append(.decision(decision))
            activity.notice = Notice(.warning, "a reason takes at most \(Self.mostReason) bytes")
            return []
        }
        let request = makeRequest()
        switch decision.kind {
        case .resolve(var wanted):
            wanted.reason = reason
            duplicates.change = (request, .resolve(wanted.cluster))
            return [.resolve(request, wanted)]
        case .distinct(let cluster, let photos):
            duplicates.change = (request, .distinct(cluster, photos: photos.count))
            return [.decideDistinct(request, photos, reason: reason)]
        case .stack(let cluster, let stacks):
            duplicates.change = (request, .stack(cluster))
            return [.stackPhotos(request, stacks, reason: reason)]
        case .undo(let resolution):
            duplicates.change = (request, .undo(resolution))
            return [.undoResolution(request, resolution.id, reason: reason)]
        case .emptyTrash: return emptyTrash(reason: reason)
        case .writeSidecars(let photos): return writeSidecars(photos)
        }
    }

    mutating func resolved(_ request: RequestID, _ resolution: Resolution) -> [Effect] {
        guard duplicates.change?.id == request else { return [] }
        duplicates.change = nil
        duplicates.resolutions.append(resolution)
        duplicates.won += resolution.byteCount.bytes
        let effects = leaveResolved(resolution.cluster)
        let undo = keyMap.keyName(for: .undo)
        activity.notice = Notice(
            .success,
            "\(counted(resolution.trashed.count, "photo")) to the trash, \(resolution.byteCount) won"
                + "\(look.lines.separator)\(undo) undoes it")
        return effects
    }

    mutating func decidedDistinct(_ request: RequestID, _ decision: DistinctDecision) -> [Effect] {
        guard let (id, change) = duplicates.change, id == request, case .distinct(let cluster, let photos) = change
        else {
            return []
        }
        duplicates.change = nil
        if let resolution = decision.resolution { duplicates.resolutions.append(resolution) }
        let effects = leaveResolved(cluster)
        activity.notice = Notice(
            .success,
            "\(counted(photos, "photo")) kept: they are not shown as duplicates of each other again"
                + "\(look.lines.separator)\(keyMap.keyName(for: .undo)) undoes it")
        return effects
    }

    mutating func stacked(_ request: RequestID, _ made: [Resolution]) -> [Effect] {
        guard let (id, change) = duplicates.change, id == request, case .stack(let cluster) = change else { return [] }
        duplicates.change = nil
        duplicates.resolutions += made
        let photos = made.reduce(0) { $0 + 1 + $1.alsoKept.count }
        var effects: [Effect] = []
        let details = duplicates.comparison?.cluster == cluster ? duplicates.comparison?.details : nil
        if let details, details.stacks.count == made.count, details.countWithoutStacks < 2 {
            effects = leaveResolved(cluster)
        } else {
            (duplicates.isTotalsStale, duplicates.isStale) = (true, true)
            forgetPhotos(of: cluster)
        }
        let stacks = made.count == 1 ? "as a stack" : "in \(made.count) stacks"
        let isInPart = details.map { made.count < $0.stacks.count } ?? false
        activity.notice = Notice(
            isInPart ? .warning : .success,
            "\(counted(photos, "photo")) kept together \(stacks)\(isInPart ? ", others changed meanwhile" : "")"
                + "\(look.lines.separator)\(keyMap.keyName(for: .undo)) undoes it")
        return effects
    }

    /// Has a cluster read again that one's own decision changed: that is no news.
    private mutating func forgetPhotos(of cluster: ClusterID) {
        guard duplicates.comparison?.cluster == cluster else { return }
        duplicates.comparison?.details = nil
        duplicates.comparison?.failure = nil
    }

    /// Goes on to the next cluster, or back to the list when there is none.
    private mutating func leaveResolved(_ cluster: ClusterID) -> [Effect] {
        duplicates.remove(cluster)
        duplicates.isTotalsStale = true
        guard duplicates.comparison?.cluster == cluster else { return [] }
        guard context == .comparison else {
            let effects = leaveComparison()
            duplicates.comparison = nil
            return effects
        }
        if duplicates.cursorCluster != nil { return rest() + openCluster() }
        let effects = goTo(.duplicates)
        duplicates.comparison = nil
        return effects
    }

    /// Takes this session's last decision back; one of another is shown first.
    mutating func undoResolution() -> [Effect] {
        let request = makeRequest()
        guard let resolution = duplicates.resolutions.last else {
            duplicates.lastDecisionRequest = request
            return [.loadLastDecision(request)]
        }
        duplicates.change = (request, .undo(resolution))
        return [.undoResolution(request, resolution.id, reason: "")]
    }

    mutating func lastDecisionLoaded(_ request: RequestID, _ last: LastDecision?) {
        guard request == duplicates.lastDecisionRequest else { return }
        duplicates.lastDecisionRequest = nil
        guard let last else {
            activity.notice = Notice(.information, "nothing that was decided on duplicates stands")
            return
        }
        layers.append(.decision(last.undoing))
    }

    func reasonNoUndoOfResolution() -> String? {
        if duplicates.change != nil { return "the last decision is being saved" }
        return duplicates.lastDecisionRequest == nil ? nil : "the last decision is being looked for"
    }

    mutating func resolutionUndone(_ request: RequestID, _ undone: UndoneResolution) -> [Effect] {
        guard duplicates.change?.id == request else { return [] }
        duplicates.change = nil
        let resolution = undone.resolution
        forgetWon(by: resolution)
        (duplicates.isTotalsStale, duplicates.isStale, duplicates.sought) = (true, true, resolution.cluster)
        forgetPhotos(of: resolution.cluster)
        let back =
            switch resolution.verdict {
            case .duplicates: "\(counted(undone.restored.count, "photo")) back from the trash"
            case .distinct: "they may be duplicates again"
            case .stack: "the photos are no stack any more"
            }
        guard undone.conflicts.isEmpty else {
            layers.append(
                .message(
                    MessageState(
                        title: "Undone in part",
                        paragraphs: [back + ". What somebody changed since stays as it is:"]
                            + undone.conflicts.map { "- " + words($0) })))
            return []
        }
        activity.notice = Notice(.success, back)
        return context == .comparison ? open(resolution.cluster) : []
    }

    /// What another session won was never counted here.
    private mutating func forgetWon(by resolution: Resolution) {
        guard let place = duplicates.resolutions.firstIndex(where: { $0.id == resolution.id }) else { return }
        duplicates.resolutions.remove(at: place)
        duplicates.won -= resolution.byteCount.bytes
    }

    private func words(_ conflict: UndoneResolution.Conflict) -> String {
        switch conflict {
        case .gone(let photo): "the photo \(photo) is no longer in the library: its time in the trash has ended"
        case .moved(let photo): "the photo \(photo) was taken out of the trash, or put there anew"
        case .changedMark(let mark): "the keeper's \(mark.rawValue) was changed"
        case .changedAlbum(let name): "the album \(displayEscaped(name)) was changed"
        case .goneAlbum(let name): "the album \(displayEscaped(name)) was deleted"
        case .keptMarks: "the keeper keeps what it took over, as not all photos came back"
        case .changedCluster:
            "the cluster has other photos: they are compared anew "
                + "(\(keyMap.keyName(for: .comparePhotos)) in the list)"
        }
    }

    /// A decision that was refused, as somebody else was faster, or could not be saved.
    mutating func changeFailed(_ change: DuplicatesState.Change, _ error: EngineError) -> [Effect] {
        let title: String
        switch change {
        case .resolve, .distinct, .stack: title = "Nothing was changed"
        case .undo(let resolution):
            title = "Not undone"
            if error.code == .conflict || error.code == .notFound { forgetWon(by: resolution) }
        }
        (duplicates.isTotalsStale, duplicates.isStale) = (true, true)
        duplicates.comparison?.isStale = true
        let paragraphs = [error.whatHappened, error.whatToDo].filter { !$0.isEmpty }.map { displayEscaped($0) }
        layers.append(.message(MessageState(title: title, paragraphs: paragraphs, isError: true)))
        return []
    }
}

/// Something to be read before one goes on.
public struct MessageState: Hashable, Sendable {
    public let title: String
    /// Safe to show.
    public let paragraphs: [String]
    public var isError = false
}
