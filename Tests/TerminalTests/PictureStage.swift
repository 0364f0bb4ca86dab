import Foundation
import Glibc
import Grid
import Synchronization
import Testing
import Thumbnails

@testable import Terminal

/// The terminal of the program in front of an emulator that shows pictures, with pictures of known colours.
final class PictureStage {
    let pty: PseudoTerminal
    let terminal: NcursesTerminal
    let screen: PixelScreen
    let pictures = KnownPictures()
    private let drain: Drain

    /// - Parameter way: nil has the terminal asked.
    init(_ kind: PixelScreen.Kind, asked way: GraphicsProtocol?, columns: Int = 80, rows: Int = 24) throws {
        pty = try PseudoTerminal(columns: UInt16(columns), rows: UInt16(rows))
        drain = Drain(pty.controller)
        var profile = try TerminalProfile(
            environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"])
        // Which terminals move pixels is known by their names.
        let isNamed = kind == .scrolledSixel || kind == .scrolledITerm
        profile.graphics = isNamed ? nil : way
        profile.pacesPictures = false
        terminal = try NcursesTerminal(path: pty.path, profile: profile)
        screen = PixelScreen(kind, columns: columns, rows: rows)
        terminal.use(pictures)
        if isNamed {
            pty.type(kind == .scrolledSixel ? RecordedReplies.xtermVT340 : GraphicsChoiceTests.wezterm)
            try #require(terminal.events(within: .seconds(5)) == [] && terminal.graphics.way == way)
        }
    }

    deinit {
        terminal.close()
        drain.stop()
    }

    /// Shows a grid until nothing is left to do, and gives the bytes that took.
    @discardableResult
    func present(_ grid: Grid) -> Int {
        let before = terminal.bytesWritten
        repeat {
            terminal.present(grid, cursor: nil, styles: .plain)
        } while terminal.hasMore
        read()
        return terminal.bytesWritten - before
    }

    /// Has the emulator read what was written so far.
    func read() {
        drain.wait(for: terminal.bytesWritten)
        screen.feed(drain.take())
    }

    /// The cells whose pixels are not those of the grid's pictures: all that is wrong.
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

    /// Reads a pseudo-terminal on a thread of its own: who writes to it must not wait for the test.
    private final class Drain: Sendable {
        private let state = Mutex((bytes: [UInt8](), count: 0, isStopped: false, isEnded: false))

        init(_ controller: Int32) {
            let thread = Thread { [self] in
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while !state.withLock({ $0.isStopped }) {
                    var wait = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
                    guard poll(&wait, 1, 20) > 0 else { continue }
                    let count = Glibc.read(controller, &buffer, buffer.count)
                    guard count > 0 else { continue }
                    state.withLock { state in
                        state.bytes += buffer[..<count]
                        state.count += count
                    }
                }
                state.withLock { $0.isEnded = true }
            }
            thread.start()
        }

        /// Returns once nothing reads any more: the next terminal may have the same descriptor.
        func stop() {
            state.withLock { $0.isStopped = true }
            while !state.withLock({ $0.isEnded }) { usleep(1000) }
        }

        func wait(for count: Int) {
            for _ in 0..<1000 where state.withLock({ $0.count }) < count { usleep(2000) }
        }
        func take() -> [UInt8] {
            state.withLock { state in
                defer { state.bytes = [] }
                return state.bytes
            }
        }
    }
}

/// Pictures of which each cell has a colour of its own among its neighbours, made ready when they are asked for.
final class KnownPictures: ImageSupply {
    static let size = GridSize(columns: 14, rows: 5)
    /// Pictures that are not ready.
    let missing = Mutex<Set<ImageID>>([])
    /// Those that never will be.
    let lost = Mutex<Set<ImageID>>([])
    let wanted = Mutex<[ImageID]>([])

    /// Of a few that no way of showing pictures changes.
    static func color(of piece: ImagePiece) -> UInt32 {
        let levels: [UInt32] = [51, 102, 153, 204]
        let number = Int(piece.image.number) * 7 + piece.row * 17 + piece.column
        return levels[number % 4] << 16 | levels[number / 4 % 4] << 8 | levels[(number / 16 + 1) % 3]
    }

    func image(_ id: ImageID, as form: ImageForm) -> EncodedImage? {
        if missing.withLock({ $0.contains(id) }) || isLost(id) { return nil }
        let (width, height) = (Self.size.columns * form.cellWidth, Self.size.rows * form.cellHeight)
        var rgba: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let color = Self.color(of: ImagePiece(image: id, row: y / form.cellHeight, column: x / form.cellWidth))
                rgba += [UInt8(color >> 16), UInt8(color >> 8 & 255), UInt8(color & 255), 255]
            }
        }
        return ImageEncoder.encode(
            PixelImage(width: width, height: height, rgba: rgba), size: Self.size, form: form)
    }

    func isLost(_ id: ImageID) -> Bool { lost.withLock { $0.contains(id) } }

    func want(_ ids: [ImageID], as form: ImageForm, isReady: @escaping @Sendable () -> Void) {
        wanted.withLock { $0 = ids }
    }

    /// A wall of so many pictures on a line, `top` rows of which are scrolled past, with a name below each.
    static func wall(
        _ numbers: Range<Int>, perLine: Int = 4, top: Int = 0, size: GridSize = GridSize(columns: 80, rows: 24)
    ) -> Grid {
        var grid = Grid(size: size)
        let area = Rect(row: 1, column: 0, rows: size.rows - 2, columns: size.columns)
        for (place, number) in numbers.enumerated() {
            var picture = Grid(size: Self.size, filledWith: Cell("▚", paint: .role(.thumbnailEmpty)))
            picture.show(ImageID(UInt32(number)), in: picture.bounds)
            let origin = Position(row: 1 + place / perLine * 6 - top, column: 1 + place % perLine * 16)
            grid.draw(picture, at: origin, clip: area)
            let caption = origin.row + 5
            if area.row <= caption, caption < area.endRow {
                grid.write("IMG_\(number).jpg", at: Position(row: caption, column: origin.column), role: .dim)
            }
        }
        grid.write("title", at: Position(row: 0, column: 0), role: .title)
        grid.write("footer", at: Position(row: size.rows - 1, column: 0), role: .dim)
        return grid
    }
}
