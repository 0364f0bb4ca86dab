import App
import ArgumentParser
import Core
import Foundation
import Glibc
import Grid
import Jobs
import PhotoEngine
import SystemPackage
import Terminal
import Thumbnails
import Widgets

/// The app in the terminal: one thread owns the screen and sleeps until there is input or a message.
struct InteractiveSession: Sendable {
    /// An embedded library's folder.
    var folder: FilePath
    /// A networked library, instead of the folder's.
    var profile: Profile?
    /// What becomes of the profile's owner whom nobody has added.
    var unknownOwner: Library.UnknownOwner
    var configuration: Configuration
    /// Folders and files to import while the app is open.
    var paths: [FilePath]
    var environment: [String: String]
    /// Why whoever acts for another owner does so.
    var reason = ""
    var broker: Broker?
    /// The broker's address as it was given, of a console that was opened so.
    var brokerOption: String?
    /// Whether there are photos beside the broker.
    let hasLibrary: Bool

    /// A broker to look after.
    struct Broker: Sendable {
        let state: ConsoleState
        let open: @Sendable () async throws -> OpenConsole
    }

    init(
        folder: FilePath, profile: Profile?, unknownOwner: Library.UnknownOwner, configuration: Configuration,
        paths: [FilePath],
        environment: [String: String], reason: String
    ) {
        self.reason = reason
        (self.folder, self.profile, self.configuration) = (folder, profile, configuration)
        (self.paths, self.environment, self.unknownOwner) = (paths, environment, unknownOwner)
        hasLibrary = true
        if let profile, let address = profile.broker {
            broker = Broker(
                state: ConsoleState(
                    address: address.description, options: ["--profile", profile.name], hasCatalog: true),
                open: { try await OpenConsole.open(broker: nil, profile: profile) })
        }
    }

    /// The console of a broker, without photos.
    init(
        broker: Broker, option: String?, profile: Profile?, configuration: Configuration, environment: [String: String]
    ) {
        (folder, paths, hasLibrary, unknownOwner) = ("", [], false, .refused)
        (self.broker, self.configuration, self.environment) = (broker, configuration, environment)
        (self.profile, brokerOption) = (profile, option)
    }

    /// What the screens beside the photos look at.
    private var place: ConsolePlace {
        ConsolePlace(
            hasCatalog: hasLibrary || profile != nil, profile: profile,
            folder: hasLibrary && profile == nil ? folder : nil, brokerOption: brokerOption,
            isReadOnly: broker?.state.isReadOnly == true, configuration: configuration, environment: environment)
    }

    /// Those of a library without a broker show its jobs, and what it needs.
    private var consoleState: ConsoleState {
        broker?.state
            ?? ConsoleState(
                address: profile?.name ?? folder.rawText, options: place.words, hasBroker: false, hasCatalog: true)
    }

    /// Runs until the user leaves, and until what was changed is saved.
    /// - Throws: `TerminalError` when there is no usable terminal; why the library could not be opened, which is shown before;
    ///   `ExitCode.inPart` when a change could not be saved, which then has been said.
    func run() async throws {
        // Opened while the terminal starts.
        let open: @Sendable () async throws -> Library = {
            [folder, profile, configuration, environment, hasLibrary, unknownOwner] in
            guard hasLibrary || profile != nil else {
                throw EngineError(.notFound, "there is no library here, only a broker")
            }
            if let profile {
                return try await Library.open(
                    profile, configuration: configuration, environment: environment, unknownOwner: unknownOwner)
            }
            return try await Library.open(folder, configuration: configuration)
        }
        let door = LibraryDoor(open)
        // The photos are opened while the terminal starts; those of a console only once it asks for jobs.
        if hasLibrary { door.wake() }
        let opening = door.opening
        let console = broker.map { broker in Task { try await broker.open() } }
        let (runner, leftUndone): (EffectRunner, String?) = try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                continuation.resume(with: Result { try runLoop(door, console) })
            }
            thread.name = "terminal"
            thread.stackSize = 8 << 20
            thread.start()
        }
        let unsaved = await runner.stop()
        if let leftUndone { Console.complain("not done: \(leftUndone)") }
        if let first = unsaved.first {
            let count = unsaved.count == 1 ? "a change" : "\(unsaved.count) changes"
            Console.complain("\(count) could not be saved: \(first)")
        }
        guard door.wasAsked else {
            opening.cancel()
            return try unsavedEnd(unsaved)
        }
        switch await opening.result {
        case .success(let library): await library.close()
        case .failure(let error): if hasLibrary { throw error }
        }
        try unsavedEnd(unsaved)
    }

    private func unsavedEnd(_ unsaved: [EngineError]) throws {
        if !unsaved.isEmpty { throw ExitCode.inPart }
    }

    /// How long the first frame waits for photos rather than show a skeleton.
    private static let patience = Duration.milliseconds(150)

    /// Until the user leaves; tells also what waited to be done then, and is not.
    private func runLoop(
        _ door: LibraryDoor, _ console: Task<OpenConsole, any Error>?
    ) throws -> (EffectRunner, String?) {
        let profile = try TerminalProfile(environment: environment).limited(to: configuration)
        WaitNotice.stop()
        let screen = isLinear ? nil : try NcursesTerminal(profile: profile)
        let terminal: any TerminalBackend = try screen ?? LinearTerminal(isUnicode: profile.isUnicode)
        defer { terminal.close() }
        let queue = MessageQueue(waker: terminal.waker)
        let images = ImageStore<CellRenderer.ImageKey>()
        screen?.use(images)
        let runner = EffectRunner(
            opening: door.opening, door: door, console: console, place: place, reason: reason, queue: queue,
            renderer: CellRenderer(
                terminal.capabilities, images: images, pixelsPerColumn: screen?.pixelsPerColumn ?? 8))
        let themes = ThemeFolder(environment: environment, executable: CommandLine.arguments[0])
        var styles = StyleTable.plain
        var state = initialState(terminal, themes, notice: screen?.notice)
        var background = screen?.replies.background
        use(theme: configuration.theme, themes, on: background, terminal, &styles, &state)

        var settings = configuration
        let folders = themes.folders + [configuration.file?.removingLastComponent().string].compactMap(\.self)
        let watch = SettingsWatch(folders: folders) { queue.post(.settingsChanged) }
        defer { watch?.stop() }

        for effect in state.start() { runner.perform(effect) }
        var grid = Grid(size: state.size)
        var (hasBackground, isLeaving) = (false, false)
        let started = ContinuousClock.now
        while true {
            let isWaiting = !hasBackground && state.isWaitingForContent
            let left = Self.patience - started.duration(to: .now)
            let timeout = isWaiting ? max(left, .zero) : nil
            let input = terminal.events(within: timeout)
            var effects: [Effect] = []
            for event in input { effects += update(&state, .input(event)) }
            if screen?.replies.background != background {
                background = screen?.replies.background
                if state.theme == ThemeFolder.automatic {
                    use(theme: state.theme, themes, on: background, terminal, &styles, &state)
                }
            }
            // Whoever leaves sees no message any more; what failed stays for the runner to tell.
            for event in effects.contains(.quit) ? [] : queue.takeAll() {
                switch event {
                case .message(let message): effects += update(&state, message)
                case .clipboard(let request, let paths, let wanted):
                    let copied = Clipboard.copy(paths)
                    effects += update(&state, .pathsCopied(request, copied: copied, of: wanted))
                case .link(let request, let share, let url):
                    let isCopied = Clipboard.copy([Array(url.utf8)]) == 1
                    effects += update(&state, .shared(request, share, isCopied: isCopied))
                case .settingsChanged:
                    let before = settings
                    settings = Configuration.load(environment: environment)
                    readSettings(settings, themes, &state)
                    let name = settings.theme == before.theme ? state.theme : settings.theme
                    use(theme: name, themes, on: background, terminal, &styles, &state)
                }
            }
            for effect in effects {
                switch effect {
                case .quit: isLeaving = true
                case .repaint: terminal.invalidate()
                case .suspend: raise(SIGTSTP)
                case .useTheme(let name): use(theme: name, themes, on: background, terminal, &styles, &state)
                case .useNextGraphics: _ = update(&state, .noticed(Self.useNextGraphics(screen)))
                case .wantThumbnails where isLinear: break
                default: runner.perform(effect)
                }
            }
            if isLeaving {
                if let refusal = state.refusalOfLeaving { runner.perform(.recordRefusal(refusal)) }
                return (runner, state.leftUndone)
            }
            if !hasBackground, state.isWaitingForContent, started.duration(to: .now) < Self.patience { continue }
            state.line = screen?.line
            if grid.size != state.size { grid = Grid(size: state.size) }
            let cursor = draw(state, into: &grid)
            terminal.present(grid, cursor: cursor, styles: styles)
            if !hasBackground {
                hasBackground = true
                if hasLibrary { runner.startBackground(paths: paths) }
            }
        }
    }

    /// Whether what shows is told line by line.
    private var isLinear: Bool { configuration.graphics == Configuration.linearGraphics }

    private static func useNextGraphics(_ terminal: NcursesTerminal?) -> Notice {
        guard let terminal else { return Notice(.information, "pictures are not told of") }
        let ways = terminal.graphics.possible
        guard ways.count > 1 else {
            let reason = terminal.graphics.reason
            return Notice(.information, "characters are the only way: \(reason)")
        }
        let next = ways.firstIndex(of: terminal.graphics.way).map { ways[($0 + 1) % ways.count] } ?? ways[0]
        terminal.useGraphics(next)
        return Notice(.information, "pictures: \(next.rawValue)")
    }

    /// A networked library with its owner: somebody else's is not to be taken for one's own.
    private var libraryName: String {
        profile.map { "\($0.name)/\($0.owner)" } ?? folder.lastComponent?.string ?? ""
    }

    private func initialState(
        _ terminal: any TerminalBackend, _ themes: ThemeFolder, notice: String?
    ) -> AppState {
        let keyMap = KeyMap(overrides: configuration.keys)
        let isStill = isLinear || environment["PHOTOTUI_NO_MOTION"].map { !$0.isEmpty } ?? false
        var state = AppState(
            size: terminal.size,
            look: Look(
                // Words are told, signs are spelt.
                lines: LineSet(isUnicode: terminal.capabilities.isUnicode && !isLinear),
                cellAspectRatio: terminal.capabilities.cellAspectRatio, isStill: isStill),
            keyMap: keyMap, libraryName: libraryName, console: consoleState, hasLibrary: hasLibrary)
        state.themes = [ThemeFolder.automatic] + themes.names
        state.standingReason = reason
        state.canShare = profile != nil
        if let problem = Self.problem(of: configuration, keyMap) {
            state.activity.notice = problem
        } else if let notice {
            state.activity.notice = Notice(.information, notice)
        }
        return state
    }

    /// Keys and themes as they are by now. What else the settings tell holds from the next start.
    private func readSettings(_ settings: Configuration, _ themes: ThemeFolder, _ state: inout AppState) {
        let keyMap = KeyMap(overrides: settings.keys)
        _ = update(&state, .settingsRead(keyMap, themes: [ThemeFolder.automatic] + themes.names))
        if let problem = Self.problem(of: settings, keyMap) { _ = update(&state, .noticed(problem)) }
    }

    private static func problem(of settings: Configuration, _ keyMap: KeyMap) -> Notice? {
        let problems = settings.problems.map(\.description) + keyMap.problems
        guard let first = problems.first else { return nil }
        return Notice(
            .warning, first + (problems.count > 1 ? " (and \(problems.count - 1) more: phototui config)" : ""))
    }

    private func use(
        theme name: String, _ themes: ThemeFolder, on background: RGBColor?, _ terminal: any TerminalBackend,
        _ styles: inout StyleTable, _ state: inout AppState
    ) {
        do {
            styles = try themes.theme(named: name, on: background).styles(
                for: terminal.capabilities.colorDepth)
            _ = update(&state, .themeUsed(name))
        } catch {
            if styles == .plain, let fallback = try? themes.theme(named: EmbeddedTheme.name) {
                styles = fallback.styles(for: terminal.capabilities.colorDepth)
            }
            _ = update(&state, .noticed(Notice(.warning, "\(error)")))
        }
    }
}
