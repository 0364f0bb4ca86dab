import Core
import Grid

extension AppState {
    mutating func openViewer() -> [Effect] {
        guard timeline.cursorEntry != nil else { return [] }
        var next = ViewerState()
        next.showsInfo = viewer?.showsInfo ?? false
        // The same photo again keeps what is here.
        if let viewer, viewer.photo == timeline.cursorPhoto { next = viewer }
        viewer = next
        timeline.hasMoved = true
        return goTo(.viewer)
    }

    /// Goes back to the timeline.
    mutating func closeViewer() -> [Effect] { goTo(.timeline) }

    /// Gives up whatever the viewer waits for.
    mutating func leaveViewer() -> [Effect] {
        var effects: [Effect] = []
        for request in [viewer?.photoRequest, viewer?.slideshow].compactMap({ $0 }) { effects.append(.cancel(request)) }
        if let current = viewer?.pictureRequest, viewer?.isSharp == false { effects.append(.cancel(current.id)) }
        viewer?.photoRequest = nil
        viewer?.pictureRequest = nil
        viewer?.slideshow = nil
        return effects
    }

    mutating func performInViewer(_ action: Action) -> [Effect] {
        let (area, aspect) = (viewerArea.picture.size, look.cellAspectRatio)
        switch action {
        case .nextPhoto: return showPhoto(at: timeline.cursor + 1)
        case .previousPhoto: return showPhoto(at: timeline.cursor - 1)
        case .goFirst: return showPhoto(at: 0)
        case .goLast: return showPhoto(at: timeline.layout.count - 1)
        case .zoomIn, .zoomOut, .zoomFit, .zoomActual:
            guard var next = viewer else { return [] }
            let scale: Double =
                switch action {
                case .zoomIn: next.zoom.scale * 1.5
                case .zoomOut: next.zoom.scale / 1.5
                case .zoomFit: 1
                default: PictureZoom.actualScale(next.pixelSize, in: area, aspect: aspect)
                }
            next.zoom.zoom(to: scale, of: next.pixelSize, in: area, aspect: aspect)
            viewer = next
        case .panLeft, .panRight, .panUp, .panDown: return pan(action, in: area, aspect: aspect)
        case .slideshow: return toggleSlideshow()
        case .toggleInfo: viewer?.showsInfo.toggle()
        case .closeViewer: return closeViewer()
        default: break
        }
        return []
    }

    private mutating func pan(_ action: Action, in area: GridSize, aspect: Double) -> [Effect] {
        let (x, y): (Double, Double) =
            switch action {
            case .panLeft: (-1, 0)
            case .panRight: (1, 0)
            case .panUp: (0, -1)
            default: (0, 1)
            }
        if viewer?.zoom.scale ?? 1 <= 1 {
            return showPhoto(at: timeline.cursor + (x + y > 0 ? 1 : -1))
        }
        let pixelSize = viewer?.pixelSize
        if viewer?.zoom.pan(x: x, y: y, of: pixelSize, in: area, aspect: aspect) != true {
            activity.notice = Notice(.information, "the photo ends here")
        }
        return []
    }

    private mutating func showPhoto(at ordinal: Int) -> [Effect] {
        guard ordinal >= 0, ordinal < timeline.layout.count else {
            activity.notice = Notice(
                .information, ordinal < 0 ? "this is the newest photo" : "this is the oldest photo")
            return []
        }
        timeline.move(to: ordinal)
        return []
    }

    private mutating func toggleSlideshow() -> [Effect] {
        if let running = viewer?.slideshow {
            viewer?.slideshow = nil
            return [.cancel(running)]
        }
        return [nextSlideTimer()]
    }

    private mutating func nextSlideTimer() -> Effect {
        let request = makeRequest()
        viewer?.slideshow = request
        return .startTimer(request, seconds: ViewerState.slideSeconds)
    }

    mutating func advanceSlideshow() -> [Effect] {
        guard timeline.cursor + 1 < timeline.layout.count else {
            viewer?.slideshow = nil
            activity.notice = Notice(.information, "the slideshow is over: this is the oldest photo")
            return []
        }
        timeline.move(to: timeline.cursor + 1)
        return [nextSlideTimer()]
    }

    /// Asks for the photo and the part of its picture that the viewer shows now.
    mutating func reconcileViewer() -> [Effect] {
        guard context == .viewer, var next = viewer else { return [] }
        defer { viewer = next }
        var effects: [Effect] = []
        if let entry = timeline.cursorEntry {
            if next.photo != entry.id {
                if let running = next.photoRequest { effects.append(.cancel(running)) }
                var fresh = ViewerState()
                (fresh.showsInfo, fresh.slideshow) = (next.showsInfo, next.slideshow)
                (fresh.photo, fresh.pictureRequest) = (entry.id, next.pictureRequest)
                next = fresh
            }
            next.entry = entry
            if next.details?.photo.id != entry.id || next.isStale, next.photoRequest == nil {
                next.isStale = false
                let request = makeRequest()
                next.photoRequest = request
                effects.append(.loadPhoto(request, entry.id))
            }
        }
        let wanted = next.wantedPicture(in: viewerArea.picture.size, aspect: look.cellAspectRatio)
        if wanted != next.pictureRequest?.wanted {
            if let earlier = next.pictureRequest { effects.append(.cancel(earlier.id)) }
            next.pictureRequest = nil
            (next.isSharp, next.failure) = (false, nil)
            if let wanted {
                let request = makeRequest()
                next.pictureRequest = (request, wanted)
                effects.append(.loadPicture(request, wanted))
            }
        }
        return effects
    }

    /// Where the viewer shows the picture, and the info pane beside or over it.
    var viewerArea: (picture: Rect, info: Rect) {
        let body = Layout(size).body
        guard viewer?.showsInfo == true else { return (body, body.splitRight(0).right) }
        let (info, picture) = body.splitRight(min(44, max(24, body.columns * 2 / 5)))
        return body.columns < 48 ? (picture.splitLeft(0).left, body) : (picture, info)
    }
}
