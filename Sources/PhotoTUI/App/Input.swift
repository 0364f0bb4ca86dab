import Core
import Grid
import Widgets

extension AppState {
    mutating func handle(_ event: InputEvent) -> [Effect] {
        switch event {
        case .resize(let size):
            resize(to: size)
            return []
        case .resumed: return [.repaint]
        case .closed: return [.quit]
        case .focus: return []
        case .paste(let text):
            guard let layer = layers.last else { return [] }
            return paste(text, into: layer)
        case .mouse(let event):
            activity.notice = nil
            return handle(event)
        case .key(let press):
            activity.notice = nil
            if press == KeyPress("c", .control) { return [.quit] }
            defer { isLeavingAgain = isLeavingAgain && activity.notice != nil }
            let action = keyMap.action(for: press, in: context)
            if let layer = layers.last {
                // No text holds a control key, and a screen that something else has written over may need it anywhere.
                if let action, [.repaint, .suspend].contains(action), press.modifiers.contains(.control) {
                    return perform(action)
                }
                return handle(press, layer: layer)
            }
            guard let action else {
                activity.notice = Notice(
                    .information, "\(press) does nothing here: \(keyMap.keyName(for: .help)) shows the keys")
                return []
            }
            return perform(action)
        }
    }

    private mutating func paste(_ text: String, into layer: Layer) -> [Effect] {
        layers.removeLast()
        switch layer {
        case .search(var prompt):
            prompt.field.insert(text)
            return searchTyped(prompt)
        case .jump(var field):
            field.insert(text)
            layers.append(.jump(field))
        case .palette(var palette):
            palette.field.insert(text)
            palette.selection = 0
            layers.append(.palette(palette))
        case .clusterFilter(var field, let before):
            field.insert(text)
            layers.append(.clusterFilter(field, before: before))
            return clusterFilterTyped(field.text)
        case .decision(var decision):
            decision.reason.insert(text)
            layers.append(.decision(decision))
        case .consoleFilter(var field, let before):
            field.insert(text)
            layers.append(.consoleFilter(field, before: before))
            consoleFilterTyped(field.text)
        case .consoleDecision(var decision):
            decision.insert(text)
            layers.append(.consoleDecision(decision))
        case .edit(var prompt):
            prompt.field.insert(text)
            return suggest(for: prompt)
        case .help, .message, .story: layers.append(layer)
        }
        return []
    }

    private mutating func handle(_ press: KeyPress, layer: Layer) -> [Effect] {
        layers.removeLast()
        switch layer {
        case .help(let offset):
            return handleHelp(press, offset: offset)
        case .palette(let palette): return handlePalette(press, palette)
        case .decision(let decision): return handleDecision(press, decision)
        case .story(let story): return handleStory(press, story)
        case .consoleFilter(let field, let before): return handleConsoleFilter(press, field, before: before)
        case .consoleDecision(let decision): return handleConsoleDecision(press, decision)
        case .message:
            if ![.enter, .escape, .character("q"), .character(" ")].contains(press.key) { layers.append(layer) }
            return []
        case .clusterFilter(let field, let before): return handleClusterFilter(press, field, before: before)
        case .edit(let prompt): return handlePrompt(press, prompt)
        case .jump(var field):
            switch press.key {
            case .escape: return []
            case .enter: return jump(to: field.text)
            default:
                _ = field.handle(press)
                layers.append(.jump(field))
                return []
            }
        case .search(let prompt): return handleSearch(press, prompt)
        }
    }

    private mutating func handleClusterFilter(
        _ press: KeyPress, _ field: TextField, before: String
    ) -> [Effect] {
        var field = field
        switch press.key {
        case .escape:
            duplicates.filterText = before
            return applyClusterFilter()
        case .enter:
            duplicates.filterText = field.text
            return applyClusterFilter()
        default:
            let isTaken = field.handle(press)
            layers.append(.clusterFilter(field, before: before))
            return isTaken ? clusterFilterTyped(field.text) : []
        }
    }

    /// Does what an action says, or says why it can't.
    mutating func perform(_ action: Action) -> [Effect] {
        if let reason = reasonUnavailable(action) {
            activity.notice = Notice(.information, "\(ActionDescription.of(action).title): \(reason)")
            return recordRefusal(of: action, reason)
        }
        switch action {
        case .palette: layers.append(.palette(PaletteState()))
        case .help: layers.append(.help(offset: 0))
        case .repaint: return [.repaint]
        case .suspend: return [.suspend]
        case .quit: return quit()
        case .nextTheme:
            let index = themes.firstIndex(of: theme).map { ($0 + 1) % themes.count } ?? 0
            activity.notice = Notice(.information, "theme: \(themes[index])")
            return [.useTheme(themes[index])]
        case .nextGraphics: return [.useNextGraphics]
        case .acceptLoss: return [.acceptLoss]
        case .toggleFavourite: return toggleFavourite()
        case .addToAlbum: return promptForEdit(.album)
        case .editTags: return promptForEdit(.tags)
        case .rate: return promptForEdit(.rating)
        case .editCaption: return promptForEdit(.caption)
        case .archive: return archive()
        case .trashPhotos: return trashPhotos()
        case .undo: return withdraw() ?? (isOnDuplicates ? undoResolution() : undo())
        case .copyPath: return copyPaths()
        case .exportPhotos: return promptForLeaving { .export($0) }
        case .sharePhotos: return promptForLeaving { .share($0) }
        case .writeSidecars: return planSidecars()
        case .toggleMark: toggleMark()
        case .nextView: return openNextView()
        case .lastView: return openLastView()
        case .openDuplicates: return openDuplicates()
        case .openTrash: return goTo(.trash)
        case .openPlaces: return goTo(.places)
        case .openAlbums: return goTo(.albums)
        case .openTimeline: return openTimeline()
        case .saveSearch: return prompt(.createAlbum(query: timeline.search.text))
        case .removeFromAlbum, .orderAlbum, .chooseCover, .putBefore, .putLast: return performInAlbum(action)
        case .openQueues: return goTo(.queues)
        case .openWorkers: return goTo(.workers)
        case .openDead: return goTo(.dead)
        case .openJobs: return goTo(.jobs)
        case .openInbox: return goTo(.inbox)
        case .openHealth: return goTo(.health)
        case .openCosts: return goTo(.costs)
        case .openPhotoJobs: return openPhotoJobs()
        case .openStory: return openStory()
        case .openJournal: return openJournal()
        default:
            switch context {
            case .timeline: return performInTimeline(action)
            case .viewer: return performInViewer(action)
            case .duplicates: return performInDuplicates(action)
            case .comparison: return performInComparison(action)
            case .trash: return performInTrash(action)
            case .places: return performInPlaces(action)
            case .albums: return performInAlbums(action)
            case .queues, .messages, .workers, .dead, .jobs, .inbox, .health, .costs: return performInConsole(action)
            }
        }
        return []
    }

    /// Leaves; where something waits to be done only when asked twice, since that is then not done.
    mutating func quit() -> [Effect] {
        guard let text = pendingText, console?.pending != nil, !isLeavingAgain else { return [.quit] }
        isLeavingAgain = true
        activity.notice = Notice(.warning, "\(text); once more leaves, and it is not done")
        return []
    }

    /// Why an action can't be done now; nil when it can.
    public func reasonUnavailable(_ action: Action) -> String? {
        switch (context, action) {
        case (_, .undo) where console?.pending != nil: return nil
        case (_, .openQueues), (_, .openWorkers): return reasonNoConsole
        case (_, .openDead), (_, .openJobs), (_, .openInbox), (_, .openHealth), (_, .openJournal):
            return console == nil ? "there is neither a library nor a broker" : nil
        case (_, .sharePhotos) where !canShare:
            return
                "this library is in a folder, which nobody else reaches: \(keyMap.keyName(for: .exportPhotos)) writes photos out"
        case (_, .openCosts): return hasJobsOfLibrary ? nil : "there is no library here, whose storage would cost"
        case (_, .openPhotoJobs):
            return console == nil || timeline.cursorEntry == nil ? "there is no photo here" : nil
        case (_, .openTimeline), (_, .openDuplicates), (_, .openTrash), (_, .openPlaces), (_, .openAlbums):
            return reasonNoPhotos
        case (.duplicates, .undo), (.comparison, .undo): return reasonNoUndoOfResolution()
        case (_, .nextTheme): return themes.count > 1 ? nil : "there is only one theme"
        case (.duplicates, _): return reasonUnavailableInDuplicates(action)
        case (.comparison, _): return reasonUnavailableInComparison(action)
        case (.trash, .undo), (.places, .undo): return undoSteps.isEmpty ? "nothing was changed" : nil
        case (.trash, _): return reasonUnavailableInTrash(action)
        case (.places, _): return reasonUnavailableInPlaces(action)
        case (.albums, _): return reasonUnavailableInAlbums(action)
        case (.timeline, _), (.viewer, _): return reasonUnavailableOnPhotos(action)
        case (.queues, _), (.messages, _), (.workers, _), (.dead, _), (.jobs, _), (.inbox, _), (.health, _),
            (.costs, _):
            return reasonUnavailableInConsole(action)
        }
    }

    func reasonUnavailableOnPhotos(_ action: Action) -> String? {
        let hasPhoto = timeline.cursorEntry != nil
        switch action {
        case .openStory: return hasPhoto ? nil : "there is no photo here"
        case .openPhoto, .slideshow:
            if action == .slideshow, look.isStill { return "motion is switched off" }
            return hasPhoto ? nil : "there is no photo here"
        case .toggleMark, .toggleRange: return hasPhoto ? nil : "there is no photo here"
        case .toggleFavourite, .copyPath, .exportPhotos, .sharePhotos, .addToAlbum, .editTags, .rate, .editCaption,
            .archive, .trashPhotos, .writeSidecars:
            if action == .writeSidecars, !leaving.isEmpty { return "something is being written already" }
            return hasPhoto || !timeline.marks.isEmpty ? nil : "there is no photo here"
        case .undo: return undoSteps.isEmpty ? "nothing was changed" : nil
        case .removeFromAlbum, .orderAlbum, .chooseCover, .putBefore, .putLast: return reasonUnavailableInAlbum(action)
        case .saveSearch: return timeline.search.query.isEmpty ? "nothing is looked for" : nil
        case .clear:
            return timeline.marks.isEmpty && !timeline.search.isActive && timeline.rangeStart == nil
                ? "there is no mark, range or search" : nil
        case .acceptLoss: return activity.warnings.isEmpty ? "no folder has lost many files at once" : nil
        case .largerThumbnails:
            return timeline.thumbnailSize + 1 < TimelineState.thumbnailWidths.count ? nil : "they are the largest"
        case .smallerThumbnails: return timeline.thumbnailSize > 0 ? nil : "they are the smallest"
        case .jump where isOrderedByHand: return "the album is in order by hand"
        case .jump, .moveLeft, .moveRight, .moveUp, .moveDown, .goFirst, .goLast, .previousMonth, .nextMonth,
            .halfPageDown, .halfPageUp, .pageDown, .pageUp:
            return timeline.layout.isEmpty ? "the timeline is empty" : nil
        case .zoomIn, .zoomOut, .zoomActual, .zoomFit:
            return viewer?.pixelSize == nil ? "the photo's size isn't known yet" : nil
        default: return nil
        }
    }

    private mutating func handle(_ event: MouseEvent) -> [Effect] {
        guard layers.isEmpty else { return [] }
        let layout = Layout(size)
        if context == .viewer {
            switch event.action {
            case .wheelDown: return performInViewer(.nextPhoto)
            case .wheelUp: return performInViewer(.previousPhoto)
            case .press(.right): return closeViewer()
            default: return []
            }
        }
        if context == .duplicates { return handleInDuplicates(event) }
        if context == .comparison { return handleInComparison(event) }
        if context == .trash { return handleInTrash(event) }
        if context == .places { return handleInPlaces(event) }
        if context == .albums { return handleInAlbums(event) }
        if isOnConsole { return handleInConsole(event) }
        switch event.action {
        case .wheelDown: timeline.scroll(rows: 3)
        case .wheelUp: timeline.scroll(rows: -3)
        case .press(.left), .drag(.left):
            if layout.scrubber.contains(event.position) {
                let line = event.position.row - layout.scrubber.row
                guard let row = timeline.row(scrubberLine: line), let month = timeline.layout.month(atRow: row) else {
                    return []
                }
                timeline.move(to: timeline.layout.firstOrdinal(month: month))
                timeline.top = timeline.layout.headingRow(month: month)
                timeline.clampTop()
                timeline.showCursor()
            } else if case .press = event.action, let ordinal = timeline.ordinal(at: event.position) {
                if ordinal == timeline.cursor, timeline.hasMoved { return openViewer() }
                timeline.move(to: ordinal)
            }
        default: break
        }
        return []
    }
}
