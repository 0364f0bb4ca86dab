import Core
import Testing

@Suite("Faces")
struct FaceValueTests {
    private func face(_ name: String?, _ x: Double, _ y: Double, _ size: Double = 0.2) -> Face {
        Face(box: PictureRegion(x: x, y: y, width: size, height: size), name: name, source: .mwg)
    }

    @Test("A turn and its inverse leave a face where it was", arguments: Orientation.allCases)
    func back(orientation: Orientation) {
        let there = face("Ana", 0.1, 0.3, 0.25)
        #expect(there.turned(orientation).turned(orientation.inverse) == there)
    }

    @Test("A named face is added where nobody has the name, one without a name where it overlaps none")
    func added() {
        let own = [face("Ana", 0, 0), face(nil, 0.5, 0.5)]
        let others = [
            face("ANA", 0.7, 0.7), face("Ben", 0.5, 0.5), face(nil, 0.55, 0.55, 0.1), face(nil, 0.65, 0.65),
            face(nil, 0, 0.7), face("ben", 0.2, 0.2),
        ]
        #expect(Face.added(to: own, from: others) == [others[1], others[3], others[4]])
    }

    @Test("Of two photos the evidence tells how one is turned toward the other; of more their hashes do")
    func turn() {
        let hash = PerceptualHash(bits: 0xf1e2_0000_d4c3_9a17)
        let founder = PictureStance(hash: hash.oriented(.rotated90), evidence: nil)
        // What the evidence says counts, whatever the hashes do.
        let told = PictureStance(
            hash: hash, evidence: LikenessEvidence(distance: 0, similarity: 1, orientation: .rotated180))
        #expect(told.turn(toward: founder, isPair: true) == .rotated180)
        #expect(founder.turn(toward: told, isPair: true) == .rotated180)
        #expect(told.turn(toward: founder, isPair: false) == .rotated90)
        #expect(founder.turn(toward: told, isPair: false) == .rotated270)
        let straight = PictureStance(
            hash: hash, evidence: LikenessEvidence(distance: 0, similarity: 1, orientation: .upright))
        #expect(straight.turn(toward: founder, isPair: false) == .upright)
    }

    @Test("Faces are told by their names, and how many have none")
    func summary() {
        #expect(Face.summary([]) == nil)
        #expect(Face.summary([face("Ana", 0, 0), face(nil, 0, 0), face(nil, 0.5, 0)]) == "Ana, 2 without a name")
    }

    @Test("Very many regions are no more than a thousand faces, and what is no part of the picture is none")
    func many() {
        func region(_ x: Double, _ y: Double) -> FaceRegion {
            let box = PictureRegion(x: x, y: y, width: 0.01, height: 0.01)
            return FaceRegion(box: box, name: nil, source: .mwg, dimensions: nil)
        }
        let size = PixelSize(width: 40, height: 30)
        let grid = (0..<3000).map { region(Double($0 % 60) / 60, Double($0 / 60) / 60) }
        #expect(FaceRegion.faces(grid, .rotated90, stored: size).count == FaceRegion.most)
        let outside = [region(.nan, 0), region(0, .infinity), region(1.5, 0.5), region(-0.02, 0.5), region(0.5, 1)]
        #expect(FaceRegion.faces(outside, .upright, stored: size).isEmpty)
        let edge = FaceRegion.faces([region(0.995, -0.005)], .upright, stored: size)
        #expect(edge.map(\.box) == [PictureRegion(x: 0.995, y: 0, width: 0.005, height: 0.005)])
    }
}
