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
        /// What pictures the grid shows, where they have to be placed.
        fileprivate(set) var showings: [ImageShowing] = []
        /// Pictures that aren't ready, in the order in which they stand.
        var wanted: [ImageID] = []
        /// Whether uploads were left for later, so that keys are heard between.
        var hasMore = false
    }

    private struct Held {
        let slot: ImageSlot
        /// Without its bytes where the terminal has them.
        let image: EncodedImage
        var lastUse: UInt64
        var pixels: Int { image.width * image.height }
    }

    private struct PlacementKey: Hashable {
        let slot: ImageSlot
        let number: Int
    }

    let placements: any ImagePlacements
    let form: ImageForm
    private let slots: ClosedRange<UInt32>
    private let pixelLimit: Int
    /// Bytes of uploads in a frame after which the rest waits for the next.
    private let uploadLimit: Int
    private var held: [ImageID: Held] = [:]
    private var heldPixels = 0
    private var unused: [UInt32]
    private var placed: [PlacementKey: ImagePlacement] = [:]
    /// What the pixels on screen are, cell by cell, where nobody keeps pictures.
    private var painted: [ImagePiece?] = []
    private var frames: UInt64 = 0

    init(
        _ placements: any ImagePlacements, form: ImageForm, slots: ClosedRange<UInt32>, pixelLimit: Int = 32 << 20,
        uploadLimit: Int = 48 << 10
    ) {
        (self.placements, self.form, self.slots) = (placements, form, slots)
        (self.pixelLimit, self.uploadLimit) = (pixelLimit, uploadLimit)
        unused = slots.reversed()
    }

    /// The slot of a picture that placeholders show.
    func placeholderSlot(of image: ImageID) -> ImageSlot? {
        placements.capabilities.isMadeOfCells ? held[image]?.slot : nil
    }

    mutating func frame(of grid: Grid, from supply: any ImageSupply) -> Frame {
        frames += 1
        var frame = Frame(grid: grid)
        var showings = grid.showings()
        let images = showings.map(\.image)
        for image in images { held[image]?.lastUse = frames }
        var asked: Set<ImageID> = []
        for image in images where held[image] == nil && asked.insert(image).inserted {
            guard frame.uploads.count < uploadLimit else {
                frame.hasMore = true
                break
            }
            guard let encoded = supply.image(image, as: form) else {
                frame.wanted.append(image)
                continue
            }
            hold(encoded, as: image, &frame.uploads)
        }
        frame.grid.replaceSymbols { held[$0.image] != nil }
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
            return moved(frame.showings, all: scrolls?.isEmpty != true)
        }
        if let scrolls, scrolls.isEmpty || capabilities.scrollsWithText {
            for scroll in scrolls { scroll.move(&painted, columns: frame.grid.columns) }
        } else {
            painted = []
        }
        return paint(frame.grid)
    }

    private mutating func hold(_ image: EncodedImage, as id: ImageID, _ uploads: inout [UInt8]) {
        makeRoom(for: image.width * image.height, &uploads)
        guard let number = unused.popLast() else { return }
        let slot = ImageSlot(number)
        uploads += placements.upload(image, as: slot)
        let kept =
            placements.capabilities.keepsUploads
            ? EncodedImage(.file([]), size: image.size, width: image.width, height: image.height) : image
        held[id] = Held(slot: slot, image: kept, lastUse: frames)
        heldPixels += image.width * image.height
    }

    private mutating func makeRoom(for pixels: Int, _ uploads: inout [UInt8]) {
        guard heldPixels + pixels > pixelLimit || unused.isEmpty else { return }
        // A quarter more than needed goes at once, so that sorting by age is paid seldom.
        for (id, entry) in held.sorted(by: { $0.value.lastUse < $1.value.lastUse }) where entry.lastUse < frames {
            if heldPixels + pixels <= pixelLimit * 3 / 4, unused.count > slots.count / 4 { return }
            uploads += placements.free(entry.slot)
            placed = placed.filter { $0.key.slot != entry.slot }
            unused.append(entry.slot.number)
            heldPixels -= entry.pixels
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
    private mutating func paint(_ grid: Grid) -> [UInt8] {
        let next = grid.cells.map { $0.isImage ? $0.piece : nil }
        let before = painted.count == next.count ? painted : []
        var bytes: [UInt8] = []
        for showing in grid.showings(where: { next[$0] != nil && (before.isEmpty || before[$0] != next[$0]) }) {
            guard let entry = held[showing.image] else { continue }
            bytes += placements.place(
                ImagePlacement(number: 1, slot: entry.slot, rect: showing.rect, part: showing.part), of: entry.image)
        }
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
        held.removeAll()
        heldPixels = 0
        unused = slots.reversed()
    }

    /// What frees all that the terminal keeps.
    mutating func freeEverything() -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in held.values.sorted(by: { $0.slot.number < $1.slot.number }) {
            bytes += placements.free(entry.slot)
        }
        forgetAll()
        return bytes
    }
}
