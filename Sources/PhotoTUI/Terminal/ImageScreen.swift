import Grid

/// What a terminal has and shows of pictures, and what has to be sent so that it shows those of a grid. A value.
///
/// Pictures are kept up to a number of pixels and of slots; those not seen for longest go first, those on screen never.
struct ImageScreen {
    /// One change of the screen.
    struct Frame {
        /// What is left for text to show.
        var grid: Grid
        var uploads: [UInt8] = []
        /// Pictures with another slot than the cells on the screen name.
        var renewed: Set<ImageID> = []
        /// What pictures the grid shows, where they have to be placed.
        fileprivate(set) var showings: [ImageShowing] = []
        /// Pictures that aren't ready, in the order in which they stand, and what they are to be.
        var wanted: [ImageID] = []
        var form: ImageForm
        /// Whether something was left for later, so that keys are heard between.
        var hasMore = false
        /// Cells of `grid` that may be painted; nil for all.
        var mayPaint: [Bool]?
        /// Whether some of them are to be painted whose text is as it was.
        var paints = false
    }

    /// What pictures may cost now.
    struct Allowance: Hashable {
        /// Bytes; nil where the line takes all at once.
        var room: Int?
        /// Whether each picture goes in a small form first.
        var isSlow = false
    }

    struct Held {
        let slot: ImageSlot
        /// Without its bytes where the terminal has them.
        let image: EncodedImage
        let form: ImageForm
        var lastUse: UInt64
        var pixels: Int { image.width * image.height }
    }

    /// A picture of which not all pieces were sent.
    struct Upload {
        let image: ImageID
        let held: Held
        var pieces: ArraySlice<[UInt8]>
    }

    struct Painted: Hashable {
        let piece: ImagePiece
        let slot: ImageSlot
    }

    struct PlacementKey: Hashable {
        let slot: ImageSlot
        let number: Int
    }

    let placements: any ImagePlacements
    let form: ImageForm
    /// What goes first over a slow line.
    let coarseForm: ImageForm
    private let slots: ClosedRange<UInt32>
    private let pixelLimit: Int
    /// Bytes of uploads in a frame after which the rest waits for the next.
    let uploadLimit: Int
    var held: [ImageID: Held] = [:]
    var heldPixels = 0
    var unused: [UInt32]
    var placed: [PlacementKey: ImagePlacement] = [:]
    /// What the pixels on screen are, cell by cell, where nobody keeps pictures.
    var painted: [Painted?] = []
    var upload: Upload?
    /// What ends an upload that was given up while nothing could be sent.
    var ending: [UInt8] = []
    var bytesPerPaintedCell = 60.0
    var frames: UInt64 = 0

    init(
        _ placements: any ImagePlacements, form: ImageForm, slots: ClosedRange<UInt32>, pixelLimit: Int = 32 << 20,
        uploadLimit: Int = 48 << 10
    ) {
        (self.placements, self.form, self.slots) = (placements, form, slots)
        (self.pixelLimit, self.uploadLimit) = (pixelLimit, uploadLimit)
        unused = slots.reversed()
        coarseForm = form.coarse
    }

    /// The slot of a picture that placeholders show.
    func placeholderSlot(of image: ImageID) -> ImageSlot? {
        placements.capabilities.isMadeOfCells ? held[image]?.slot : nil
    }

    mutating func frame(of grid: Grid, from supply: any ImageSupply, _ allowance: Allowance = Allowance()) -> Frame {
        frames += 1
        var frame = Frame(grid: grid, form: form)
        var showings = grid.showings()
        var known: Set<ImageID> = []
        let images = showings.map(\.image).filter { known.insert($0).inserted }
        for image in images { held[image]?.lastUse = frames }
        (frame.uploads, ending) = (ending, [])
        if let upload, !known.contains(upload.image) { frame.uploads += giveUp() }
        send(images, from: supply, allowance, &frame)
        frame.mayPaint = choose(grid, allowance, &frame)
        frame.grid.replaceSymbols { index, piece in
            held[piece.image] != nil && frame.mayPaint.map { $0[index] || isPainted(piece, at: index) } != false
        }
        showings.removeAll { held[$0.image] == nil }
        let capabilities = placements.capabilities
        if !capabilities.isMadeOfCells { frame.showings = showings }
        return frame
    }

    /// What places a frame's pictures, to be written after its text and its uploads.
    /// - Parameter scrolls: how the text's bytes moved lines; nil where that isn't known.
    mutating func place(_ frame: Frame, after scrolls: [ScreenScroll]?) -> [UInt8] {
        let capabilities = placements.capabilities
        if capabilities.isMadeOfCells { return [] }
        if capabilities.keepsUploads {
            let bytes = moved(frame.showings, all: scrolls?.isEmpty != true)
            // Nothing may stand among the pieces of an upload: it begins anew.
            return bytes.isEmpty ? [] : giveUp() + bytes
        }
        if let scrolls, scrolls.isEmpty || capabilities.scrollsWithText {
            for scroll in scrolls { scroll.move(&painted, columns: frame.grid.columns) }
        } else {
            painted = []
        }
        return paint(frame)
    }

    mutating func makeRoom(for pixels: Int, _ uploads: inout [UInt8]) {
        guard heldPixels + pixels > pixelLimit || unused.isEmpty else { return }
        // A quarter more than needed goes at once, so that sorting by age is paid seldom.
        for (id, entry) in held.sorted(by: { $0.value.lastUse < $1.value.lastUse }) where entry.lastUse < frames {
            if heldPixels + pixels <= pixelLimit * 3 / 4, unused.count > slots.count / 4 { return }
            uploads += free(entry)
            held[id] = nil
        }
    }

    /// Placements of pictures that the terminal keeps: what is as it was costs nothing, unless all are wanted.
    private mutating func moved(_ showings: [ImageShowing], all: Bool) -> [UInt8] {
        var next: [PlacementKey: ImagePlacement] = [:]
        var order: [PlacementKey] = []
        var counts: [ImageSlot: Int] = [:]
        for showing in showings {
            guard let slot = held[showing.image]?.slot else { continue }
            counts[slot, default: 0] += 1
            let key = PlacementKey(slot: slot, number: counts[slot] ?? 1)
            next[key] = ImagePlacement(number: key.number, slot: slot, rect: showing.rect, part: showing.part)
            order.append(key)
        }
        var bytes: [UInt8] = []
        for (key, placement) in placed.sorted(by: {
            ($0.key.slot.number, $0.key.number) < ($1.key.slot.number, $1.key.number)
        })
        where next[key] == nil {
            bytes += placements.remove(placement)
        }
        let images = Dictionary(held.values.map { ($0.slot, $0.image) }) { first, _ in first }
        for key in order {
            guard let placement = next[key], all || placed[key] != placement, let image = images[key.slot] else {
                continue
            }
            bytes += placements.place(placement, of: image)
        }
        placed = next
        return bytes
    }

    /// Pixels for the cells that show others, or text.
    private mutating func paint(_ frame: Frame) -> [UInt8] {
        let grid = frame.grid
        var next = grid.cells.map { cell in
            cell.isImage
                ? cell.piece.flatMap { piece in held[piece.image].map { Painted(piece: piece, slot: $0.slot) } } : nil
        }
        let before = painted.count == next.count ? painted : Array(repeating: nil, count: next.count)
        for index in next.indices where frame.mayPaint?[index] == false && before[index]?.piece == next[index]?.piece {
            next[index] = before[index]
        }
        var (bytes, count) = ([UInt8](), 0)
        for showing in grid.showings(where: { next[$0] != nil && before[$0] != next[$0] }) {
            guard let entry = held[showing.image] else { continue }
            bytes += placements.place(
                ImagePlacement(number: 1, slot: entry.slot, rect: showing.rect, part: showing.part), of: entry.image)
            count += showing.rect.rows * showing.rect.columns
        }
        if count > 0 { bytesPerPaintedCell = (bytesPerPaintedCell + Double(bytes.count) / Double(count)) / 2 }
        painted = next
        return bytes
    }

    /// The screen was cleared: what was placed is gone, and what was uploaded, unless it outlives that.
    mutating func forgetScreen() {
        (placed, painted) = ([:], [])
        // What is painted from here needs no upload.
        if placements.capabilities.keepsUploads, !placements.capabilities.survivesClear { forgetUploads() }
    }

    /// The terminal lost all.
    mutating func forgetAll() {
        (placed, painted) = ([:], [])
        forgetUploads()
    }

    private mutating func forgetUploads() {
        ending += giveUp()
        held.removeAll()
        heldPixels = 0
        unused = slots.reversed()
    }

    /// What frees all that the terminal keeps.
    mutating func freeEverything() -> [UInt8] {
        var bytes = ending + giveUp()
        ending = []
        for entry in held.values.sorted(by: { $0.slot.number < $1.slot.number }) {
            bytes += placements.free(entry.slot)
        }
        forgetAll()
        return bytes
    }
}
