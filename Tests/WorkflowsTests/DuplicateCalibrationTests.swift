import Core
import Duplicates
import Testing
import Workflows

@Suite("Calibrating what a scan finds")
struct DuplicateCalibrationTests {
    /// Pairs of copies, `number` of them, in clusters.
    private func library(pairs number: Int) async throws -> DuplicateLibrary {
        let library = try await DuplicateLibrary()
        for pair in 0..<number {
            try await library.add(2 * pair, scene: UInt64(pair + 1))
            try await library.add(2 * pair + 1, scene: UInt64(pair + 1), fading: 5)
        }
        _ = try await library.scan()
        #expect(try await library.clusters().count == number)
        return library
    }

    private func calibration(_ library: DuplicateLibrary) -> DuplicateCalibration {
        DuplicateCalibration(
            catalog: library.catalog, review: library.review())
    }

    @Test("A pair is what is kept and the farthest from it; every answer is kept, and the next pairs are others")
    func resumed() async throws {
        let library = try await library(pairs: 7)
        let calibration = calibration(library)
        let first = try await calibration.pairs(limit: 3)
        #expect(first.count == 3)
        for pair in first {
            #expect(Set(pair.proposal.members.map(\.photo)) == [pair.keeper, pair.other])
            let members = pair.proposal.members.map(\.hash)
            #expect(pair.distance == members[0].distance(to: members[1]))
            try await calibration.answer(pair.other, pair.keeper, isSame: true, actor: "a")
        }
        let others = try await calibration.pairs(limit: 9)
        #expect(others.count == 4)
        #expect(Set(others.map(\.keeper)).isDisjoint(with: first.map(\.keeper)))
        #expect(try await calibration.curve().answers == 3)
        // Nothing was decided on the photos.
        #expect(try await library.clusters().count == 7)
    }

    @Test("A no is a decision for every later scan only where that is asked for")
    func decided() async throws {
        let library = try await library(pairs: 2)
        let calibration = calibration(library)
        let pairs = try await calibration.pairs(limit: 2)
        try await calibration.answer(pairs[0].keeper, pairs[0].other, isSame: false, actor: "a")
        _ = try await library.scan(DuplicateScanOptions(comparesAll: true))
        #expect(try await library.clusters().count == 2)
        try await calibration.answer(pairs[0].keeper, pairs[0].other, isSame: false, decides: true, actor: "a")
        _ = try await library.scan(DuplicateScanOptions(comparesAll: true))
        #expect(try await library.clusters() == [[pairs[1].keeper, pairs[1].other]])
        #expect(try await calibration.curve().answers == 1)
        let error = await #expect(throws: EngineError.self) {
            try await calibration.answer(pairs[0].keeper, pairs[0].other, isSame: true, actor: "a")
        }
        #expect(error?.code == .conflict)
    }

    @Test("Bursts, which are never resolved together with others, are not asked about")
    func bursts() async throws {
        let library = try await library(pairs: 2)
        for number in 100...101 {
            try await library.add(number, scene: 77, fading: number - 99) { metadata in
                metadata.cameraMake = "Acme"
                metadata.cameraModel = "X100"
                metadata.exposure.seconds = 0.01
                metadata.captureTime = CaptureTime(
                    wallMicroseconds: Int64(number) * 1_000_000, offsetMinutes: nil, source: .exif)
            }
        }
        _ = try await library.scan()
        #expect(try await library.clusters().count == 3)
        for limit in 1...3 { #expect(try await calibration(library).pairs(limit: limit).count == min(2, limit)) }
    }

    @Test("The threshold is found, kept with the precision asked for, and refused where the answers don't show it")
    func threshold() async throws {
        let library = try await library(pairs: 8)
        let calibration = calibration(library)
        func refusal(_ body: () async throws -> Int) async -> String {
            do {
                return "\(try await body()) bits"
            } catch {
                let error = error as? EngineError
                #expect(error?.code == .conflict && error?.whatToDo.contains("duplicates calibrate") == true)
                return error?.whatHappened ?? ""
            }
        }
        let new = await [
            refusal { try await calibration.threshold(for: 0.6) }, refusal { try await calibration.decidedThreshold() },
        ]
        #expect(new == Array(repeating: "this library is not calibrated", count: 2))
        let pairs = try await calibration.pairs(limit: 8)
        for pair in pairs { try await calibration.answer(pair.keeper, pair.other, isSame: true, actor: "a") }
        let farthest = pairs.map(\.distance).max()
        #expect(try await calibration.threshold(for: 0.6) == farthest)
        let much = await refusal { try await calibration.threshold(for: 0.9) }
        #expect(much.contains("0.9 is not shown"))
        #expect(try await calibration.calibrate(precision: 0.6, actor: "a").distance == farthest)
        #expect(try await calibration.decidedThreshold() == farthest)
        #expect(try await calibration.calibrate(precision: 0.9, actor: "a").distance == nil)
        let decided = await refusal { try await calibration.decidedThreshold() }
        #expect(decided.contains("0.9 is not shown"))
    }
}
