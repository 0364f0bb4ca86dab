import Foundation
import Glibc
import Testing

/// The built program in a terminal of its own, opening a folder of twelve photos on a new library.
///
/// Used by one test at a time; it ends the program when it goes.
final class ProgramOnTerminal {
    private(set) var terminal: PseudoTerminal?
    let process: pid_t
    /// The terminal's modes before the program started.
    let modes: termios
    /// All that came from the program so far.
    private(set) var written: [UInt8] = []
    let home: Home
    private var status: Int32?

    /// `home` is that of an earlier one, whose library is opened again; `arguments` stand for the library and its photos.
    init(
        columns: UInt16 = 80, rows: UInt16 = 24, home: Home? = nil, arguments: [String]? = nil,
        _ environment: [String: String] = [:]
    ) throws {
        self.home = try home ?? Home()
        let home = self.home
        let terminal = try PseudoTerminal(columns: columns, rows: rows)
        self.terminal = terminal
        modes = Self.modes(of: terminal)
        let variables = [
            "HOME": home.path, "PATH": "\(Home.programs):/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm-256color",
            "SWIFT_BACKTRACE": "enable=no",
        ].merging(environment) { $1 }
        process = try Self.spawn(
            [Home.programs + "/phototui"] + (arguments ?? ["--library", home.library, home.photos]),
            variables.map { "\($0)=\($1)" }, on: terminal.path)
    }

    deinit {
        if status == nil {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
    }

    /// Starts a program as the leader of a session whose terminal is `path`.
    private static func spawn(_ arguments: [String], _ environment: [String], on path: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A session's first terminal becomes its own.
        posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // As a shell starts it; a thread that runs Swift's tasks blocks most signals.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // POSIX_SPAWN_SETSID, which Swift's Glibc hasn't got.
        posix_spawnattr_setflags(&attributes, 0x80 | Int16(POSIX_SPAWN_SETSIGMASK))
        var (strings, variables) = (arguments.map { strdup($0) }, environment.map { strdup($0) })
        defer { for text in strings + variables { free(text) } }
        strings.append(nil)
        variables.append(nil)
        var process: pid_t = 0
        // SAFETY: both arrays end with a null pointer; their strings live until the call returns.
        let result = posix_spawn(&process, arguments[0], &actions, &attributes, strings, variables)
        try #require(result == 0, "posix_spawn: \(result)")
        return process
    }

    private static func modes(of terminal: PseudoTerminal) -> termios {
        let descriptor = open(terminal.path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(descriptor) }
        var modes = termios()
        tcgetattr(descriptor, &modes)
        return modes
    }

    /// Whether the terminal's modes are those from before the program.
    var hasModesBack: Bool {
        guard let terminal else { return false }
        let now = Self.modes(of: terminal)
        return (now.c_iflag, now.c_oflag, now.c_lflag) == (modes.c_iflag, modes.c_oflag, modes.c_lflag)
    }

    /// Sets the modes from before the program, as a shell does when its job stops.
    func giveModesBack() {
        guard let terminal else { return }
        let descriptor = open(terminal.path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(descriptor) }
        var modes = modes
        tcsetattr(descriptor, TCSANOW, &modes)
    }

    func type(_ text: String) { terminal?.type(text) }

    /// Closes the terminal's window.
    func hangUp() { terminal = nil }

    /// What came since the last call.
    @discardableResult
    func take() -> [UInt8] {
        let bytes = terminal?.bytes() ?? []
        written += bytes
        return bytes
    }

    /// Waits until this is true of what was written so far.
    @discardableResult
    func wait(_ what: String, seconds: Int = 30, until isTrue: () throws -> Bool) async throws -> Bool {
        for _ in 0..<seconds * 50 {
            take()
            if try isTrue() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        let last = String(decoding: written.suffix(600), as: UTF8.self).debugDescription
        Issue.record("never: \(what); last came \(last)")
        return false
    }

    /// Waits until nothing has come for a while, and gives what came.
    func settle(for quiet: Duration = .milliseconds(400)) async throws -> [UInt8] {
        var (bytes, last) = (take(), ContinuousClock.now)
        let end = last + .seconds(30)
        while last.duration(to: .now) < quiet, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20))
            let more = take()
            if !more.isEmpty { (bytes, last) = (bytes + more, .now) }
        }
        return bytes
    }

    /// Types keys, and waits for what they change on the screen; how much came.
    @discardableResult
    func answer(to keys: String) async throws -> Int {
        let before = written.count
        type(keys)
        try await wait("an answer to \(keys.debugDescription)") { written.count > before }
        _ = try await settle()
        return written.count - before
    }

    /// The text of the whole screen, drawn anew: line ends and colours are not in it.
    func screen() async throws -> String {
        _ = try await settle()
        let before = written.count
        try await answer(to: "\u{c}")
        return Self.plain(Array(written[before...]))
    }

    /// Whether the screen comes to be like this; a busy machine may take its time.
    func comesToShow(_ isTrue: (String) -> Bool) async throws -> Bool {
        var screen = ""
        for _ in 0..<20 {
            screen = try await self.screen()
            if isTrue(screen) { return true }
        }
        Issue.record("the last screen: \(screen)")
        return false
    }

    /// Waits for the app to show its tabs, whatever is imported by then.
    func waitForFrame() async throws {
        try await wait("a frame") { Self.plain(written).contains("Timeline") }
    }

    /// Waits for all photos to be there and processed.
    func waitForPhotos() async throws {
        var screen = ""
        for _ in 0..<60 {
            screen = try await self.screen()
            if screen.contains("12 photos"), !screen.contains("process"), !screen.contains("indexing") { return }
        }
        Issue.record("the photos never came: \(screen)")
    }

    /// Waits for the end; the wait status.
    func ending(within seconds: Int = 20) async throws -> Int32? {
        for _ in 0..<seconds * 50 where status == nil {
            take()
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process { self.status = status }
            if self.status == nil { try await Task.sleep(for: .milliseconds(20)) }
        }
        take()
        return status
    }

    /// Without escape sequences; a blank stands for each that moves.
    private static func plain(_ bytes: [UInt8]) -> String {
        var (text, place) = ([UInt8](), 0)
        while place < bytes.count {
            guard bytes[place] == 0x1b else {
                text.append(bytes[place] < 0x20 ? 0x20 : bytes[place])
                place += 1
                continue
            }
            place += 1
            guard place < bytes.count else { break }
            if bytes[place] == UInt8(ascii: "[") {
                place += 1
                while place < bytes.count, !(0x40...0x7e).contains(bytes[place]) { place += 1 }
                if place < bytes.count, bytes[place] != UInt8(ascii: "m") { text.append(0x20) }
            } else if bytes[place] == UInt8(ascii: "(") {
                place += 1
            }
            place += 1
        }
        return String(decoding: text, as: UTF8.self)
    }
}
