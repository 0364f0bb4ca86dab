import CChafa
public import Grid

/// Draws pictures as symbols in cells, through chafa.
///
/// Pure but for the canvas it keeps for the next picture of the same size; not thread-safe: each worker has its own.
public final class SymbolRenderer {
    private let colorDepth: ColorDepth
    private let isUnicode: Bool
    // SAFETY: owned here: unref'd when replaced and in deinit.
    private var canvas: OpaquePointer?
    private var canvasSize = GridSize(columns: 0, rows: 0)

    public init(colorDepth: ColorDepth, isUnicode: Bool) {
        self.colorDepth = colorDepth
        self.isUnicode = isUnicode
    }

    deinit {
        if let canvas { chafa_canvas_unref(canvas) }
    }

    /// The cells a picture takes within a size, its shape kept: at least 1x1, never more than `available`.
    /// - Parameter cellAspectRatio: a cell's width divided by its height.
    public static func fittedSize(
        width: Int, height: Int, in available: GridSize, cellAspectRatio: Double
    ) -> GridSize {
        guard width > 0, height > 0, available.columns > 0, available.rows > 0 else {
            return GridSize(columns: 0, rows: 0)
        }
        let shape = Double(width) / Double(height) / cellAspectRatio
        let columns = min(Double(available.columns), Double(available.rows) * shape)
        return GridSize(
            columns: min(available.columns, max(1, Int(columns.rounded()))),
            rows: min(available.rows, max(1, Int((columns / shape).rounded()))))
    }

    /// The pixels worth decoding for so many cells: chafa compares 8x8 in each.
    public static func pixelSize(for size: GridSize) -> (width: Int, height: Int) {
        (size.columns * 8, size.rows * 8)
    }

    /// The picture as cells, centred in a grid of the size asked for, blank around it.
    public func render(_ image: PixelImage, size: GridSize, cellAspectRatio: Double = 0.5) -> Grid {
        var grid = Grid(size: size)
        let fitted = Self.fittedSize(
            width: image.width, height: image.height, in: size, cellAspectRatio: cellAspectRatio)
        guard fitted.columns > 0, fitted.rows > 0 else { return grid }
        let canvas = canvas(for: fitted)
        image.rgba.withUnsafeBufferPointer { pixels in
            // SAFETY: PixelImage holds width x height x 4 bytes, as the row stride says; chafa copies within the call.
            chafa_canvas_draw_all_pixels(
                canvas, CHAFA_PIXEL_RGBA8_UNASSOCIATED, pixels.baseAddress, Int32(image.width), Int32(image.height),
                Int32(image.width * 4))
        }
        let (top, left) = ((size.rows - fitted.rows) / 2, (size.columns - fitted.columns) / 2)
        for row in 0..<fitted.rows {
            for column in 0..<fitted.columns {
                grid[top + row, left + column] = cell(canvas, row: row, column: column)
            }
        }
        return grid
    }

    private func cell(_ canvas: OpaquePointer?, row: Int, column: Int) -> Cell {
        let code = chafa_canvas_get_char_at(canvas, Int32(column), Int32(row))
        let scalar = Unicode.Scalar(UInt32(code)) ?? " "
        guard colorDepth != .mono else { return Cell(scalar) }
        var (foreground, background): (Int32, Int32) = (-1, -1)
        chafa_canvas_get_colors_at(canvas, Int32(column), Int32(row), &foreground, &background)
        func color(_ packed: Int32) -> RGBColor { RGBColor(packed: packed < 0 ? 0 : UInt32(packed)) }
        // Where one colour fills the cell the other doesn't show; making them equal saves the terminal a change.
        let paint = Paint.colors(
            foreground: color(scalar == " " ? background : foreground), background: color(background))
        return Cell(scalar, paint: paint)
    }

    private func canvas(for size: GridSize) -> OpaquePointer? {
        if let canvas, canvasSize == size { return canvas }
        if let canvas { chafa_canvas_unref(canvas) }
        let config = chafa_canvas_config_new()
        let symbols = chafa_symbol_map_new()
        chafa_symbol_map_add_by_tags(symbols, isUnicode ? Self.unicodeSymbols : CHAFA_SYMBOL_TAG_ASCII)
        chafa_canvas_config_set_geometry(config, Int32(size.columns), Int32(size.rows))
        chafa_canvas_config_set_symbol_map(config, symbols)
        chafa_canvas_config_set_canvas_mode(config, mode)
        // Beyond 0.5 chafa takes three times as long for a gain nobody sees at a thumbnail's size.
        chafa_canvas_config_set_work_factor(config, 0.5)
        if colorDepth < .truecolor {
            chafa_canvas_config_set_dither_mode(config, CHAFA_DITHER_MODE_ORDERED)
        }
        canvas = chafa_canvas_new(config)
        canvasSize = size
        chafa_symbol_map_unref(symbols)
        chafa_canvas_config_unref(config)
        return canvas
    }

    private var mode: ChafaCanvasMode {
        switch colorDepth {
        case .truecolor: CHAFA_CANVAS_MODE_TRUECOLOR
        case .indexed256: CHAFA_CANVAS_MODE_INDEXED_240
        case .ansi16: CHAFA_CANVAS_MODE_INDEXED_16
        case .mono: CHAFA_CANVAS_MODE_FGBG
        }
    }

    private static let unicodeSymbols = ChafaSymbolTags(
        rawValue: CHAFA_SYMBOL_TAG_BLOCK.rawValue | CHAFA_SYMBOL_TAG_BORDER.rawValue
            | CHAFA_SYMBOL_TAG_SPACE.rawValue)
}
