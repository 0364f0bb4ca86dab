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
        var isNoted = false
        for reply in new {
            if reply.last == UInt8(ascii: "c"), reply.starts(with: [0x1b, UInt8(ascii: "["), UInt8(ascii: "?")]) {
                governor.answered(at: .now)
                // It was asked how far the line is, not what the terminal is.
                if replies.isComplete { continue }
            }
            replies.note(reply)
            isNoted = true
        }
        guard isNoted, replies.isComplete else { return false }
        let (way, form) = (graphics.way, images?.form)
        choose()
        return graphics.way != way || images?.form != form
    }

    private func choose() {
        graphics = profile.choice(replies)
        useChosenGraphics()
    }

    /// Begins to show pictures as chosen, where that or a cell's size is new.
    func useChosenGraphics() {
        let slots = Self.slots(of: graphics.way)
        let placements = Self.placements(
            graphics.way, slots: slots, isInTmux: isInTmux, scrollsPixels: scrollsPixels,
            // Its number of registers was seen; others that know the mode have fewer, or do with it as they like.
            sharesRegisters: replies.version?.hasPrefix("XTerm(") == true)
        let cell = cellPixels
        let form = placements.map {
            ImageForm(
                format: $0.capabilities.format, cellWidth: cell.width, cellHeight: cell.height,
                background: $0.capabilities.keepsUploads
                    ? RGBColor(packed: 0) : imageBackground ?? replies.background ?? RGBColor(packed: 0))
        }
        let isNew = images == nil
        if var before = images {
            if before.form == form, before.placements.capabilities == placements?.capabilities { return }
            let bytes = before.freeEverything()
            if !isSuspended { bytes.withUnsafeBytes { device.write($0) } }
        } else if placements == nil {
            return
        }
        images = nil
        if let placements, let form { images = ImageScreen(placements, form: form, slots: slots) }
        wantedImages = WantedImages()
        // curses finds lines that moved, and may insert and delete lines where that is shorter: cells move along, what is
        // placed is placed anew, but painted pixels are better kept where scrolling alone can be followed.
        idlok(nc_standard_screen(), placements?.capabilities.keepsUploads == true)
        // Pixels come in place of symbols; other pixels stay until all is drawn anew.
        if !isNew { shown = nil }
        if !isSuspended { arm() }
    }

    private static func placements(
        _ way: GraphicsProtocol, slots: ClosedRange<UInt32>, isInTmux: Bool, scrollsPixels: Bool, sharesRegisters: Bool
    ) -> (any ImagePlacements)? {
        switch way {
        case .placeholders: KittyPlacements(usesPlaceholders: true, isInTmux: isInTmux, slots: slots)
        case .kitty: KittyPlacements(usesPlaceholders: false, isInTmux: isInTmux, slots: slots)
        case .iterm2: ITermPlacements(scrollsWithText: scrollsPixels)
        case .sixel: SixelPlacements(scrollsWithText: scrollsPixels, sharesRegisters: sharesRegisters)
        case .symbols: nil
        }
    }

    private var isInTmux: Bool { !profile.environment["TMUX", default: ""].isEmpty }

    /// Whether painted pixels move with the lines that they stand on: foot's don't.
    private var scrollsPixels: Bool {
        ["XTerm(", "iTerm2", "WezTerm"].contains { replies.version?.hasPrefix($0) == true }
            || profile.environment["TERM", default: ""].hasPrefix("mlterm")
    }

    /// The numbers that a way may give pictures. What placeholders show belongs to the whole terminal, also to other
    /// panes of tmux, so its numbers are this process's; they are colours of 24 bits, of which curses keeps the first
    /// eight. What is placed belongs to the alternate screen alone.
    private static func slots(of way: GraphicsProtocol) -> ClosedRange<UInt32> {
        if way != .placeholders { return 1...256 }
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
    func imageFrame(of grid: Grid, _ allowance: ImageScreen.Allowance) -> ImageScreen.Frame? {
        guard var images, let supply else { return nil }
        let frame = images.frame(of: grid, from: supply, allowance)
        self.images = images
        let wanted = WantedImages(images: frame.wanted, form: frame.wanted.isEmpty ? nil : frame.form)
        if wanted != wantedImages {
            wantedImages = wanted
            supply.want(frame.wanted, as: frame.form, isReady: waker)
        }
        return frame
    }

    /// What was asked of the supply last.
    struct WantedImages: Hashable {
        var images: [ImageID] = []
        var form: ImageForm?
    }

    /// What places a frame's pictures after its text. Between saving the cursor and putting it back: curses doesn't know
    /// of what is written here.
    func placements(of frame: ImageScreen.Frame, after text: [UInt8]) -> [UInt8] {
        let bytes = images?.place(frame, after: ScreenScroll.all(in: text, rows: size.rows)) ?? []
        return bytes.isEmpty ? [] : Array("\u{1b}7".utf8) + bytes + Array("\u{1b}8".utf8)
    }
}
