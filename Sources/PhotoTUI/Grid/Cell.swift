/// What colours a cell.
public enum Paint: Hashable, Sendable {
    /// The theme decides: everything but pictures.
    case role(StyleRole)
    /// The pixels decide: thumbnails. The backend takes the nearest colours it has.
    case colors(foreground: RGBColor, background: RGBColor)
}

/// One column of one row: 24 bytes.
///
/// A wide scalar takes two cells, itself and a continuation (width 0) behind it.
public struct Cell: Hashable, Sendable {
    public let scalar: Unicode.Scalar
    private let combining: UInt16
    /// 1, 2 for the first half of a wide scalar, 0 for its second half.
    public let width: UInt8
    public var attributes: TextAttributes
    private var role: StyleRole
    private var kind: Kind
    private var foreground: RGBColor
    private var background: RGBColor
    // Of picture 0, which there is none of, for no piece: an optional would take four bytes more.
    private var storedPiece = ImagePiece(image: ImageID(0), row: 0, column: 0)

    private enum Kind: UInt8 { case role, colors, image }

    public init(_ scalar: Unicode.Scalar = " ", paint: Paint = .role(.text), attributes: TextAttributes = []) {
        self.init(scalar, combining: 0, width: ScalarWidth.columns(of: scalar), paint: paint, attributes: attributes)
    }

    init(_ scalar: Unicode.Scalar, combining: UInt16, width: Int, paint: Paint, attributes: TextAttributes) {
        self.scalar = scalar
        self.combining = combining
        self.width = UInt8(width)
        self.attributes = attributes
        (role, kind) = (.text, .role)
        (foreground, background) = (RGBColor(packed: 0), RGBColor(packed: 0))
        self.paint = paint
    }

    /// An ordinary blank.
    public static let blank = Cell()

    /// This cell with its piece's pixels in place of its symbol: blank to whoever writes text.
    public var showingPixels: Cell {
        var cell = Cell()
        (cell.kind, cell.storedPiece) = (.image, storedPiece)
        return cell
    }

    /// The part of a picture that the cell shows where the terminal shows pixels; its symbol elsewhere.
    public var piece: ImagePiece? {
        get { storedPiece.image.number == 0 ? nil : storedPiece }
        set { storedPiece = newValue ?? ImagePiece(image: ImageID(0), row: 0, column: 0) }
    }

    /// Whether pixels show in place of a symbol.
    public var isImage: Bool { kind == .image }

    public var paint: Paint {
        get { kind == .colors ? .colors(foreground: foreground, background: background) : .role(role) }
        set {
            switch newValue {
            case .role(let role):
                (self.role, kind) = (role, .role)
                (foreground, background) = (RGBColor(packed: 0), RGBColor(packed: 0))
            case .colors(let foreground, let background):
                (role, kind) = (.text, .colors)
                (self.foreground, self.background) = (foreground, background)
            }
        }
    }

    /// The marks that combine with the scalar, four at most.
    public var combiningMarks: [Unicode.Scalar] { CombiningTable.marks(combining) }

    /// The cell's text: empty for the second half of a wide scalar.
    public var text: String {
        guard width > 0 else { return "" }
        var text = String(Character(scalar))
        if combining != 0 { text.unicodeScalars.append(contentsOf: combiningMarks) }
        return text
    }

    /// The second half of this cell's wide scalar.
    var continuation: Cell { Cell(" ", combining: 0, width: 0, paint: paint, attributes: attributes) }
    /// A blank with this cell's paint, where half of a wide scalar was overwritten.
    var blanked: Cell { Cell(" ", combining: 0, width: 1, paint: paint, attributes: attributes) }
}
