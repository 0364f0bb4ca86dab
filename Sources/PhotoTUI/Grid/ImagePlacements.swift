/// An uncompressed picture, 8 bits a channel.
public struct PixelImage: Hashable, Sendable {
    public let width: Int
    public let height: Int
    /// Row by row, red, green, blue, alpha; straight alpha, sRGB. Its count is width x height x 4.
    public let rgba: [UInt8]

    /// Traps unless there are width x height x 4 bytes.
    public init(width: Int, height: Int, rgba: [UInt8]) {
        precondition(width >= 0 && height >= 0 && rgba.count == width * height * 4)
        (self.width, self.height, self.rgba) = (width, height, rgba)
    }
}

/// A picture of few colours.
public struct IndexedImage: Hashable, Sendable {
    public let width: Int
    public let height: Int
    /// At most 256.
    public let palette: [RGBColor]
    /// Row by row, places in the palette. Its count is width x height.
    public let indices: [UInt8]
    /// The index that stands for nothing at all, which shows what is behind; nil when the whole picture is opaque.
    public let transparent: UInt8?

    /// Traps unless there are width x height indices.
    public init(width: Int, height: Int, palette: [RGBColor], indices: [UInt8], transparent: UInt8?) {
        precondition(indices.count == width * height && palette.count <= 256)
        (self.width, self.height, self.palette) = (width, height, palette)
        (self.indices, self.transparent) = (indices, transparent)
    }
}

/// A picture that terminals may show, however many times. The same number never means another picture.
public struct ImageID: Hashable, Sendable {
    public let number: UInt32
    public init(_ number: UInt32) { self.number = number }
}

/// A cell's part of a picture that fills whole cells: which one it is, counted from the picture's upper left.
public struct ImagePiece: Hashable, Sendable {
    public let image: ImageID
    private let storedRow: UInt16
    private let storedColumn: UInt16

    public init(image: ImageID, row: Int, column: Int) {
        (self.image, storedRow, storedColumn) = (image, UInt16(clamping: row), UInt16(clamping: column))
    }

    public var row: Int { Int(storedRow) }
    public var column: Int { Int(storedColumn) }
}

/// How a picture travels to the terminal.
public enum ImageFormat: Hashable, Sendable {
    /// A PNG file: a thumbnail of at most so many colours, what is larger of all its colours, unless they are fewer than
    /// 256.
    case png(colors: Int)
    /// Pixels of at most so many colours.
    case indexed(colors: Int)
    /// Pixels of all their colours, opaque.
    case pixels
}

/// A picture made ready for one way of showing it.
public struct EncodedImage: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        case file([UInt8])
        case indexed(IndexedImage)
        case pixels(PixelImage)
    }

    public let content: Content
    /// The cells it fills.
    public let size: GridSize
    public let width: Int
    public let height: Int

    public init(_ content: Content, size: GridSize, width: Int, height: Int) {
        (self.content, self.size, self.width, self.height) = (content, size, width, height)
    }
}

/// What a terminal wants pictures to be.
public struct ImageForm: Hashable, Sendable {
    public let format: ImageFormat
    /// A cell in pixels.
    public let cellWidth: Int
    public let cellHeight: Int
    /// What stands around a picture where nothing shows through.
    public let background: RGBColor

    public init(
        format: ImageFormat, cellWidth: Int, cellHeight: Int, background: RGBColor = RGBColor(packed: 0)
    ) {
        (self.format, self.cellWidth, self.cellHeight) = (format, cellWidth, cellHeight)
        self.background = background
    }
}

/// Makes pictures ready for a terminal, away from its thread. Safe on any thread.
public protocol ImageSupply: AnyObject, Sendable {
    /// The picture as wanted; nil while it isn't made, or can't be.
    func image(_ id: ImageID, as form: ImageForm) -> EncodedImage?
    /// Whether the picture can't be had any more in any form, so that nothing should wait for it.
    func isLost(_ id: ImageID) -> Bool
    /// Says which pictures are to be made, most urgent first. What isn't named any more is given up. `isReady` is called
    /// from any thread after some of them were made.
    func want(_ ids: [ImageID], as form: ImageForm, isReady: @escaping @Sendable () -> Void)
}

/// The number under which a terminal keeps a picture.
public struct ImageSlot: Hashable, Sendable {
    public let number: UInt32
    public init(_ number: UInt32) { self.number = number }
}

/// A picture, or part of one, at a place of the screen.
public struct ImagePlacement: Hashable, Sendable {
    /// Among those of the same picture.
    public var number: Int
    public var slot: ImageSlot
    /// Cells of the screen.
    public var rect: Rect
    /// Cells of the picture, as many as the rectangle's.
    public var part: Rect

    public init(number: Int, slot: ImageSlot, rect: Rect, part: Rect) {
        (self.number, self.slot, self.rect, self.part) = (number, slot, rect, part)
    }
}

/// What a way of showing pictures can do, and what it costs.
public struct ImageCapabilities: Hashable, Sendable {
    public var format: ImageFormat
    /// Whether an uploaded picture stays with the terminal, so that placing it again costs no upload.
    public var keepsUploads: Bool
    /// Whether pictures are ordinary cells, which move, scroll and are covered like text; then nothing is placed.
    public var isMadeOfCells: Bool
    /// Whether what is uploaded outlives a cleared screen.
    public var survivesClear: Bool
    /// Whether what shows moves with the lines that it stands on, and is known to be there then.
    public var scrollsWithText: Bool
    /// Bytes to place, move or clip a picture once, its pixels apart: about.
    public var bytesPerPlacement: Int
    /// Cells that are painted at once, however little may go: each run of them costs that much anew.
    public var leastPaintedCells: Int
    /// Of the slots, the first so many, in which a picture costs less to place than in the others.
    public var cheapSlots: Int

    public init(
        format: ImageFormat, keepsUploads: Bool, isMadeOfCells: Bool, survivesClear: Bool, scrollsWithText: Bool,
        bytesPerPlacement: Int, leastPaintedCells: Int = 4, cheapSlots: Int = 0
    ) {
        (self.format, self.keepsUploads, self.isMadeOfCells) = (format, keepsUploads, isMadeOfCells)
        (self.survivesClear, self.scrollsWithText) = (survivesClear, scrollsWithText)
        (self.bytesPerPlacement, self.leastPaintedCells) = (bytesPerPlacement, leastPaintedCells)
        self.cheapSlots = cheapSlots
    }
}

/// A way in which terminals show pictures: each call gives the bytes that do it, and remembers nothing.
///
/// Whoever uses it keeps what is uploaded and placed, saves the cursor before the bytes of a placement and puts it back
/// behind them.
public protocol ImagePlacements: Sendable {
    var capabilities: ImageCapabilities { get }

    /// Makes a picture known; the same slot again replaces it. In pieces of about so many bytes, between which text may
    /// go, but no other call's bytes. Where uploads aren't kept, what has to go before a picture is placed the first time.
    func upload(_ image: EncodedImage, as slot: ImageSlot, pieceLength: Int) -> [[UInt8]]
    /// Ends an upload of which not all pieces went; its slot is free then.
    func abandon(_ slot: ImageSlot) -> [UInt8]
    /// Shows a part of a picture; the same number of the same slot again moves, resizes or clips it.
    func place(_ placement: ImagePlacement, of image: EncodedImage) -> [UInt8]
    /// Takes a placement away. What stood there has to be written anew where `keepsUploads` is false.
    func remove(_ placement: ImagePlacement) -> [UInt8]
    /// Frees a picture with all its placements. An unknown one is no error.
    func free(_ slot: ImageSlot) -> [UInt8]
    /// Frees all that a program may have left behind; short enough for a signal handler.
    var freeAll: [UInt8] { get }
}
