internal import Glibc

/// The warps that may lay one picture over another, most promising first, each found when it is asked for.
struct PictureSearch {
    private let first: ComparablePicture
    private let second: ComparablePicture
    private var alignments: [PictureAlignment?] = [nil, nil, nil]
    private var waiting: [(warp: PictureWarp, similarity: Double)] = []
    private var startsTried = 0

    /// As they are, then with a border about either, then turned either way.
    private static let starts: [PictureWarp] = [
        PictureWarp(), PictureWarp(xx: 1.09, yy: 1.09), PictureWarp(xx: 0.92, yy: 0.92),
        PictureWarp(xx: 0.996, xy: -0.087, yx: 0.087, yy: 0.996),
        PictureWarp(xx: 0.996, xy: 0.087, yx: -0.087, yy: 0.996),
    ]
    /// Unlike pictures, nearly all that are asked about, are told apart while they are small.
    private static let leastCoarse = 0.3
    private static let leastMiddle = 0.45

    init(_ first: ComparablePicture, _ second: ComparablePicture) {
        self.first = first
        self.second = second
        // Pictures of another shape are crops no more.
        if abs(log(first.shape / second.shape)) >= 0.15 { startsTried = Self.starts.count }
    }

    /// nil when nothing is left to try.
    mutating func next() -> PictureWarp? {
        while true {
            if let coarse = waiting.popLast() {
                if let warp = bettered(coarse.warp, level: 1, steps: 6),
                    similarity(warp, level: 1) >= Self.leastMiddle, let fine = bettered(warp, level: 0, steps: 3)
                {
                    return fine
                }
            } else if startsTried == 0 {
                startsTried = 1
                gather(Self.starts[0], steps: 8)
            } else if startsTried < Self.starts.count {
                for start in Self.starts[1...] { gather(start, steps: 6) }
                startsTried = Self.starts.count
                waiting.sort { $0.similarity < $1.similarity }
                waiting = Array(waiting.suffix(3))
            } else {
                return nil
            }
        }
    }

    private mutating func gather(_ start: PictureWarp, steps: Int) {
        guard let warp = bettered(start, level: 2, steps: steps) else { return }
        let found = similarity(warp, level: 2)
        if found >= Self.leastCoarse { waiting.append((warp, found)) }
    }

    private mutating func bettered(_ warp: PictureWarp, level: Int, steps: Int) -> PictureWarp? {
        let alignment =
            alignments[level]
            ?? PictureAlignment(to: first.levels[level], side: ComparablePicture.side >> level)
        alignments[level] = alignment
        return alignment.bettered(warp, over: second.levels[level], steps: steps)
    }

    private func similarity(_ warp: PictureWarp, level: Int) -> Double {
        LocalSimilarity.of(
            first.levels[level], second.levels[level], side: ComparablePicture.side >> level, warp)
    }
}
