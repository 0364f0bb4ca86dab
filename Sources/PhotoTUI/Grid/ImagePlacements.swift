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

/// A picture uploaded to a terminal.
public struct ImageID: Hashable, Sendable {
    public let number: UInt32
    public init(_ number: UInt32) { self.number = number }
}

/// A place on the screen where an uploaded picture shows. One picture may have many.
public struct PlacementID: Hashable, Sendable {
    public let number: UInt32
    public init(_ number: UInt32) { self.number = number }
}

/// What a way of showing pictures can do, and what it costs.
public struct ImageCapabilities: Hashable, Sendable {
    /// Whether an uploaded picture stays with the terminal, so that placing it again costs no upload.
    public var keepsUploads: Bool
    /// Whether pictures are ordinary cells, which move, scroll and are covered like text.
    public var isMadeOfCells: Bool
    /// Bytes to upload a picture, for each of its pixels.
    public var uploadBytesPerPixel: Double
    /// Bytes to place, move or clip a picture once.
    public var bytesPerPlacement: Int

    public init(keepsUploads: Bool, isMadeOfCells: Bool, uploadBytesPerPixel: Double, bytesPerPlacement: Int) {
        self.keepsUploads = keepsUploads
        self.isMadeOfCells = isMadeOfCells
        self.uploadBytesPerPixel = uploadBytesPerPixel
        self.bytesPerPlacement = bytesPerPlacement
    }
}

/// Shows pictures on a terminal: as symbols in cells, or by a pixel protocol (kitty, sixel, iTerm2).
///
/// A frame is `begin`, any number of changes, then `finish` with the grid to be presented: an adapter made of cells
/// draws into it, a pixel adapter marks its cells `Cell.image` and writes its own bytes after the grid is shown.
/// Placements not removed stay from frame to frame. After `TerminalBackend.invalidate`, a resize or a suspension call
/// `forgetScreen`: what the terminal kept is gone, and the next frame uploads and places again.
public protocol ImagePlacements: AnyObject {
    var capabilities: ImageCapabilities { get }

    /// Makes a picture known; the same id again replaces it.
    func upload(_ image: PixelImage, as id: ImageID)
    /// Frees a picture with all its placements. An unknown id is no error.
    func free(_ id: ImageID)

    /// Shows a picture in a rectangle of cells, keeping its shape and centred, of which only `clip` is visible; the same
    /// placement again moves, resizes or clips it. A picture that wasn't uploaded shows nothing.
    func place(_ id: ImageID, as placement: PlacementID, in rect: Rect, clip: Rect?)
    /// Takes a placement away. An unknown one is no error.
    func remove(_ placement: PlacementID)

    /// Draws the placements into the grid about to be presented. `covered` rectangles, as dialogs, hide what is below.
    func draw(into grid: inout Grid, covered: [Rect])
    /// The terminal has lost what it kept.
    func forgetScreen()
}
