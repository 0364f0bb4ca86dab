/// Everything a key can do. The raw value is the name in the config file.
public enum Action: String, CaseIterable, Sendable {
    case moveLeft = "move_left"
    case moveRight = "move_right"
    case moveUp = "move_up"
    case moveDown = "move_down"
    case halfPageDown = "half_page_down"
    case halfPageUp = "half_page_up"
    case pageDown = "page_down"
    case pageUp = "page_up"
    case goFirst = "go_first"
    case goLast = "go_last"
    case previousMonth = "previous_month"
    case nextMonth = "next_month"
    case openPhoto = "open_photo"
    case toggleMark = "toggle_mark"
    case toggleRange = "toggle_range"
    case clear
    case toggleFavourite = "toggle_favourite"
    case addToAlbum = "add_to_album"
    case editTags = "edit_tags"
    case rate
    case editCaption = "edit_caption"
    case archive
    case trashPhotos = "trash_photos"
    case undo
    case largerThumbnails = "larger_thumbnails"
    case smallerThumbnails = "smaller_thumbnails"
    case filter
    case jump
    case nextPhoto = "next_photo"
    case previousPhoto = "previous_photo"
    case zoomIn = "zoom_in"
    case zoomOut = "zoom_out"
    case zoomFit = "zoom_fit"
    case zoomActual = "zoom_actual"
    case panLeft = "pan_left"
    case panRight = "pan_right"
    case panUp = "pan_up"
    case panDown = "pan_down"
    case slideshow
    case toggleInfo = "toggle_info"
    case closeViewer = "close_viewer"
    case copyPath = "copy_path"
    case exportPhotos = "export_photos"
    case sharePhotos = "share_photos"
    case lastView = "last_view"
    case nextView = "next_view"
    case openDuplicates = "open_duplicates"
    case openTrash = "open_trash"
    case openPlaces = "open_places"
    case openAlbums = "open_albums"
    case firstAlbum = "first_album"
    case lastAlbum = "last_album"
    case openAlbum = "open_album"
    case createAlbum = "create_album"
    case renameAlbum = "rename_album"
    case describeAlbum = "describe_album"
    case deleteAlbum = "delete_album"
    case writeSidecars = "write_sidecars"
    case showEvents = "show_events"
    case acceptEvent = "accept_event"
    case refuseEvent = "refuse_event"
    case closeAlbums = "close_albums"
    case saveSearch = "save_search"
    case removeFromAlbum = "remove_from_album"
    case orderAlbum = "order_album"
    case chooseCover = "choose_cover"
    case putBefore = "put_before"
    case putLast = "put_last"
    case firstPlace = "first_place"
    case lastPlace = "last_place"
    case openPlace = "open_place"
    case toggleMap = "toggle_map"
    case closePlaces = "close_places"
    case firstTrashed = "first_trashed"
    case lastTrashed = "last_trashed"
    case markTrashed = "mark_trashed"
    case restoreTrashed = "restore_trashed"
    case emptyTrash = "empty_trash"
    case closeTrash = "close_trash"
    case firstCluster = "first_cluster"
    case lastCluster = "last_cluster"
    case openCluster = "open_cluster"
    case nextOrder = "next_order"
    case exactOnly = "exact_only"
    case sameOnly = "same_only"
    case certainOnly = "certain_only"
    case comparePhotos = "compare_photos"
    case closeDuplicates = "close_duplicates"
    case acceptProposal = "accept_proposal"
    case chooseKeeper = "choose_keeper"
    case keepToo = "keep_too"
    case keepAll = "keep_all"
    case notDuplicates = "not_duplicates"
    case stackPhotos = "stack_photos"
    case nextCluster = "next_cluster"
    case previousCluster = "previous_cluster"
    case nextMember = "next_member"
    case previousMember = "previous_member"
    case blink
    case autoBlink = "auto_blink"
    case difference
    case closeComparison = "close_comparison"
    case openTimeline = "open_timeline"
    case openQueues = "open_queues"
    case openWorkers = "open_workers"
    case openDead = "open_dead"
    case openJobs = "open_jobs"
    case openInbox = "open_inbox"
    case openHealth = "open_health"
    case openCosts = "open_costs"
    case openPhotoJobs = "open_photo_jobs"
    case openStory = "open_story"
    case openJournal = "open_journal"
    case firstRow = "first_row"
    case lastRow = "last_row"
    case openRow = "open_row"
    case closeRow = "close_row"
    case leaveConsole = "leave_console"
    case lookAgain = "look_again"
    case sortQueues = "sort_queues"
    case filterRows = "filter_rows"
    case pauseQueue = "pause_queue"
    case moveQueue = "move_queue"
    case purgeQueue = "purge_queue"
    case retryDead = "retry_dead"
    case retryAllDead = "retry_all_dead"
    case deleteDead = "delete_dead"
    case deleteAllDead = "delete_all_dead"
    case shutDownWorker = "shut_down_worker"
    case limitRate = "limit_rate"
    case followJobs = "follow_jobs"
    case retryJob = "retry_job"
    case retryAllJobs = "retry_all_jobs"
    case cancelJob = "cancel_job"
    case cancelAllJobs = "cancel_all_jobs"
    case revokeJob = "revoke_job"
    case revokeAllJobs = "revoke_all_jobs"
    case terminateJob = "terminate_job"
    case showJobPhoto = "show_job_photo"
    case mendFinding = "mend_finding"
    case lookThoroughly = "look_thoroughly"
    case acceptLoss = "accept_loss"
    case nextTheme = "next_theme"
    case nextGraphics = "next_graphics"
    case palette
    case help
    case repaint
    case suspend
    case quit
}

/// Where an action's keys hold.
public enum KeyContext: String, CaseIterable, Sendable {
    case timeline, viewer, duplicates, comparison, trash, places, albums
    case queues, messages, workers, dead, jobs, inbox, health, costs

    /// As help heads its sections.
    public var title: String {
        switch self {
        case .timeline: "Timeline"
        case .viewer: "Viewer"
        case .duplicates: "Duplicates"
        case .comparison: "Duplicates side by side"
        case .trash: "Trash"
        case .places: "Places"
        case .albums: "Albums"
        case .queues: "Queues"
        case .messages: "Messages"
        case .workers: "Workers"
        case .dead: "Dead letters"
        case .jobs: "Jobs"
        case .inbox: "Inbox"
        case .health: "Health"
        case .costs: "Costs"
        }
    }
}

extension KeyContext {
    /// The screens that look after a broker.
    static let console: [KeyContext] = [.queues, .messages, .workers, .dead, .jobs, .inbox, .health, .costs]
    static let lists: [KeyContext] = [.timeline, .duplicates, .trash, .places, .albums] + console
}

/// What the one table of actions says of each.
public struct ActionDescription: Sendable {
    public let action: Action
    /// Begins with a verb, no full stop.
    public let title: String
    /// One word for the footer.
    public let shortTitle: String
    /// Key names as `KeyPress` reads them.
    public let defaultKeys: [String]
    public let contexts: [KeyContext]
    /// Place among the footer's hints; nil leaves it out.
    public let footerRank: Int?

    init(
        _ action: Action, _ title: String, _ shortTitle: String, _ keys: [String], _ contexts: [KeyContext],
        footer: Int? = nil
    ) {
        (self.action, self.title, self.shortTitle) = (action, title, shortTitle)
        (self.defaultKeys, self.contexts, self.footerRank) = (keys, contexts, footer)
    }

    /// Every action once, in the order help shows them.
    public static let all: [ActionDescription] = [
        .init(.moveLeft, "Go left", "left", ["h", "left"], [.timeline, .albums]),
        .init(.moveRight, "Go right", "right", ["l", "right"], [.timeline, .albums]),
        .init(.moveUp, "Go up", "up", ["k", "up"], KeyContext.lists),
        .init(.moveDown, "Go down", "down", ["j", "down"], KeyContext.lists),
        .init(.halfPageDown, "Go half a screen down", "half down", ["ctrl-d"], KeyContext.lists),
        .init(.halfPageUp, "Go half a screen up", "half up", ["ctrl-u"], KeyContext.lists),
        .init(.pageDown, "Go a screen down", "page down", ["pagedown", "ctrl-f"], KeyContext.lists),
        .init(.pageUp, "Go a screen up", "page up", ["pageup", "ctrl-b"], KeyContext.lists),
        .init(.goFirst, "Go to the newest photo", "newest", ["g", "home"], [.timeline, .viewer]),
        .init(.goLast, "Go to the oldest photo", "oldest", ["G", "end"], [.timeline, .viewer]),
        .init(.previousMonth, "Go to the newer month", "newer month", ["["], [.timeline]),
        .init(.nextMonth, "Go to the older month", "older month", ["]"], [.timeline]),
        .init(.firstCluster, "Go to the first cluster", "first", ["g", "home"], [.duplicates]),
        .init(.lastCluster, "Go to the last cluster", "last", ["G", "end"], [.duplicates]),
        .init(.openCluster, "Show the cluster's photos side by side", "compare", ["enter"], [.duplicates], footer: 0),
        .init(.nextOrder, "Sort by what is won, by photos, by date", "sort", ["o"], [.duplicates], footer: 2),
        .init(
            .certainOnly, "Show only clusters whose proposal is certain, or all", "certain", ["c"], [.duplicates],
            footer: 4),
        .init(.exactOnly, "Show only clusters of the same pixels, or all", "exact", ["e"], [.duplicates], footer: 5),
        .init(.sameOnly, "Show only clusters of the same picture, or similar too", "same", ["s"], [.duplicates]),
        .init(.comparePhotos, "Compare the photos that were not yet", "scan", ["S"], [.duplicates], footer: 6),
        .init(.firstTrashed, "Go to the photo put there last", "first", ["g", "home"], [.trash]),
        .init(.lastTrashed, "Go to the last photo read so far", "last", ["G", "end"], [.trash]),
        .init(.markTrashed, "Mark or unmark the photo", "mark", ["space"], [.trash], footer: 1),
        .init(.restoreTrashed, "Take the photo, or all marked ones, back", "restore", ["r"], [.trash], footer: 0),
        .init(.emptyTrash, "Remove for good what has been there for 30 days", "empty", ["E"], [.trash], footer: 2),
        .init(.firstPlace, "Go to the first country", "first", ["g", "home"], [.places]),
        .init(.lastPlace, "Go to the last city", "last", ["G", "end"], [.places]),
        .init(.openPlace, "Show the photos taken there", "photos", ["enter"], [.places], footer: 0),
        .init(.firstAlbum, "Go to the first album", "first", ["g", "home"], [.albums]),
        .init(.lastAlbum, "Go to the last album", "last", ["G", "end"], [.albums]),
        .init(
            .openAlbum, "Show the album's photos, or what the saved search finds", "open", ["enter"], [.albums],
            footer: 0),
        .init(.createAlbum, "Begin an album", "new", ["n"], [.albums], footer: 1),
        .init(.renameAlbum, "Call the album otherwise, with those nested in it", "rename", ["r"], [.albums], footer: 2),
        .init(.describeAlbum, "Write what the album is about", "describe", ["e"], [.albums], footer: 3),
        .init(.deleteAlbum, "Delete the album; its photos stay", "delete", ["X"], [.albums], footer: 4),
        .init(
            .showEvents, "Propose photos that were taken together as albums, or no longer", "events", ["v"], [.albums],
            footer: 6),
        .init(.acceptEvent, "Make the proposed event an album", "accept", ["a"], [.albums], footer: 0),
        .init(.refuseEvent, "Have the event proposed no more", "refuse", ["R"], [.albums], footer: 1),
        .init(.firstRow, "Go to the first row or line", "first", ["g", "home"], KeyContext.console),
        .init(.lastRow, "Go to the last row or line", "last", ["G", "end"], KeyContext.console),
        .init(
            .openRow, "Look into the queue, message, group, letter or job", "look", ["enter"],
            [.queues, .messages, .dead, .jobs], footer: 0),
        .init(.pauseQueue, "Pause the queue, or resume it", "pause", ["p"], [.queues, .messages], footer: 1),
        .init(.moveQueue, "Move the queue's messages to another", "move", ["m"], [.queues, .messages], footer: 2),
        .init(.purgeQueue, "Drop all messages of the queue", "purge", ["X"], [.queues, .messages], footer: 3),
        .init(.retryDead, "Retry the letter, job or task, or the group's", "retry", ["r"], [.dead], footer: 1),
        .init(.retryAllDead, "Retry all that the filter lets through", "retry all", ["R"], [.dead], footer: 2),
        .init(.deleteDead, "Delete the letter, or the group's", "delete", ["x"], [.dead], footer: 4),
        .init(.deleteAllDead, "Delete all that the filter lets through", "delete all", ["X"], [.dead]),
        .init(
            .shutDownWorker, "Have the worker finish what it runs, and end", "shut down", ["S"], [.workers], footer: 1),
        .init(.limitRate, "Limit how many tasks of a name the worker begins", "limit", ["L"], [.workers], footer: 2),
        .init(.retryJob, "Retry the dead job or failed task", "retry", ["r"], [.jobs], footer: 1),
        .init(
            .retryAllJobs, "Retry all dead or failed jobs that the filter lets through", "retry all", ["R"], [.jobs]
        ),
        .init(.cancelJob, "Cancel the waiting job", "cancel", ["c"], [.jobs], footer: 2),
        .init(.cancelAllJobs, "Cancel all waiting jobs that the filter lets through", "cancel all", ["C"], [.jobs]),
        .init(.revokeJob, "Have workers end the job when its turn comes", "revoke", ["x"], [.jobs], footer: 4),
        .init(
            .revokeAllJobs, "Have workers end all unfinished tasks that the filter lets through", "revoke all",
            ["ctrl-x"],
            [.jobs]),
        .init(.terminateJob, "Have workers end the job, also where it runs", "stop", ["X"], [.jobs]),
        .init(.followJobs, "Stay with the newest, or stop", "follow", ["f"], [.jobs], footer: 5),
        .init(.showJobPhoto, "Show the job's photo among the others", "photo", ["v"], [.jobs]),
        .init(.mendFinding, "Mend what the row tells of", "mend", ["enter"], [.inbox], footer: 0),
        .init(.lookThoroughly, "Go through every photo and object, too", "thorough", ["t"], [.inbox], footer: 1),
        .init(.sortQueues, "Sort by name, or the longest first", "sort", ["o"], [.queues], footer: 5),
        .init(.lookAgain, "Look again now", "look again", ["ctrl-r"], KeyContext.console),
        .init(.jump, "Jump to a date", "jump", ["J"], [.timeline], footer: 4),
        .init(
            .filter, "Search, or show only clusters that match", "search", ["/"], [.timeline, .duplicates], footer: 3),
        .init(
            .filterRows, "Show only rows that match", "filter", ["/"], [.queues, .workers, .dead, .jobs], footer: 3),
        .init(.openPhoto, "Open the photo", "open", ["enter"], [.timeline], footer: 0),
        .init(.toggleMark, "Mark or unmark the photo", "mark", ["space"], [.timeline, .viewer], footer: 1),
        .init(
            .toggleRange, "Start a range here, or mark the range", "range", ["v", "ctrl-space"], [.timeline]),
        .init(.clear, "Drop range, marks or search", "clear", ["esc"], [.timeline]),
        .init(
            .toggleFavourite, "Make it a favourite, or no longer", "favourite", ["f"], [.timeline, .viewer],
            footer: 2),
        .init(.undo, "Undo the last change", "undo", ["u"], KeyContext.allCases),
        .init(.addToAlbum, "Put the photos into an album", "album", ["a"], [.timeline, .viewer]),
        .init(.editTags, "Give the photos tags, or take some away", "tags", ["t"], [.timeline, .viewer]),
        .init(.rate, "Rate the photos", "rate", ["r"], [.timeline, .viewer]),
        .init(.editCaption, "Write a caption for the photos", "caption", ["c"], [.timeline, .viewer]),
        .init(.archive, "Take the photos out of the timeline, into the archive", "archive", ["A"], [.timeline]),
        .init(
            .trashPhotos, "Put the photos into the trash; their files stay", "to trash", ["X", "delete"],
            [.timeline, .viewer]),
        .init(.removeFromAlbum, "Take the photos out of the album that shows", "take out", ["R"], [.timeline]),
        .init(.orderAlbum, "Have the album in order by date, or by hand", "order", ["o"], [.timeline]),
        .init(.chooseCover, "Have the photo stand for the album, or no longer", "cover", ["C"], [.timeline]),
        .init(.putBefore, "Put the marked photos before this one, in an album by hand", "put here", ["m"], [.timeline]),
        .init(.putLast, "Put the marked photos at the end, in an album by hand", "put last", ["L"], [.timeline]),
        .init(.saveSearch, "Keep the search as an album", "keep search", ["S"], [.timeline]),
        .init(.largerThumbnails, "Show larger thumbnails", "larger", ["+", "="], [.timeline, .duplicates, .albums]),
        .init(.smallerThumbnails, "Show smaller thumbnails", "smaller", ["-"], [.timeline, .duplicates, .albums]),
        .init(
            .acceptProposal, "Resolve: see what changes, then confirm", "resolve", ["enter", "a"],
            [.comparison], footer: 0),
        .init(.chooseKeeper, "Keep the photo instead", "keep", ["space"], [.comparison], footer: 1),
        .init(.keepToo, "Keep the photo as well, or not", "keep too", ["x"], [.comparison]),
        .init(.keepAll, "Keep all its photos", "keep all", ["A"], [.comparison]),
        .init(.notDuplicates, "Decide that they are no duplicates", "not same", ["N"], [.comparison]),
        .init(.stackPhotos, "Keep the burst, or the like, together as a stack", "stack", ["s"], [.comparison]),
        .init(
            .nextCluster, "Leave it for now: show the next cluster", "next", ["n", "pagedown", "ctrl-f"],
            [.comparison], footer: 2),
        .init(.previousCluster, "Show the cluster before", "before", ["p", "pageup", "ctrl-b"], [.comparison]),
        .init(.nextMember, "Go to the next photo of the cluster", "photo", ["]"], [.comparison]),
        .init(.previousMember, "Go to the photo before", "photo", ["["], [.comparison]),
        .init(.blink, "Show the keeper and the photo in one place in turn", "blink", ["b"], [.comparison], footer: 3),
        .init(.autoBlink, "Let them alternate, or stop", "alternate", ["B"], [.comparison]),
        .init(.difference, "Show where they differ", "difference", ["d"], [.comparison], footer: 4),
        .init(.nextPhoto, "Show the next photo", "next", ["n", "pagedown", "ctrl-f"], [.viewer], footer: 0),
        .init(.previousPhoto, "Show the photo before", "before", ["p", "pageup", "ctrl-b"], [.viewer]),
        .init(.zoomIn, "Zoom in", "zoom", ["+", "="], [.viewer, .comparison, .places], footer: 3),
        .init(.zoomOut, "Zoom out", "out", ["-"], [.viewer, .comparison, .places]),
        .init(.zoomFit, "Fit the whole photo, or the whole world", "fit", ["0"], [.viewer, .comparison, .places]),
        .init(.zoomActual, "Show the photo's own pixels", "1:1", ["1"], [.viewer, .comparison]),
        .init(
            .panLeft, "Pan left; the photo before when all of it shows", "left", ["h", "left"], [.viewer, .comparison]),
        .init(
            .panRight, "Pan right; the next photo when all of it shows", "right", ["l", "right"],
            [.viewer, .comparison]),
        .init(.panUp, "Pan up", "up", ["k", "up"], [.viewer, .comparison]),
        .init(.panDown, "Pan down", "down", ["j", "down"], [.viewer, .comparison]),
        .init(.slideshow, "Start or stop the slideshow", "slideshow", ["s"], [.viewer], footer: 5),
        .init(
            .toggleInfo, "Show or hide what is known of the photo", "info", ["i"], [.viewer, .comparison], footer: 4),
        .init(.closeViewer, "Go back to the timeline", "back", ["q", "esc", "enter"], [.viewer], footer: 6),
        .init(
            .closeComparison, "Go back to the photos, then to the list", "back", ["q", "esc"], [.comparison], footer: 6),
        .init(
            .closeDuplicates, "Drop the filter, or go back to the timeline", "back", ["q", "esc"], [.duplicates],
            footer: 7),
        .init(
            .closeTrash, "Drop the marks, or go back to the timeline", "back", ["q", "esc"], [.trash], footer: 7),
        .init(.toggleMap, "Show or hide the map", "map", ["m"], [.places], footer: 1),
        .init(.closePlaces, "Go back to the timeline", "back", ["q", "esc"], [.places], footer: 7),
        .init(.closeAlbums, "Go back to the timeline", "back", ["q", "esc"], [.albums], footer: 7),
        .init(
            .closeRow, "Go back a step: out of a text, a filter, a queue", "back", ["esc"], KeyContext.console),
        .init(
            .leaveConsole, "Go back a step, then to the photos or the shell", "back", ["q"], KeyContext.console,
            footer: 7),
        .init(
            .openTimeline, "Show the timeline", "photos", ["1"],
            [.timeline, .duplicates, .trash, .places, .albums] + KeyContext.console),
        .init(
            .openAlbums, "Show the albums", "albums", ["2"],
            [.timeline, .viewer, .duplicates, .trash, .places] + KeyContext.console),
        .init(
            .openDuplicates, "Show duplicates", "duplicates", ["d", "3"],
            [.timeline, .viewer, .trash, .places, .albums] + KeyContext.console, footer: 5),
        .init(.openTrash, "Show the trash", "trash", ["x"], [.timeline, .viewer, .duplicates, .places, .albums]),
        .init(
            .openPlaces, "Show the countries and cities that photos were taken in", "places", ["P"],
            [.timeline, .viewer, .duplicates, .trash, .albums]),
        .init(.openQueues, "Show the broker's queues", "queues", ["6"], KeyContext.allCases),
        .init(.openWorkers, "Show the broker's workers", "workers", ["w"], KeyContext.allCases),
        .init(.openDead, "Show the dead letters", "dead letters", ["D"], KeyContext.allCases),
        .init(.openJobs, "Show the jobs", "jobs", ["7"], KeyContext.allCases),
        .init(.openHealth, "Show the health of all that is needed", "health", ["8"], KeyContext.allCases),
        .init(.openCosts, "Show what the storage costs", "costs", ["9"], KeyContext.allCases),
        .init(
            .openInbox, "Show what waits for a person", "inbox", ["i"], [.timeline, .duplicates] + KeyContext.console),
        .init(.openPhotoJobs, "Show the photo's jobs", "its jobs", ["W"], [.timeline, .viewer]),
        .init(.openStory, "Tell what happened to the photo", "history", ["H"], [.timeline, .viewer]),
        .init(.openJournal, "Show what was done, by whom, and what came of it", "journal", ["J"], KeyContext.console),
        .init(.copyPath, "Copy the path to the clipboard", "copy path", ["y"], [.timeline, .viewer, .comparison]),
        .init(
            .writeSidecars, "Write what is known of the photos into sidecars beside them", "sidecars", ["B"],
            [.timeline, .viewer]),
        .init(
            .exportPhotos, "Write photos into a folder, without their position", "export",
            ["E"], [.timeline, .viewer, .albums], footer: 9),
        .init(
            .sharePhotos, "Share photos by a link, and copy it", "share", ["Y"],
            [.timeline, .viewer, .albums]),
        .init(.lastView, "Go to the view before", "last view", ["\\", "backspace"], KeyContext.allCases),
        .init(.nextView, "Go to the next view", "next view", ["tab"], KeyContext.allCases),
        .init(.acceptLoss, "Mark vanished files as missing", "missing", ["M"], [.timeline]),
        .init(.nextTheme, "Use the next theme", "theme", ["T"], KeyContext.allCases),
        .init(
            .nextGraphics, "Show pictures another way: their pixels, or characters", "graphics", ["ctrl-g"],
            KeyContext.allCases),
        .init(.palette, "Find any action by its name", "actions", [":"], KeyContext.allCases, footer: 8),
        .init(.help, "Show what the keys do", "help", ["?", "f1"], KeyContext.allCases),
        .init(.repaint, "Paint the screen anew", "repaint", ["ctrl-l"], KeyContext.allCases),
        .init(.suspend, "Go back to the shell for a while", "suspend", ["ctrl-z"], KeyContext.allCases),
        .init(.quit, "Leave phototui", "quit", ["q", "Q"], [.timeline], footer: 10),
    ]

    /// The description of one action.
    public static func of(_ action: Action) -> ActionDescription { byAction[action]! }

    private static let byAction = Dictionary(uniqueKeysWithValues: all.map { ($0.action, $0) })
}
