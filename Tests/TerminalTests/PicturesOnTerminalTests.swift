import Grid
import Synchronization
import Testing

@testable import Terminal

extension TerminalTests {
    @Suite("Pictures on a terminal")
    struct Pictures {
        static let ways: [(PixelScreen.Kind, GraphicsProtocol)] = [
            (.placeholders, .placeholders), (.kitty, .kitty), (.sixel, .sixel), (.scrolledSixel, .sixel),
            (.iTerm, .iterm2), (.scrolledITerm, .iterm2),
        ]

        @Test("Each picture shows in its cells, and nowhere else", arguments: ways)
        func wall(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try PictureStage(kind, asked: way)
            let grid = KnownPictures.wall(1..<13)
            stage.present(grid)
            #expect(stage.faults(showing: grid).prefix(3) == [])
            #expect(stage.screen.text(row: 0).hasPrefix("title"))
            #expect(stage.screen.text(row: 6).contains("IMG_1.jpg"))
            // Twelve thumbnails, of at most 25 kB each.
            #expect((1...12 * 25_000).contains(stage.screen.imageByteCount))
        }

        @Test("The same frame again writes nothing", arguments: ways)
        func idle(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try PictureStage(kind, asked: way)
            stage.present(KnownPictures.wall(1..<13))
            #expect(stage.present(KnownPictures.wall(1..<13)) == 0)
        }

        /// Twelve pictures on screen. The limits are bytes for a line that comes in with parts of three more pictures, and for
        /// another.
        @Test(
            "A line of scrolling costs few bytes, and leaves nothing behind",
            arguments: zip(
                ways, [(700, 100), (800, 700), (40_000, 40_000), (4000, 4000), (40_000, 40_000), (8000, 8000)]))
        func scroll(way: (PixelScreen.Kind, GraphicsProtocol), limits: (pictures: Int, names: Int)) throws {
            let stage = try PictureStage(way.0, asked: way.1)
            stage.present(KnownPictures.wall(1..<19, perLine: 3))
            for (top, limit) in [
                (1, limits.pictures), (2, limits.names), (3, limits.pictures), (2, limits.pictures),
                (1, limits.pictures),
            ] {
                let grid = KnownPictures.wall(1..<19, perLine: 3, top: top)
                let sent = stage.screen.imageByteCount
                var bytes = stage.present(grid)
                // Where pictures are kept, those that show for the first time are sent once.
                if way.0.isKitty { bytes -= stage.screen.imageByteCount - sent }
                #expect(stage.faults(showing: grid).prefix(3) == [], "top \(top)")
                #expect(bytes <= limit, "top \(top)")
            }
        }

        @Test("Pictures that share a terminal's registers name their colours once, the others in each piece")
        func sharedRegisters() {
            let indices: [UInt8] = (0..<112 * 80).map { (place: Int) -> UInt8 in
                UInt8((place % 112 + place / 112) / 3)
            }
            let palette: [RGBColor] = (0..<64).map { (number: UInt32) -> RGBColor in
                RGBColor(packed: number * 0x020304)
            }
            let picture = IndexedImage(width: 112, height: 80, palette: palette, indices: indices, transparent: nil)
            let image = EncodedImage(.indexed(picture), size: KnownPictures.size, width: 112, height: 80)
            let way = SixelPlacements(scrollsWithText: true, sharesRegisters: true)
            func piece(_ slot: UInt32) -> String {
                let rect = Rect(row: 0, column: 0, rows: 1, columns: 4)
                let bytes = way.place(
                    ImagePlacement(number: 1, slot: ImageSlot(slot), rect: rect, part: rect), of: image)
                return String(decoding: bytes, as: UTF8.self)
            }
            func named(_ slot: UInt32) -> String {
                let pieces = way.upload(image, as: ImageSlot(slot), pieceLength: .max)
                return String(decoding: pieces.joined(), as: UTF8.self)
            }
            #expect(named(2).contains("#64;2;") && named(2).contains("#127;2;"))
            #expect(!piece(2).contains(";2;"))
            #expect(piece(2).contains("#64"))
            #expect(named(17).isEmpty)
            #expect(piece(17).contains("#0;2;"))
            #expect(piece(2).utf8.count < piece(17).utf8.count)
        }

        @Test("Text that scrolls beside a picture leaves it alone", arguments: ways)
        func textBeside(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try PictureStage(kind, asked: way)
            for top in [0, 1, 2, 5, 3] {
                var grid = KnownPictures.wall(1..<2)
                for row in 1..<22 {
                    grid.write("line \(row + top) of a long text", at: Position(row: row, column: 30), role: .text)
                }
                stage.present(grid)
                #expect(stage.faults(showing: grid).prefix(3) == [], "top \(top)")
                #expect(stage.screen.text(row: 3).contains("line \(3 + top) of"))
            }
        }

        @Test("What was seen before is not sent again", arguments: [Self.ways[0], Self.ways[1]])
        func again(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try PictureStage(kind, asked: way)
            stage.present(KnownPictures.wall(1..<13))
            stage.present(KnownPictures.wall(13..<25))
            let sent = stage.screen.imageByteCount
            let grid = KnownPictures.wall(1..<13)
            stage.present(grid)
            #expect(stage.screen.imageByteCount == sent)
            #expect(stage.faults(showing: grid).prefix(3) == [])
        }

        @Test("Symbols stand until a picture is ready", arguments: ways)
        func symbolsFirst(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try PictureStage(kind, asked: way)
            stage.pictures.missing.withLock { $0 = [ImageID(2)] }
            let grid = KnownPictures.wall(1..<4)
            stage.present(grid)
            #expect(stage.pictures.wanted.withLock { $0 } == [ImageID(2)])
            #expect(stage.screen.cell(1, 17).scalars == ["▚"])
            #expect(stage.screen.color(1, 17, of: stage.screen.pixels()) == .none)
            #expect(stage.screen.color(1, 1, of: stage.screen.pixels()) != .none)
            stage.pictures.missing.withLock { $0 = [] }
            stage.present(grid)
            #expect(stage.faults(showing: grid).prefix(3) == [])
            #expect(stage.pictures.wanted.withLock { $0 } == [])
        }

        @Test("Scrolls, dialogs, clears and suspensions leave no pixel behind", arguments: ways)
        func noLeftovers(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try PictureStage(kind, asked: way)
            var random = SplitMix(state: 7)
            for step in 0..<50 {
                var grid = KnownPictures.wall(1..<41, top: Int(random.next() % 40))
                switch random.next() % 6 {
                case 0:
                    let rect = Rect(
                        row: Int(random.next() % 12), column: Int(random.next() % 40), rows: 3 + Int(random.next() % 9),
                        columns: 5 + Int(random.next() % 30))
                    grid.fill(rect, with: Cell(" ", paint: .role(.dialog)))
                    grid.write("dialog", at: rect.origin, role: .dialog)
                case 1: stage.terminal.invalidate()
                case 2:
                    stage.terminal.suspend()
                    stage.terminal.resume()
                case 3: grid = Grid(size: grid.size)
                default: break
                }
                stage.present(grid)
                let faults = stage.faults(showing: grid)
                try #require(faults.isEmpty, "step \(step): \(faults.count) wrong, \(faults.prefix(3))")
            }
        }

        @Test("Closing frees every picture that the terminal keeps", arguments: [Self.ways[0], Self.ways[1]])
        func close(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try PictureStage(kind, asked: way)
            stage.present(KnownPictures.wall(1..<13))
            #expect(stage.screen.pictures.count == 12)
            stage.terminal.close()
            stage.read()
            #expect(stage.screen.pictures.isEmpty && stage.screen.placements.isEmpty)
        }

        @Test("A late answer turns symbols into pixels; a terminal that answers nothing keeps them")
        func lateAnswer() throws {
            let stage = try PictureStage(.kitty, asked: nil)
            let grid = KnownPictures.wall(1..<5)
            stage.present(grid)
            #expect(stage.terminal.graphics.way == .symbols)
            #expect(stage.screen.cell(1, 1).scalars == ["▚"])
            #expect(stage.screen.pictures.isEmpty)
            stage.pty.type(RecordedReplies.kitty)
            #expect(stage.terminal.events(within: .seconds(5)) == [])
            #expect(stage.terminal.graphics.way == .kitty)
            stage.present(grid)
            // The answer says that cells are 9 x 18.
            #expect(stage.screen.placements.map(\.rect.size) == Array(repeating: KnownPictures.size, count: 4))
        }
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
