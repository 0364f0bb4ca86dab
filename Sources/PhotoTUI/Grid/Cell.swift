/// What colours a cell.
public enum Paint: Hashable, Sendable {
    /// The theme decides: everything but pictures.
    case role(StyleRole)
    /// The pixels decide: thumbnails. The backend takes the nearest colours it has.
    case colors(foreground: RGBColor, background: RGBColor)
}

/// One column of one row: 16 bytes.
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

    /// A cell under a pixel picture: the backend leaves it blank and never writes to it, as text would erase the
    /// picture.
    public static let image: Cell = {
        var cell = Cell()
        cell.kind = .image
        return cell
    }()

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
