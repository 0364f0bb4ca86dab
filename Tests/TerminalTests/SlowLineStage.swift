import Foundation
import Glibc
import Grid
import Synchronization
import Testing

@testable import Terminal

/// The terminal of the program at the far end of a slow line, in front of an emulator that answers how far it is.
final class SlowLineStage {
    let pty: PseudoTerminal
    let terminal: NcursesTerminal
    let screen: PixelScreen
    let pictures = KnownPictures()
    let roundTrip: Duration
    private let line: SlowLine

    /// - Parameter rate: bytes a second.
    init(_ kind: PixelScreen.Kind, _ way: GraphicsProtocol, rate: Double, roundTrip: Duration) throws {
        pty = try PseudoTerminal(columns: 80, rows: 24)
        self.roundTrip = roundTrip
        line = SlowLine(pty.controller, rate: rate, roundTrip: roundTrip)
        var profile = try TerminalProfile(
            environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"])
        profile.graphics = way
        terminal = try NcursesTerminal(path: pty.path, profile: profile)
        screen = PixelScreen(kind, columns: 80, rows: 24)
        terminal.use(pictures)
        _ = terminal.events(within: roundTrip * 2)
        try #require(terminal.replies.isComplete)
    }

    deinit {
        terminal.close()
        line.stop()
    }

    func present(_ grid: Grid) { terminal.present(grid, cursor: nil, styles: .plain) }

    /// Lets pictures come until a time is over or all have, and gives what arrived to the emulator.
    func run(_ seconds: Double = 60, until isOver: () -> Bool = { false }) {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end, terminal.hasMore || !line.isQuiet, !isOver() {
            _ = terminal.events(within: .milliseconds(5))
            screen.feed(line.take())
        }
    }

    /// Writes a line of text while pictures come and waits until it shows.
    /// - Returns: how many bytes were on the slow line before it, which it waited behind: nil where it never showed. No time:
    ///   that would be the busy machine's, too.
    func show(_ text: String, on grid: Grid) -> (grid: Grid, behind: Int?) {
        var grid = grid
        grid.write(text, at: Position(row: 0, column: 20), role: .title)
        let behind = line.waiting
        present(grid)
        let end = ContinuousClock.now + .seconds(20)
        while !screen.text(row: 0).contains(text) {
            guard ContinuousClock.now < end else { return (grid, nil) }
            _ = terminal.events(within: .milliseconds(5))
            screen.feed(line.take())
        }
        return (grid, behind)
    }

    /// What `PictureStage.faults` tells.
    func faults(showing grid: Grid) -> [String] {
        let pixels = screen.pixels()
        var faults: [String] = []
        for row in 0..<grid.rows {
            for column in 0..<grid.columns {
                let wanted: PixelScreen.CellColor =
                    grid[row, column].piece.map { .color(KnownPictures.color(of: $0)) } ?? .none
                let found = screen.color(row, column, of: pixels)
                if found != wanted { faults.append("\(row),\(column): \(found) instead of \(wanted)") }
            }
        }
        return faults
    }
}

/// Takes all that is written to a pseudo-terminal, as a connection does, and lets it arrive at a rate and after a time; answers
/// primary device attributes from the far end.
private final class SlowLine: Sendable {
    private struct State {
        var onTheWay: [(at: ContinuousClock.Instant, byte: [UInt8])] = []
        var answers: [ContinuousClock.Instant] = []
        var freeAt = ContinuousClock.now
        var tail: [UInt8] = []
        var isStopped = false
        var isEnded = false
    }

    private let state = Mutex(State())
    private let roundTrip: Duration

    init(_ controller: Int32, rate: Double, roundTrip: Duration) {
        self.roundTrip = roundTrip
        let thread = Thread { [self] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while !state.withLock({ $0.isStopped }) {
                var wait = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
                let count = poll(&wait, 1, 1) > 0 ? Glibc.read(controller, &buffer, buffer.count) : 0
                let now = ContinuousClock.now
                let isAnswered = state.withLock { state in
                    for start in stride(from: 0, to: max(0, count), by: 32) {
                        let piece = Array(buffer[start..<min(count, start + 32)])
                        state.freeAt = max(state.freeAt, now) + .seconds(Double(piece.count) / rate)
                        state.onTheWay.append((state.freeAt + roundTrip / 2, piece))
                        state.tail += piece
                        while let range = state.tail.firstRange(of: Array("\u{1b}[c".utf8)) {
                            state.answers.append(state.freeAt + roundTrip)
                            state.tail.removeSubrange(..<range.upperBound)
                        }
                        state.tail = state.tail.suffix(2)
                    }
                    guard let first = state.answers.first, first <= now else { return false }
                    state.answers.removeFirst()
                    return true
                }
                if isAnswered { _ = Glibc.write(controller, "\u{1b}[?62;4c", 8) }
            }
            state.withLock { $0.isEnded = true }
        }
        thread.start()
    }

    var isQuiet: Bool { state.withLock { $0.onTheWay.isEmpty && $0.answers.isEmpty } }

    /// Bytes that have not gone into the line yet.
    var waiting: Int {
        state.withLock { state in
            let now = ContinuousClock.now
            return state.onTheWay.reduce(0) { $0 + ($1.at - roundTrip / 2 > now ? $1.byte.count : 0) }
        }
    }

    func take() -> [UInt8] {
        state.withLock { state in
            let now = ContinuousClock.now
            let count = state.onTheWay.firstIndex { $0.at > now } ?? state.onTheWay.count
            defer { state.onTheWay.removeFirst(count) }
            return state.onTheWay[..<count].flatMap(\.byte)
        }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        while !state.withLock({ $0.isEnded }) { usleep(1000) }
    }
}
