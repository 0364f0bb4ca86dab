import Core
import Grid
import Widgets

extension AppState {
    func jobsHeading(_ console: ConsoleState) -> (String, [String]) {
        let jobs = console.jobs
        if let detail = jobs.detail {
            return ("Job", [detail.pane.map(paneFacts) ?? ""].filter { !$0.isEmpty })
        }
        guard let page = jobs.page else { return ("Jobs", []) }
        var facts: [String] = []
        for state in ["running", "queued", "retrying", "dead"] {
            if let count = page.counts[state], count > 0 { facts.append("\(grouped(count)) \(state)") }
        }
        if page.source == .history {
            let age = jobs.watchedUntil.map { max(0, console.now - $0) }
            if let age, age > 15 { facts.append("watched until \(ConsoleText.age(age)) ago") }
            if age == nil { facts.append("not watched yet") }
        }
        facts.append("\(grouped(page.jobs.count))\(page.hasMore ? "+" : "") shown")
        if jobs.follows { facts.append("following") }
        return ("Jobs", facts)
    }

    func drawJobs(_ console: ConsoleState, into grid: inout Grid, in area: Rect) {
        let jobs = console.jobs
        if let detail = jobs.detail { return drawJob(detail, into: &grid, in: area) }
        guard !jobs.jobs.isEmpty else {
            let isFiltered = !console.filter(in: .jobs).isEmpty
            var text = ["there are no jobs"]
            if isFiltered {
                text = ["no job matches", "\(keyMap.keyName(for: .closeRow)) drops the filter"]
            } else if jobs.page?.source == .history {
                text = [
                    "no task was heard of yet", "Celery's workers tell of theirs with: celery worker -E,",
                    "or once they are asked to: phototui jobs watch --enable-events",
                ]
            }
            return drawNoRows(text, isLoaded: jobs.page?.mark != nil, into: &grid, in: area)
        }
        let isWide = area.columns >= 110
        var columns: [ConsoleColumn] = [
            .init(title: "WHEN", width: 6), .init(title: "STATE", width: 9, isRight: false),
            .init(title: "TASK", width: max(14, area.columns / 5), isRight: false),
            .init(title: "TRY", width: 3), .init(title: "RUN", width: 7),
        ]
        if isWide {
            columns += [
                .init(title: "WAIT", width: 7), .init(title: "QUEUE", width: 10, isRight: false),
                .init(title: "WORKER", width: 16, isRight: false),
            ]
        }
        columns.append(.init(title: "ERROR OR ID", width: 0, isRight: false))
        drawRows(columns, count: jobs.jobs.count, jobs.cursor, into: &grid, in: area) { index in
            cells(of: jobs.jobs[index], console, isWide: isWide)
        }
    }

    private func cells(of job: ListedJob, _ console: ConsoleState, isWide: Bool) -> [ConsoleCell] {
        let role: StyleRole =
            switch job.standing {
            case .waiting: .text
            case .running: .badge
            case .succeeded: .success
            case .failed: .error
            case .stopped: .warning
            }
        let isUntold = console.jobs.page?.isUntold == true
        func text(_ text: String?) -> ConsoleCell {
            ConsoleCell(text: text.map { displayEscaped(Self.head($0)) } ?? "-", role: .dim)
        }
        var cells = [
            ConsoleCell(text: ConsoleText.age(max(0, console.now - job.changedAt)), role: .dim),
            ConsoleCell(text: isUntold && job.state == "queued" ? "-" : job.state, role: role),
            ConsoleCell(text: displayEscaped(Self.head(job.task))),
            ConsoleCell(text: job.attempts > 0 ? "\(job.attempts)" : "", role: job.attempts > 1 ? .warning : .dim),
            ConsoleCell(text: job.runSeconds.map(ConsoleText.duration) ?? ""),
        ]
        if isWide {
            cells += [
                ConsoleCell(text: job.waitSeconds.map(ConsoleText.duration) ?? "-", role: .dim), text(job.queue),
                text(job.worker),
            ]
        }
        let error = job.error.map { (job.retriedAs == nil ? "" : "retried; ") + displayEscaped(Self.head($0)) }
        cells.append(ConsoleCell(text: error ?? displayEscaped(job.id), role: error == nil ? .dim : .text))
        return cells
    }

    func jobsFacts(_ console: ConsoleState) -> String {
        if console.jobs.page?.isUntold == true, console.jobs.detail == nil {
            return "unknown: no worker tells of its tasks; start with -E, or run phototui workers enable-events"
        }
        guard let job = console.jobs.chosen else { return "" }
        return [displayEscaped(Self.head(job.task)), job.state, displayEscaped(job.id)]
            .joined(separator: look.lines.separator)
    }

    // One job

    /// The thumbnail beside a job's text; nil where there is none, or no room.
    var jobPicture: GridSize? {
        guard hasJobsOfLibrary, let photo = console?.jobs.detail?.details?.photo, photo.status == .ready,
            let area = console?.area, area.columns >= 76, area.rows >= 14
        else { return nil }
        return GridSize(columns: 24, rows: 12)
    }

    /// Where a job's text is, and its photo's picture.
    func jobAreas(_ area: Rect) -> (picture: Rect, text: Rect) {
        let (picture, text) = area.splitRight(jobPicture.map { $0.columns + 2 } ?? 0)
        return (Rect(row: picture.row, column: picture.column, rows: min(picture.rows, 12), columns: 24), text)
    }

    /// The thumbnail that a job's screen wants.
    var jobThumbnailKeys: [ThumbnailKey] {
        guard context == .jobs, let size = jobPicture, let photo = console?.jobs.detail?.details?.photo else {
            return []
        }
        return [ThumbnailKey(sha256: photo.sha256, columns: size.columns, rows: size.rows)]
    }

    private func drawJob(_ detail: JobsState.Detail, into grid: inout Grid, in area: Rect) {
        guard let pane = detail.pane else {
            return drawNoRows([], isLoaded: false, into: &grid, in: area)
        }
        let (place, text) = jobAreas(area)
        drawPane(pane, into: &grid, in: text)
        guard let key = jobThumbnailKeys.first else { return }
        switch timeline.thumbnails[key] {
        case .drawn(let picture): grid.draw(picture, at: place.centered(picture.size).origin, clip: place)
        case .failed(let reason):
            grid.fill(place, with: Cell(" ", paint: .role(.thumbnailFailed)))
            for (row, line) in displayEscaped(reason).pieces(atMost: place.columns).prefix(place.rows).enumerated() {
                grid.write(line, at: Position(row: place.row + row, column: place.column), role: .thumbnailFailed)
            }
        case nil: grid.fill(place, with: Cell(" ", paint: .role(.thumbnailEmpty)))
        }
    }
}
