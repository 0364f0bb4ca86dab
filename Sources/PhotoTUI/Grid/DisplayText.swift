/// Splits text into what one cell can hold: a scalar that takes columns, with the marks that combine with it.
///
/// Terminals disagree about joined emoji (one takes 2 columns for a family, another 8), so what joins is left out and
/// the parts stand side by side, which every terminal draws alike: zero-width joiners, variation selectors, tags and
/// skin tones behind an emoji. Controls are left out too: text must come through the display escape first.
struct DisplayText: Sequence, IteratorProtocol {
    /// What goes into one cell.
    struct Piece {
        var scalar: Unicode.Scalar
        /// Empty for nearly all text.
        var combining: [Unicode.Scalar] = []
        var width: Int
    }

    /// curses holds a scalar and four more in a cell.
    static let combiningLimit = 4

    private var scalars: String.UnicodeScalarView.Iterator
    private var pending: Unicode.Scalar?

    init(_ text: String) { scalars = text.unicodeScalars.makeIterator() }

    mutating func next() -> Piece? {
        var piece: Piece?
        while let scalar = pending ?? scalars.next() {
            pending = nil
            let width = ScalarWidth.columns(of: scalar)
            if width == 0 {
                guard piece != nil, Self.isShown(scalar) else { continue }
                if piece!.combining.count < Self.combiningLimit { piece!.combining.append(scalar) }
            } else if piece == nil {
                piece = Piece(scalar: scalar, width: width)
            } else if piece!.width == 2, (0x1f3fb...0x1f3ff).contains(scalar.value) {
                continue
            } else {
                pending = scalar
                return piece
            }
        }
        return piece
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x300, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfe00...0xfe0f, 0xfeff,
            0xfff9...0xfffb, 0xe0000...0xe0fff:
            false
        default: true
        }
    }
}

extension String {
    /// The columns the text takes in a grid.
    public var displayWidth: Int {
        var ascii = 0
        for byte in utf8 {
            guard byte < 0x80 else { return DisplayText(self).reduce(0) { $0 + $1.width } }
            if byte >= 0x20 && byte != 0x7f { ascii += 1 }
        }
        return ascii
    }
}
