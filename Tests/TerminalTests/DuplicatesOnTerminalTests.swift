import Foundation
import Testing

/// The real program on real pictures, from comparing them to taking a decision back.
@Suite("Duplicates on a terminal", .serialized, .timeLimit(.minutes(15)))
struct DuplicatesOnTerminalTests {
    private func home() throws -> Home {
        let home = try Home()
        try home.addScene("boat.tif", seed: 5, width: 480, height: 360)
        try home.addScene("boat small.tif", seed: 5, width: 240, height: 180)
        try home.addScene("other.tif", seed: 77, width: 320, height: 240)
        return home
    }

    private func open(_ home: Home) async throws -> ProgramOnTerminal {
        let program = try ProgramOnTerminal(home: home, ["COLORTERM": "truecolor"])
        _ = try await program.comesToShow {
            $0.contains("15 photos") && !$0.contains("process") && !$0.contains("indexing")
        }
        return program
    }

    @Test("Photos are compared, seen side by side, resolved and taken back")
    func wholeWay() async throws {
        let program = try await open(try home())
        program.type("d")
        #expect(try await program.comesToShow { $0.contains("15 photos not compared") })
        program.type("S")
        #expect(try await program.comesToShow { $0.contains("1 cluster ") && $0.contains("boat.tif") })
        program.type("\r")
        #expect(try await program.comesToShow { $0.contains("KEEP boat.tif") && $0.contains("trash boat small.tif") })
        #expect(try await program.answer(to: "]") <= 600)
        program.type("bb")
        #expect(try await program.comesToShow { $0.contains("trash boat small.tif") && $0.contains("240×180") })
        program.type("d")
        #expect(try await program.comesToShow { $0.contains(" differs") && $0.contains(" alike") })
        program.type("d\r")
        #expect(try await program.comesToShow { $0.contains("enter does it") && $0.contains("1 photo, ") })
        program.type("smaller copy\r")
        #expect(try await program.comesToShow { $0.contains("there are no duplicates") && $0.contains("14 photos") })
        program.type("u")
        #expect(try await program.comesToShow { $0.contains("1 cluster ") && $0.contains("15 photos") })
        // Longer than it takes to look for changes of the catalogue.
        _ = try await program.settle(for: .milliseconds(1500))
        #expect(try await program.settle(for: .milliseconds(1500)).isEmpty)
        program.type("qq")
        #expect(try await program.ending() == 0)
    }

    @Test("A decision is saved, however quickly one leaves behind it")
    func resolveAndQuit() async throws {
        let home = try home()
        let program = try await open(home)
        program.type("dS")
        #expect(try await program.comesToShow { $0.contains("1 cluster ") && $0.contains("boat.tif") })
        program.type("\r")
        #expect(try await program.comesToShow { $0.contains("KEEP boat.tif") })
        program.type("\r\r\u{3}")
        #expect(try await program.ending() == 0)
        let again = try ProgramOnTerminal(home: home)
        #expect(try await again.comesToShow { $0.contains("14 photos") })
    }
}
