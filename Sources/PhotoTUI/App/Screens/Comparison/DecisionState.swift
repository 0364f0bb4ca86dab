public import Core
import Grid
public import Widgets

/// What a decision would change, for a person to confirm.
public struct DecisionState: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case resolve(ClusterDecision)
        /// All photos of a cluster are no duplicates.
        case distinct(ClusterID, [PhotoID])
        case stack(ClusterID, [ClusterDetails.Stack])
        case undo(Resolution)
        case emptyTrash
        case writeSidecars([PhotoID])
    }

    public struct Line: Hashable, Sendable {
        public let label: String
        /// Safe to show.
        public let text: String
        public var isWarning = false
    }

    public let kind: Kind
    public let title: String
    public let lines: [Line]
    /// Whether the journal takes why.
    var takesReason: Bool { if case .writeSidecars = kind { false } else { true } }
    /// Why, for the journal.
    public var reason = TextField()
    /// The first line shown.
    public var offset = 0
}

extension ComparisonState {
    /// What keeping these photos would change.
    func decision() -> DecisionState? {
        guard let details, let keeper = keeperPhoto else { return nil }
        let trashed = trashed
        if trashed.isEmpty { return distinction(title: "Keep all") }
        var lines: [DecisionState.Line] = []
        lines.append(.init(label: "keeps", text: Self.line(keeper), isWarning: keeper.photo.problem != nil))
        for photo in photos where alsoKept.contains(photo.photo.id) {
            lines.append(.init(label: "and", text: Self.line(photo)))
        }
        if !alsoKept.isEmpty {
            lines.append(.init(label: "", text: "those kept are no duplicates of each other from now on"))
        }
        let (before, after) = marks(keeper, trashed)
        for mark in after.differences(from: before) {
            lines.append(
                .init(label: mark.rawValue, text: "\(Self.text(mark, before)) → \(Self.text(mark, after))"))
        }
        let bytes = ByteCount(trashed.reduce(0) { $0 + $1.photo.byteCount.bytes })
        lines.append(.init(label: "trash", text: "\(counted(trashed.count, "photo")), \(bytes) to win"))
        for photo in trashed.prefix(50) { lines.append(.init(label: "", text: Self.line(photo))) }
        if trashed.count > 50 { lines.append(.init(label: "", text: "and \(trashed.count - 50) more")) }
        for stack in details.stacks {
            let going = stack.photos.filter { !isKept($0) }.count
            if going > 0 {
                lines.append(
                    .init(
                        label: "stack", text: "\(going) of these \(going == 1 ? "is" : "are") part of \(stack.reason)",
                        isWarning: true))
            }
        }
        lines.append(.init(label: "", text: "Originals stay where they are."))
        lines.append(.init(label: "", text: "It can be undone until somebody empties the trash."))
        let decision = ClusterDecision(
            cluster: cluster, members: Set(photos.map(\.photo.id)), keeper: keeper.photo.id, alsoKept: alsoKept)
        return DecisionState(kind: .resolve(decision), title: "Resolve", lines: lines)
    }

    /// What it would change that all photos are no duplicates.
    func distinction(title: String) -> DecisionState? {
        guard let first = photos.first, photos.count > 1 else { return nil }
        var lines = [
            DecisionState.Line(label: "keeps", text: "all \(counted(photos.count, "photo"))"),
            .init(label: "", text: Self.line(first)),
        ]
        lines += photos.dropFirst().prefix(50).map { .init(label: "", text: Self.line($0)) }
        if photos.count > 51 { lines.append(.init(label: "", text: "and \(photos.count - 51) more")) }
        for stack in details?.stacks ?? [] {
            lines.append(
                .init(label: "stack", text: "\(counted(stack.photos.count, "photo")) of it are \(stack.reason)"))
        }
        lines.append(.init(label: "", text: "No later scan shows them as duplicates of each other."))
        lines.append(.init(label: "", text: "Undoing is possible at any time."))
        return DecisionState(kind: .distinct(cluster, photos.map(\.photo.id)), title: title, lines: lines)
    }

    /// What keeping the recognised stacks together would change.
    func stacking() -> DecisionState? {
        guard let details, !details.stacks.isEmpty else { return nil }
        var lines: [DecisionState.Line] = []
        for stack in details.stacks {
            lines.append(.init(label: "stack", text: "\(counted(stack.photos.count, "photo")): \(stack.reason)"))
            let stacked = stack.photos.prefix(50).compactMap { id in photos.first { $0.photo.id == id } }
            lines += stacked.map { .init(label: "", text: Self.line($0)) }
            if stack.photos.count > 50 { lines.append(.init(label: "", text: "and \(stack.photos.count - 50) more")) }
        }
        let left = details.countWithoutStacks
        if left > details.stacks.count {
            let others = left - details.stacks.count
            lines.append(
                .init(
                    label: "left",
                    text: "\(counted(others, "other photo")), \(others == 1 ? "" : "each ")with the shot it is like"))
        }
        lines.append(.init(label: "", text: "All are kept; no later scan shows them as duplicates of each other."))
        lines.append(.init(label: "", text: "Undoing is possible at any time."))
        return DecisionState(kind: .stack(cluster, details.stacks), title: "Stack", lines: lines)
    }

    /// The keeper's marks now, and what they become.
    func marks(_ keeper: ReviewedPhoto, _ trashed: [ReviewedPhoto]) -> (before: PhotoMarks, after: PhotoMarks) {
        let before = keeper.marks()
        // In the order in which a resolution takes them over.
        let others = trashed.sorted { $0.photo.id < $1.photo.id }.map {
            $0.marks(turned: $0.member.stance.turn(toward: keeper.member.stance, isPair: photos.count == 2))
        }
        return (before, before.merging(others))
    }

    private static func line(_ photo: ReviewedPhoto) -> String {
        var parts = [displayEscaped(photo.photo.filename)]
        if let size = photo.pixelSize { parts.append("\(size.width)×\(size.height)") }
        parts.append("\(photo.photo.byteCount)")
        if photo.photo.isMissing { parts.append("missing") }
        if photo.photo.problem != nil { parts.append("damaged") }
        return parts.joined(separator: ", ")
    }

    /// What a mark says, safe to show.
    private static func text(_ mark: PhotoMark, _ marks: PhotoMarks) -> String {
        if mark == .position { return marks.position.map(positionText) ?? "none" }
        return marks.text(of: mark).map { displayEscaped($0) } ?? "none"
    }
}

extension LastDecision {
    /// What taking it back would change.
    var undoing: DecisionState {
        let name = displayEscaped(name ?? "a photo that is gone")
        let when = days == 0 ? "today" : "\(counted(days, "day")) ago"
        var lines = [
            DecisionState.Line(label: "decided", text: "\(when), by \(displayEscaped(resolution.actor))")
        ]
        if !resolution.reason.isEmpty { lines.append(.init(label: "because", text: displayEscaped(resolution.reason))) }
        switch resolution.verdict {
        case .duplicates:
            lines.append(.init(label: "keeps", text: name))
            let trashed = counted(resolution.trashed.count, "photo")
            lines.append(.init(label: "back", text: "\(trashed) from the trash, \(resolution.byteCount)"))
            lines.append(.init(label: "", text: "The one that was kept has its own marks again."))
        case .distinct:
            let photos = counted(resolution.alsoKept.count + 1, "photo")
            lines.append(.init(label: "no longer", text: "\(photos) that are no duplicates, \(name) first"))
        case .stack(let kind):
            let photos = counted(resolution.alsoKept.count + 1, "photo")
            lines.append(.init(label: "no longer", text: "\(photos) together, \(name) first: \(kind.words)"))
        }
        lines.append(.init(label: "", text: "What somebody changed since stays as it is, and is told."))
        return DecisionState(kind: .undo(resolution), title: "Undo", lines: lines)
    }
}
