import CVterm
import Grid

/// A terminal emulator that shows pictures: libvterm has the text, what is here the pixels, read from the bytes alone as
/// the protocols' documents say, apart from the program's own code.
final class PixelScreen {
    enum Kind {
        /// `scrolledSixel` moves pixels with their lines, as xterm and mlterm do and foot doesn't.
        case placeholders, kitty, sixel, scrolledSixel
        /// `scrolledITerm` moves pixels with their lines, as WezTerm does.
        case iTerm, scrolledITerm
        var isKitty: Bool { self == .placeholders || self == .kitty }
    }

    let kind: Kind
    let size: GridSize
    let cellWidth = 8
    let cellHeight = 16
    // SAFETY: made in init, freed in deinit; `screen` belongs to it.
    private let terminal: OpaquePointer
    private let screen: OpaquePointer
    /// What sixels painted, pixel by pixel; text takes it away.
    var painted: [UInt32?]
    /// The shared registers' colours, as far as they are named, and whether pictures have registers of their own.
    var registers: [Int: UInt32] = [:]
    var hasPrivateRegisters = true
    /// Which of the shared registers painted a pixel.
    var paintedBy: [Int?]
    var pictures: [UInt32: Picture] = [:]
    var placements: [Placement] = []
    private(set) var byteCount = 0
    /// Of those, what carried pictures' data.
    var imageByteCount = 0
    private var rest: [UInt8] = []
    var upload = (keys: [String: String](), text: [UInt8]())

    struct Picture {
        var pixels: PixelImage
        /// Of a virtual placement.
        var columns = 0
        var rows = 0
    }

    struct Placement {
        var picture: UInt32
        var number: UInt32
        var rect: Rect
        /// In the picture's pixels.
        var source: (x: Int, y: Int, width: Int, height: Int)
    }

    init(_ kind: Kind, columns: Int, rows: Int) {
        self.kind = kind
        size = GridSize(columns: columns, rows: rows)
        painted = Array(repeating: nil, count: columns * 8 * rows * 16)
        paintedBy = Array(repeating: nil, count: columns * 8 * rows * 16)
        terminal = vterm_new(Int32(rows), Int32(columns))
        vterm_set_utf8(terminal, 1)
        screen = vterm_obtain_screen(terminal)
        vterm_screen_enable_altscreen(screen, 1)
        vterm_screen_set_damage_merge(screen, VTERM_DAMAGE_CELL)
        vterm_screen_reset(screen, 1)
        callbacks.damage = { rect, user in
            // SAFETY: the emulator outlives its libvterm, which calls back only while it is fed.
            let emulator = Unmanaged<PixelScreen>.fromOpaque(user!).takeUnretainedValue()
            emulator.erase(
                Rect(
                    row: Int(rect.start_row), column: Int(rect.start_col), rows: Int(rect.end_row - rect.start_row),
                    columns: Int(rect.end_col - rect.start_col)))
            return 1
        }
        if kind == .scrolledSixel || kind == .scrolledITerm {
            callbacks.moverect = { to, from, user in
                // SAFETY: as above.
                let emulator = Unmanaged<PixelScreen>.fromOpaque(user!).takeUnretainedValue()
                emulator.move(from: Int(from.start_row), to: Int(to.start_row), rows: Int(to.end_row - to.start_row))
                return 1
            }
        }
        vterm_screen_set_callbacks(screen, &callbacks, Unmanaged.passUnretained(self).toOpaque())
    }

    // libvterm keeps a pointer to it.
    private var callbacks = VTermScreenCallbacks()

    deinit { vterm_free(terminal) }

    var pixelColumns: Int { size.columns * cellWidth }
    var pixelRows: Int { size.rows * cellHeight }

    /// Where the cursor is.
    var cursor: Position {
        var (row, column): (Int32, Int32) = (0, 0)
        vt_cursor(terminal, &row, &column)
        return Position(row: Int(row), column: Int(column))
    }

    /// Takes bytes as they come, cut anywhere.
    func feed(_ bytes: [UInt8]) {
        byteCount += bytes.count
        rest += bytes
        var (text, place) = ([UInt8](), 0)
        while place < rest.count {
            guard rest[place] == 0x1b else {
                text.append(rest[place])
                place += 1
                continue
            }
            guard place + 1 < rest.count else { break }
            // libvterm has the other operating system commands.
            let inline = Array("\u{1b}]1337;".utf8)
            let isInline = rest[place...].starts(with: inline)
            if !isInline, inline.starts(with: rest[place...].prefix(inline.count)) { break }
            let isString = isInline || [UInt8(ascii: "_"), UInt8(ascii: "P")].contains(rest[place + 1])
            guard isString else {
                // A clear takes kitty's pictures with it, and so does leaving the screen.
                if rest.count - place < 8, !rest[place...].contains(where: { (0x40...0x7e).contains($0) && $0 != 0x5b })
                {
                    break
                }
                for clear in ["\u{1b}[2J", "\u{1b}[?1049l"] where rest[place...].starts(with: clear.utf8) {
                    placements = []
                }
                for (mode, isSet) in [("\u{1b}[?1070l", false), ("\u{1b}[?1070h", true)]
                where rest[place...].starts(with: mode.utf8) { hasPrivateRegisters = isSet }
                if rest[place...].starts(with: "\u{1b}[2J".utf8), kind == .kitty { pictures = [:] }
                text.append(0x1b)
                place += 1
                continue
            }
            guard let end = ending(from: place + 2, isInline: isInline) else { break }
            write(&text)
            take(Array(rest[place + 1..<end - (isInline ? 1 : 2)]))
            place = end
        }
        write(&text)
        rest.removeFirst(place)
    }

    private func ending(from start: Int, isInline: Bool) -> Int? {
        if isInline { return rest[start...].firstIndex(of: 0x07).map { $0 + 1 } }
        var place = start
        while place + 1 < rest.count {
            if rest[place] == 0x1b, rest[place + 1] == UInt8(ascii: "\\") { return place + 2 }
            place += 1
        }
        return nil
    }

    private func write(_ text: inout [UInt8]) {
        // libvterm 0.1 takes the empty colour space of `38:2::r:g:b` for red.
        while let place = text.indices.first(where: { text[$0...].starts(with: "8:2::".utf8) }) {
            text.remove(at: place + 4)
        }
        // SAFETY: libvterm reads as many bytes as it is told, within the call.
        text.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { _ = vterm_input_write(terminal, $0.baseAddress, $0.count) }
        }
        text = []
    }

    private func take(_ string: [UInt8]) {
        if string.starts(with: "_G".utf8), kind.isKitty { return command(Array(string.dropFirst(2))) }
        if string.starts(with: "]1337;File=".utf8), kind == .iTerm || kind == .scrolledITerm {
            imageByteCount += string.count + 2
            return paintInline(string)
        }
        guard string.first == UInt8(ascii: "P"), !kind.isKitty, let start = string.firstIndex(of: UInt8(ascii: "q"))
        else { return }
        imageByteCount += string.count + 3
        paint(Array(string[(start + 1)...]))
    }

    private func erase(_ rect: Rect) {
        guard !kind.isKitty else { return }
        for row in rect.row * cellHeight..<rect.endRow * cellHeight {
            for column in rect.column * cellWidth..<rect.endColumn * cellWidth {
                painted[row * pixelColumns + column] = nil
                paintedBy[row * pixelColumns + column] = nil
            }
        }
    }

    private func move(from: Int, to: Int, rows: Int) {
        let (before, line) = (painted, pixelColumns * cellHeight)
        painted.replaceSubrange(to * line..<(to + rows) * line, with: before[from * line..<(from + rows) * line])
        let register = paintedBy
        paintedBy.replaceSubrange(to * line..<(to + rows) * line, with: register[from * line..<(from + rows) * line])
    }

    /// The text of a row.
    func text(row: Int) -> String {
        var line = String.UnicodeScalarView()
        for column in 0..<size.columns {
            let scalars = cell(row, column).scalars
            if scalars.isEmpty { line.append(" ") }
            line.append(contentsOf: scalars)
        }
        return String(line)
    }

    func cell(
        _ row: Int, _ column: Int
    ) -> (scalars: [Unicode.Scalar], foreground: UInt32, background: UInt32) {
        var scalars = [UInt32](repeating: 0, count: Int(VTERM_MAX_CHARS_PER_CELL))
        var (foreground, background): (UInt32, UInt32) = (0, 0)
        vt_cell(screen, Int32(row), Int32(column), &scalars, &foreground, &background)
        return (scalars.prefix { $0 != 0 }.compactMap(Unicode.Scalar.init), foreground, background)
    }

    /// What pictures show on the whole screen, pixel by pixel; nil where there is none.
    func pixels() -> [UInt32?] {
        var result = painted
        for placement in placements { draw(placement, into: &result) }
        guard kind == .placeholders else { return result }
        for row in 0..<size.rows {
            for column in 0..<size.columns { drawPlaceholder(row, column, into: &result) }
        }
        return result
    }

    /// The colour of a cell that is of one colour; nil where no picture shows in any part of it.
    func color(_ row: Int, _ column: Int, of pixels: [UInt32?]) -> CellColor {
        var found: Set<UInt32?> = []
        for y in row * cellHeight..<(row + 1) * cellHeight {
            for x in column * cellWidth..<(column + 1) * cellWidth { found.insert(pixels[y * pixelColumns + x]) }
        }
        return found.count == 1 ? found.first!.map { .color($0) } ?? .none : .mixed
    }

    enum CellColor: Hashable {
        case none, mixed
        case color(UInt32)
    }
}
