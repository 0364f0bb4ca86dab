import Core
import Grid
import Widgets

extension AppState {
    mutating func performInTimeline(_ action: Action) -> [Effect] {
        let cursor = timeline.cursor
        switch action {
        case .moveLeft: timeline.move(to: cursor - 1)
        case .moveRight: timeline.move(to: cursor + 1)
        case .moveUp: timeline.move(lines: -1)
        case .moveDown: timeline.move(lines: 1)
        case .halfPageDown: timeline.move(lines: max(1, timeline.linesPerScreen / 2))
        case .halfPageUp: timeline.move(lines: -max(1, timeline.linesPerScreen / 2))
        case .pageDown: timeline.move(lines: timeline.linesPerScreen)
        case .pageUp: timeline.move(lines: -timeline.linesPerScreen)
        case .goFirst: timeline.move(to: 0)
        case .goLast: timeline.move(to: timeline.layout.count - 1)
        case .previousMonth, .nextMonth:
            guard let place = timeline.cursorPlace else { return [] }
            let step = action == .nextMonth ? 1 : place.index > 0 ? 0 : -1
            let month = min(max(0, place.month + step), timeline.layout.months.count - 1)
            timeline.goTo(month: month)
        case .openPhoto: return openViewer()
        case .toggleRange: return toggleRange()
        case .clear: return clear()
        case .largerThumbnails: timeline.resizeThumbnails(by: 1)
        case .smallerThumbnails: timeline.resizeThumbnails(by: -1)
        case .filter: return openSearch()
        case .jump: layers.append(.jump(TextField()))
        default: break
        }
        return []
    }

    mutating func toggleMark() {
        guard let entry = timeline.cursorEntry else { return }
        if timeline.marks.removeValue(forKey: entry.id) == nil { timeline.marks[entry.id] = entry.isFavourite }
        if context == .timeline { timeline.move(to: timeline.cursor + 1) }
    }

    /// The first call starts a range, the second marks it.
    private mutating func toggleRange() -> [Effect] {
        guard let range = timeline.range else {
            timeline.rangeStart = timeline.cursor
            return []
        }
        timeline.rangeStart = nil
        if timeline.search.isActive {
            let found = timeline.search.entries
            for entry in found[range.clamped(to: 0...max(0, found.count - 1))] {
                timeline.marks[entry.id] = entry.isFavourite
            }
            activity.notice = Notice(.success, "\(counted(timeline.marks.count, "photo")) marked")
            return []
        }
        var missing: [TimelineQuery] = []
        guard let first = timeline.layout.place(ordinal: range.lowerBound),
            let last = timeline.layout.place(ordinal: range.upperBound)
        else { return [] }
        for month in first.month...last.month {
            let count = timeline.layout.months[month].count
            let from = month == first.month ? first.index : 0
            let to = month == last.month ? last.index + 1 : count
            missing.append(
                TimelineQuery(month: timeline.layout.months[month].month, skip: from, limit: to - from))
        }
        let request = makeRequest()
        timeline.rangeRequest = request
        return [.collect(request, missing)]
    }

    private mutating func clear() -> [Effect] {
        if timeline.rangeStart != nil {
            timeline.rangeStart = nil
        } else if !timeline.marks.isEmpty {
            timeline.marks = [:]
        } else if openedAlbum != nil {
            return goTo(.albums) + leaveAlbum()
        } else {
            timeline.search.text = ""
            return applySearch()
        }
        return []
    }

    /// Marked photos, else the cursor's, with whether each is a favourite.
    private var chosen: [PhotoID: Bool] {
        if context == .timeline, !timeline.marks.isEmpty { return timeline.marks }
        if context == .comparison, let photo = duplicates.comparison?.selectedPhoto?.photo {
            return [photo.id: photo.isFavourite]
        }
        return timeline.cursorEntry.map { [$0.id: $0.isFavourite] } ?? [:]
    }

    mutating func toggleFavourite() -> [Effect] {
        let target = chosen.values.contains(false)
        let photos = chosen.filter { $0.value != target }.map(\.key).sorted()
        return change(FavouriteStep(isFavourite: target, photos: photos, isUndo: false))
    }

    mutating func undo() -> [Effect] {
        guard let step = undoSteps.popLast() else { return [] }
        switch step {
        case .favourite(let step):
            return change(FavouriteStep(isFavourite: !step.isFavourite, photos: step.photos, isUndo: true))
        case .edits(let edits): return undoEdits(edits.reversed())
        case .share(let share): return revoke(share)
        }
    }

    /// Marked photos, else the cursor's, in order.
    var chosenPhotos: [PhotoID] { chosen.keys.sorted() }

    private mutating func change(_ step: FavouriteStep) -> [Effect] {
        show(step.isFavourite, step.photos)
        let request = makeRequest()
        pendingChanges[request] = step
        return [.setFavourite(request, step.isFavourite, step.photos)]
    }

    private mutating func show(_ isFavourite: Bool, _ photos: [PhotoID]) {
        timeline.windows.setFavourite(isFavourite, photos: Set(photos))
        let changed = Set(photos)
        for (index, entry) in timeline.search.entries.enumerated() where changed.contains(entry.id) {
            timeline.search.entries[index] = entry.withFavourite(isFavourite)
        }
        for id in photos where timeline.marks[id] != nil { timeline.marks[id] = isFavourite }
    }

    /// Shows what was before a change that failed; what the catalogue has is asked for as well, as the change may stand
    /// though its answer was lost.
    mutating func takeBack(_ step: FavouriteStep) {
        show(!step.isFavourite, step.photos)
        if step.isUndo {
            undoSteps.append(
                .favourite(FavouriteStep(isFavourite: !step.isFavourite, photos: step.photos, isUndo: false)))
        }
        timeline.windows.markStale()
    }

    mutating func favouritesSet(_ request: RequestID, _ count: Int) {
        guard let step = pendingChanges.removeValue(forKey: request) else { return }
        if !step.isUndo { undoSteps.append(.favourite(step)) }
        if undoSteps.count > 100 { undoSteps.removeFirst() }
        let what = step.isFavourite ? "a favourite now" : "no favourite any more"
        let many = step.isFavourite ? "favourites now" : "no favourites any more"
        let subject = counted(step.photos.count, "photo")
        let undo = step.isUndo ? "" : " · \(keyMap.keyName(for: .undo)) undoes it"
        activity.notice = Notice(.success, "\(subject) \(step.photos.count == 1 ? what : many)\(undo)")
    }

    mutating func copyPaths() -> [Effect] {
        let request = makeRequest()
        copyRequest = request
        return [.copyPaths(request, chosen.keys.sorted())]
    }

    mutating func jump(to text: String) -> [Effect] {
        guard let wanted = JumpDate(text) else {
            activity.notice = Notice(.warning, "\(text) is no date: write 2019, 2019-07 or july 2019")
            return []
        }
        guard let target = wanted.month(in: timeline.layout) else { return [] }
        timeline.goTo(month: target.index)
        let found = timeline.layout.months[target.index].month
        if !target.isExact {
            activity.notice = Notice(.information, "no photos then: the nearest are of \(monthTitle(found))")
        }
        return []
    }
}

extension TimelineState {
    mutating func move(lines: Int) {
        guard let place = cursorPlace else { return }
        move(to: layout.ordinal(of: layout.place(lines: lines, from: place)))
    }

    /// Puts the cursor on a month's first photo and its heading at the top.
    mutating func goTo(month: Int) {
        move(to: layout.firstOrdinal(month: month))
        top = layout.headingRow(month: month)
        clampTop()
        showCursor()
    }

    mutating func resizeThumbnails(by step: Int) {
        thumbnailSize = min(max(0, thumbnailSize + step), Self.thumbnailWidths.count - 1)
        relayout(layout.months)
    }

    /// The photo whose tile is at a position of the screen.
    func ordinal(at position: Position) -> Int? {
        guard area.contains(position) else { return nil }
        let row = position.row - area.row + top
        guard let month = layout.month(atRow: row) else { return nil }
        let line = (row - layout.headingRow(month: month) - 1)
        guard line >= 0 else { return nil }
        let pitch = pictureSize.columns + Self.gap
        let tile = (position.column - column(ofTile: 0)) / pitch
        guard position.column >= column(ofTile: 0), tile < layout.columns,
            (position.column - column(ofTile: 0)) % pitch < pictureSize.columns
        else { return nil }
        let index = line / layout.tileRows * layout.columns + tile
        guard index < layout.months[month].count else { return nil }
        return layout.firstOrdinal(month: month) + index
    }

    /// The row of the timeline that a line of the scrubber stands for.
    func row(scrubberLine line: Int) -> Int? {
        guard !layout.isEmpty, area.rows > 0 else { return nil }
        return min(layout.rows - 1, line * layout.rows / area.rows)
    }
}
