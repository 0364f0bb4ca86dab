import Foundation
import Glibc
import Testing

/// A shell in a tmux server of its own, 80 x 24, in a `Home`, from `start` to `end`.
final class TmuxSession {
    let home: Home
    private let socket = "phototui-test-\(UUID().uuidString.prefix(8))"

    init() throws { home = try Home() }

    func start() async throws {
        let shell = """
            env -i HOME=\(home.path) PATH=\(Home.programs):/usr/bin:/bin LANG=C.UTF-8 TERM=tmux-256color \
            SWIFT_BACKTRACE=enable=no PS1='PROMPT> ' bash --norc --noprofile
            """
        try await tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", shell)
        try await wait(for: "PROMPT>")
    }

    /// Ends the server, and waits until it is gone.
    func end() async throws {
        _ = try await status(of: ["kill-server"])
        for _ in 0..<200 {
            if try await status(of: ["list-sessions"]) != 0 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("tmux \(socket) did not end")
    }

    /// Opens the app on the photos, in the foreground of the shell.
    func openApp() async throws {
        try await line("phototui --library \(home.library) \(home.photos)")
        try await wait(for: "12 photos")
    }

    /// Presses keys by tmux's names.
    func press(_ keys: String...) async throws {
        for key in keys { try await tmux("send-keys", key) }
    }

    /// Types a line for the shell.
    func line(_ text: String) async throws {
        try await tmux("send-keys", "-l", text)
        try await tmux("send-keys", "Enter")
    }

    func resize(_ columns: Int, _ rows: Int) async throws {
        try await tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
    }

    /// Waits until the screen has this text, and gives the screen.
    @discardableResult
    func wait(for text: String, seconds: Int = 40) async throws -> String {
        var screen = ""
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            screen = try await self.screen()
            if screen.contains(text) { return screen }
            try await Task.sleep(for: .milliseconds(100))
        }
        try #require(Bool(false), "never shown: \(text)\nthe last screen:\n\(screen)")
        return screen
    }

    /// What `stty` says of the terminal's modes, asked by the shell.
    func modes() async throws -> String {
        let file = home.path + "/modes-\(UUID().uuidString)"
        try await line("stty -g >\(file).new; mv \(file).new \(file)")
        for _ in 0..<200 {
            if let modes = try? String(contentsOfFile: file, encoding: .utf8) { return modes }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NoAnswer()
    }

    struct NoAnswer: Error {}

    /// The pane's title.
    func title() async throws -> String {
        let file = home.path + "/title"
        try await tmux("run-shell", "printf %s '#{pane_title}' >\(file)")
        return try String(contentsOfFile: file, encoding: .utf8)
    }

    func screen() async throws -> String {
        let file = home.path + "/screen"
        try await tmux("capture-pane", "-b", "screen")
        try await tmux("save-buffer", "-b", "screen", file)
        return try String(contentsOfFile: file, encoding: .utf8)
    }

    private func tmux(_ arguments: String...) async throws {
        let status = try await status(of: arguments)
        try #require(status == 0, "tmux \(arguments) ended with \(status)")
    }

    private func status(of arguments: [String]) async throws -> Int32 {
        let process = try spawn(arguments)
        var status: Int32 = 0
        for _ in 0..<1000 {
            if waitpid(process, &status, WNOHANG) == process { return status }
            try await Task.sleep(for: .milliseconds(10))
        }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        throw NoAnswer()
    }

    /// Away from every descriptor of this process: the server would keep them for as long as it lives.
    private func spawn(_ arguments: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0...2 as ClosedRange<Int32> {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A thread that runs Swift's tasks blocks SIGTERM, which kill-server sends: its server would never end.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        for descriptor in 3..<64 as Range<Int32> { posix_spawn_file_actions_addclose(&actions, descriptor) }
        let words: [String] = ["tmux", "-L", socket] + arguments
        let environment: [String] = ["PATH=/usr/bin:/bin", "LANG=C.UTF-8", "TERM=xterm-256color"]
        var strings: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
        defer { for text in strings + variables { free(text) } }
        strings.append(nil)
        variables.append(nil)
        var process: pid_t = 0
        // SAFETY: both arrays end with a null pointer; their strings live until the call returns.
        let result = posix_spawn(&process, "/usr/bin/tmux", &actions, &attributes, strings, variables)
        try #require(result == 0, "posix_spawn: \(result)")
        return process
    }
}
