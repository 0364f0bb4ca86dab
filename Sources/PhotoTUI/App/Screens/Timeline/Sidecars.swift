public import Core
import Grid
import Widgets

/// What writing sidecars would touch. Texts are safe to show.
public struct SidecarPlan: Hashable, Sendable {
    public var photos: [PhotoID]
    /// Sidecars that are not there yet, and those that are and may change.
    public var new = 0
    public var there = 0
    /// The first of either.
    public var firstNew = ""
    public var firstThere = ""
    /// Photos that none can be written for, and why the first of them can't.
    public var failed = 0
    public var reason = ""

    public init(photos: [PhotoID]) { self.photos = photos }
}

extension AppState {
    mutating func planSidecars() -> [Effect] {
        let request = makeRequest()
        leaving.insert(request)
        return [.planSidecars(request, chosenPhotos)]
    }

    mutating func sidecarsPlanned(_ request: RequestID, _ plan: SidecarPlan) {
        guard leaving.remove(request) != nil else { return }
        guard plan.new + plan.there > 0 else {
            activity.notice = Notice(.warning, "no sidecar can be written: \(plan.reason)")
            return
        }
        // What somebody does meanwhile is not to be interrupted by a question.
        guard layers.isEmpty, [.timeline, .viewer].contains(context) else { return }
        func some(_ count: Int, _ first: String) -> String {
            "\(counted(count, "sidecar")): \(first)" + (count > 1 ? ", …" : "")
        }
        var lines: [DecisionState.Line] = []
        if plan.new > 0 { lines.append(.init(label: "new", text: some(plan.new, plan.firstNew))) }
        if plan.there > 0 {
            lines.append(.init(label: "changed", text: some(plan.there, plan.firstThere)))
            lines.append(.init(label: "", text: "What else they say stays; one that says all that is left alone."))
        }
        if plan.failed > 0 {
            lines.append(
                .init(label: "none", text: "\(counted(plan.failed, "photo")): \(plan.reason)", isWarning: true))
        }
        lines.append(
            .init(label: "", text: "They tell whoever gets them where the photos were taken, and who is in them."))
        lines.append(
            .init(
                label: "",
                text: "There is no undo: a new one can be deleted, but what one said before is not kept. "
                    + "Originals stay as they are.",
                isWarning: true))
        layers.append(
            .decision(
                DecisionState(
                    kind: .writeSidecars(plan.photos),
                    title: "Write sidecars of \(counted(plan.photos.count, "photo"))",
                    lines: lines)))
    }

    mutating func writeSidecars(_ photos: [PhotoID]) -> [Effect] {
        let request = makeRequest()
        leaving.insert(request)
        activity.notice = Notice(.information, "writing sidecars" + look.lines.ellipsis)
        return [.writeSidecars(request, photos)]
    }

    /// What others wrote into them may have been taken up.
    mutating func sidecarsWritten(_ request: RequestID, _ notice: Notice) -> [Effect] {
        guard leaving.remove(request) != nil else { return [] }
        activity.notice = notice
        viewer?.forgetDetails()
        return catalogChanged()
    }
}
