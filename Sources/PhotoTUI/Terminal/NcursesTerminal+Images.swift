import CNcurses
import Glibc
public import Grid

extension NcursesTerminal {
    /// Where pictures come from; without it they stay symbols.
    public func use(_ supply: any ImageSupply) { self.supply = supply }

    /// The pixels worth having for each column of a picture: its own where it may show pixels, at least those that symbols
    /// are made of.
    public var pixelsPerColumn: Int {
        graphics.way == .symbols && profile.graphics != nil ? 8 : max(8, cellPixels.width)
    }

    /// Shows pictures another way from now on: nil for the best.
    public func useGraphics(_ way: GraphicsProtocol?) {
        profile.graphics = way
        choose()
    }

    /// Takes what the terminal answered; whether that changes what is to be shown.
    func noteReplies() -> Bool {
        let new = parser.takeReplies()
        guard !new.isEmpty else { return false }
        let cell = replies.cell
        for reply in new { replies.note(reply) }
        guard replies.isComplete else { return false }
        let before = graphics.way
        choose()
        return graphics.way != before || (replies.cell != cell && images != nil)
    }

    private func choose() {
        let before = graphics.way
        graphics = profile.choice(replies)
        if before != graphics.way { useChosenGraphics() }
    }

    /// Begins to show pictures as chosen, where that or a cell's size is new.
    func useChosenGraphics() {
        let placements = Self.placements(graphics.way, slots: slots, isInTmux: isInTmux)
        let cell = cellPixels
        let form = placements.map {
            ImageForm(
                format: $0.capabilities.format, cellWidth: cell.width, cellHeight: cell.height,
                background: $0.capabilities.format == .png
                    ? RGBColor(packed: 0) : imageBackground ?? replies.background ?? RGBColor(packed: 0))
        }
        if var before = images {
            if before.form == form, before.placements.capabilities == placements?.capabilities { return }
            let bytes = before.freeEverything()
            if !isSuspended { bytes.withUnsafeBytes { device.write($0) } }
        } else if placements == nil {
            return
        }
        images = nil
        if let placements, let form { images = ImageScreen(placements, form: form, slots: slots) }
        wantedImages = []
        // Lines that moved are found and scrolled by curses: cells move with them, and what is placed must not.
        idlok(nc_standard_screen(), placements?.capabilities.isMadeOfCells == true)
        shown = nil
        if !isSuspended { arm() }
    }

    private static func placements(
        _ way: GraphicsProtocol, slots: ClosedRange<UInt32>, isInTmux: Bool
    ) -> (any ImagePlacements)? {
        switch way {
        case .placeholders: KittyPlacements(usesPlaceholders: true, isInTmux: isInTmux, slots: slots)
        case .kitty: KittyPlacements(usesPlaceholders: false, isInTmux: isInTmux, slots: slots)
        case .sixel: SixelPlacements()
        case .symbols: nil
        }
    }

    private var isInTmux: Bool { !profile.environment["TMUX", default: ""].isEmpty }

    /// Of this process alone, as other programs' pictures may be in the same terminal. A placeholder's number is a colour
    /// of 24 bits, of which curses keeps the first eight.
    private var slots: ClosedRange<UInt32> {
        let first = 0x10000 + UInt32(truncatingIfNeeded: getpid()) % 0xf000 * 256
        return first...first + 255
    }

    /// A cell in pixels: what the terminal answered, else what the system knows, else what is common.
    var cellPixels: TerminalReplies.CellPixels {
        device.cellPixels ?? replies.cell ?? TerminalReplies.CellPixels(width: 8, height: 16)
    }

    /// The colour behind a style's text; nil for the terminal's own.
    func background(of style: Style) -> RGBColor? {
        switch style.background {
        case .standard: nil
        case .indexed(let index): RGBColor(indexed256: index)
        case .rgb(let color): color
        }
    }

    /// What of the grid's pictures is ready to show, with the rest asked for.
    func imageFrame(of grid: Grid) -> ImageScreen.Frame? {
        guard var images, let supply else { return nil }
        let frame = images.frame(of: grid, from: supply)
        self.images = images
        if frame.wanted != wantedImages {
            wantedImages = frame.wanted
            supply.want(frame.wanted, as: images.form, isReady: waker)
        }
        if frame.hasMore { waker() }
        return frame
    }

    /// Bytes that move the cursor, between saving it and putting it back: curses doesn't know of them.
    static func betweenCursorMoves(_ bytes: [UInt8]) -> [UInt8] {
        bytes.isEmpty ? [] : Array("\u{1b}7".utf8) + bytes + Array("\u{1b}8".utf8)
    }
}
