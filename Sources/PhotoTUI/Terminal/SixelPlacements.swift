import Grid

/// Sixel graphics: pixels painted into the screen, where text erases them; nothing is kept (DEC STD 070, chapter 9).
struct SixelPlacements: ImagePlacements {
    static let colors = 64
    /// Whether the terminal moves pixels with the lines that they stand on.
    let scrollsWithText: Bool
    /// Whether the terminal has registers of colours that pictures share, where each can name its own once: xterm, by the
    /// private mode 1070. What is painted by them changes with them.
    let sharesRegisters: Bool

    /// xterm's registers.
    private static let registers = 1024

    var capabilities: ImageCapabilities {
        ImageCapabilities(
            format: .indexed(colors: Self.colors), keepsUploads: false, isMadeOfCells: false, survivesClear: false,
            scrollsWithText: scrollsWithText, bytesPerPlacement: 24,
            cheapSlots: sharesRegisters ? Self.registers / Self.colors : 0)
    }

    func upload(_ image: EncodedImage, as slot: ImageSlot, pieceLength: Int) -> [[UInt8]] {
        guard case .indexed(let picture) = image.content, let first = firstRegister(of: slot) else { return [] }
        var bytes = Self.sharing + Array("\u{1b}P0;1q".utf8)
        for index in picture.palette.indices { Self.append(picture, color: index, register: first + index, to: &bytes) }
        return [bytes + [0x1b, UInt8(ascii: "\\")] + Self.notSharing]
    }

    private static let sharing = Array("\u{1b}[?1070l".utf8)
    private static let notSharing = Array("\u{1b}[?1070h".utf8)

    /// Of a picture's own registers among the shared ones; nil where its slot has none.
    private func firstRegister(of slot: ImageSlot) -> Int? {
        (1...UInt32(max(1, capabilities.cheapSlots))).contains(slot.number) && sharesRegisters
            ? Int(slot.number - 1) * Self.colors : nil
    }

    func abandon(_ slot: ImageSlot) -> [UInt8] { [] }
    func remove(_ placement: ImagePlacement) -> [UInt8] { [] }
    func free(_ slot: ImageSlot) -> [UInt8] { [] }
    var freeAll: [UInt8] { sharesRegisters ? Self.notSharing : [] }

    func place(_ placement: ImagePlacement, of image: EncodedImage) -> [UInt8] {
        guard case .indexed(let picture) = image.content else { return [] }
        let (cellWidth, cellHeight) = (picture.width / image.size.columns, picture.height / image.size.rows)
        let part = placement.part
        var bytes = Array("\u{1b}[\(placement.rect.row + 1);\(placement.rect.column + 1)H".utf8)
        let first = firstRegister(of: placement.slot)
        if first != nil { bytes += Self.sharing }
        Self.append(
            picture, columns: part.column * cellWidth..<part.endColumn * cellWidth,
            rows: part.row * cellHeight..<part.endRow * cellHeight, named: first, to: &bytes)
        if first != nil { bytes += Self.notSharing }
        return bytes
    }

    /// Appends a part of a picture. P2 = 1 leaves pixels of no colour as they are.
    /// - Parameter first: the register that its first colour was named for before; nil names them here.
    static func append(
        _ picture: IndexedImage, columns: Range<Int>, rows: Range<Int>, named first: Int? = nil,
        to bytes: inout [UInt8]
    ) {
        bytes += Array("\u{1b}P0;1q\"1;1;\(columns.count);\(rows.count)".utf8)
        if first == nil {
            // All that is used in front: xterm paints the first six rows anew at each colour defined among them.
            var isUsed = [Bool](repeating: false, count: 256)
            for row in rows {
                for column in columns { isUsed[Int(picture.indices[row * picture.width + column])] = true }
            }
            for index in picture.palette.indices where isUsed[index] {
                append(picture, color: index, register: index, to: &bytes)
            }
        }
        var top = rows.lowerBound
        while top < rows.upperBound {
            let band = top..<min(top + 6, rows.upperBound)
            appendBand(picture, columns: columns, rows: band, firstRegister: first ?? 0, to: &bytes)
            top = band.upperBound
            if top < rows.upperBound { bytes.append(UInt8(ascii: "-")) }
        }
        bytes += [0x1b, UInt8(ascii: "\\")]
    }

    /// Names a colour of a picture, unless it stands for nothing.
    private static func append(_ picture: IndexedImage, color: Int, register: Int, to bytes: inout [UInt8]) {
        if picture.transparent.map({ Int($0) == color }) == true { return }
        func percent(_ channel: UInt8) -> Int { (Int(channel) * 100 + 127) / 255 }
        let value = picture.palette[color]
        bytes += Array(
            "#\(register);2;\(percent(value.red));\(percent(value.green));\(percent(value.blue))".utf8)
    }

    /// Six rows: for each of their colours a line of columns with a bit for each row.
    private static func appendBand(
        _ picture: IndexedImage, columns: Range<Int>, rows: Range<Int>, firstRegister: Int, to bytes: inout [UInt8]
    ) {
        let width = columns.count
        var sixels = [UInt8](repeating: 0, count: picture.palette.count * width)
        var spans = [Range<Int>?](repeating: nil, count: picture.palette.count)
        for column in 0..<width {
            for (bit, row) in rows.enumerated() {
                let color = Int(picture.indices[row * picture.width + columns.lowerBound + column])
                if picture.transparent.map({ Int($0) == color }) == true { continue }
                sixels[color * width + column] |= 1 << UInt8(bit)
                spans[color] = (spans[color]?.lowerBound ?? column)..<column + 1
            }
        }
        let lines = spans.indices.compactMap { color in spans[color].map { (color: color, span: $0) } }
            .sorted { ($0.span.lowerBound, $0.color) < ($1.span.lowerBound, $1.color) }
        // Those that don't overlap share a pass: each is put behind the last that ends before it.
        var passes: [(end: Int, lines: [(color: Int, span: Range<Int>)])] = []
        for line in lines {
            if let index = passes.firstIndex(where: { $0.end <= line.span.lowerBound }) {
                passes[index].lines.append(line)
                passes[index].end = line.span.upperBound
            } else {
                passes.append((line.span.upperBound, [line]))
            }
        }
        for (index, pass) in passes.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "$")) }
            var column = 0
            for line in pass.lines {
                bytes += Array("#\(firstRegister + line.color)".utf8)
                append(run: line.span.lowerBound - column, of: 0, to: &bytes)
                let first = line.color * width
                append(sixels[first + line.span.lowerBound..<first + line.span.upperBound], to: &bytes)
                column = line.span.upperBound
            }
        }
    }

    private static func append(_ sixels: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        var place = sixels.startIndex
        while place < sixels.endIndex {
            var end = place + 1
            while end < sixels.endIndex, sixels[end] == sixels[place] { end += 1 }
            append(run: end - place, of: sixels[place], to: &bytes)
            place = end
        }
    }

    private static func append(run count: Int, of sixel: UInt8, to bytes: inout [UInt8]) {
        let character = 0x3f + sixel
        if count > 3 {
            bytes += Array("!\(count)".utf8)
            bytes.append(character)
        } else {
            for _ in 0..<max(0, count) { bytes.append(character) }
        }
    }
}
