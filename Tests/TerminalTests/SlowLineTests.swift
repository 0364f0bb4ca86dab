import Grid
import Synchronization
import Testing

@testable import Terminal

extension TerminalTests {
    @Suite("Pictures over a slow line")
    struct SlowLines {
        static let ways: [(PixelScreen.Kind, GraphicsProtocol)] = [
            (.placeholders, .placeholders), (.kitty, .kitty), (.sixel, .sixel), (.iTerm, .iterm2),
        ]

        @Test("Text comes at once while pictures fill in behind, to the last cell", arguments: ways)
        func textFirst(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try SlowLineStage(kind, way, rate: 20_000, roundTrip: .milliseconds(100))
            var grid = KnownPictures.wall(1..<13)
            stage.present(grid)
            var bytes: [Int] = []
            for step in 0..<10 {
                stage.run(0.15)
                let (next, behind) = stage.show("key \(step)", on: grid)
                grid = next
                bytes.append(try #require(behind))
            }
            #expect(stage.terminal.governor.isSlow)
            // The first came before the line was known.
            // What goes in a tenth of a second: by design a fifth of that, and on a machine as busy as can be the half.
            #expect(bytes[1...].sorted()[7] <= 2000, "\(bytes)")
            stage.run()
            #expect(!stage.terminal.hasMore)
            #expect(stage.faults(showing: grid).prefix(3) == [])
        }

        @Test("A picture that can't be had keeps no other from being refined", arguments: ways)
        func lost(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try SlowLineStage(kind, way, rate: 20_000, roundTrip: .milliseconds(40))
            stage.pictures.lost.withLock { $0 = [ImageID(2)] }
            stage.present(KnownPictures.wall(1..<5))
            stage.run()
            // They came coarse.
            #expect(stage.terminal.governor.isSlow)
            let images = try #require(stage.terminal.images)
            #expect(images.held.keys.map(\.number).sorted() == [1, 3, 4])
            #expect(images.held.values.allSatisfy { $0.form == images.form })
        }

        @Test("What is scrolled past is given up, and nothing of it is left", arguments: ways)
        func scrolledPast(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try SlowLineStage(kind, way, rate: 40_000, roundTrip: .milliseconds(40))
            for top in [0, 3, 6, 2, 30, 12] {
                stage.present(KnownPictures.wall(1..<41, top: top))
                stage.run(0.12)
            }
            let grid = KnownPictures.wall(1..<41, top: 18)
            stage.present(grid)
            stage.run()
            #expect(stage.faults(showing: grid).prefix(3) == [])
        }

        @Test("A dialog over pictures that are coming shows at once, and they go on behind it", arguments: ways)
        func dialog(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try SlowLineStage(kind, way, rate: 20_000, roundTrip: .milliseconds(40))
            let wall = KnownPictures.wall(1..<13)
            stage.present(wall)
            stage.run(0.5)
            var grid = wall
            grid.fill(Rect(row: 4, column: 10, rows: 8, columns: 40), with: Cell(" ", paint: .role(.dialog)))
            grid.write("Really?", at: Position(row: 6, column: 14), role: .dialog)
            stage.present(grid)
            stage.run(2) { stage.screen.text(row: 6).contains("Really?") }
            #expect(stage.screen.text(row: 6).contains("Really?"))
            stage.run()
            #expect(stage.faults(showing: grid).prefix(3) == [])
        }

        @Test("What is known of the line is told while pictures come, and when they are there")
        func told() throws {
            let stage = try SlowLineStage(.placeholders, .placeholders, rate: 20_000, roundTrip: .milliseconds(100))
            stage.present(KnownPictures.wall(1..<13))
            stage.run { stage.terminal.line != nil }
            let line = try #require(stage.terminal.line)
            #expect(line.isBusy && (6_000...60_000).contains(line.bytes), "\(line.bytes)")
            #expect((.milliseconds(90)...(.milliseconds(160))).contains(line.roundTrip))
            stage.run()
            #expect(stage.terminal.events(within: .seconds(5)) == [])
            #expect(stage.terminal.line?.isBusy == false)
        }

        @Test("Symbols come coarse first, then whole")
        func symbols() throws {
            let stage = try SlowLineStage(.sixel, .symbols, rate: 10_000, roundTrip: .milliseconds(100))
            let grid = Self.photo
            stage.present(grid)
            stage.run { stage.terminal.shown?.cells.contains { $0.piece != nil && $0.paint == .role(.text) } == false }
            // All in their place, not all whole.
            #expect(stage.terminal.hasMore)
            #expect(stage.terminal.shown?.cells.contains { $0.piece != nil && $0.scalar == " " } == true)
            stage.run()
            for (row, column) in [(1, 1), (20, 70), (10, 33)] {
                #expect(stage.screen.cell(row, column).scalars == [grid[row, column].scalar])
            }
        }

        /// Symbols of ever other colours.
        private static var photo: Grid {
            var grid = Grid(size: GridSize(columns: 80, rows: 24))
            for row in 1..<22 {
                for column in 0..<78 {
                    let value = UInt8(truncatingIfNeeded: row * 11 + column * 3)
                    var cell = Cell(
                        "▚",
                        paint: .colors(
                            foreground: RGBColor(red: value, green: 99, blue: 255 - value),
                            background: RGBColor(red: 255 - value, green: 50, blue: value)))
                    cell.piece = ImagePiece(image: ImageID(1), row: row - 1, column: column)
                    grid[row, column] = cell
                }
            }
            return grid
        }

        @Test("Nothing is written while nothing is left to show", arguments: ways)
        func idle(kind: PixelScreen.Kind, way: GraphicsProtocol) throws {
            let stage = try SlowLineStage(kind, way, rate: 100_000, roundTrip: .milliseconds(20))
            stage.present(KnownPictures.wall(1..<5))
            stage.run()
            let before = stage.terminal.bytesWritten
            _ = stage.terminal.events(within: .milliseconds(300))
            #expect(stage.terminal.bytesWritten == before)
        }
    }
}
