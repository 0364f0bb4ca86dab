/// How one picture lies over another: an affine map of the unit square's coordinates, -1 to 1 each way.
struct PictureWarp: Equatable, Sendable {
    var xx = 1.0, xy = 0.0, x = 0.0
    var yx = 0.0, yy = 1.0, y = 0.0

    /// This warp after the inverse of a small `step`.
    func undoing(_ step: PictureWarp) -> PictureWarp? {
        let determinant = step.xx * step.yy - step.xy * step.yx
        guard abs(determinant) > 0.25 else { return nil }
        let (a, b) = (step.yy / determinant, -step.xy / determinant)
        let (c, d) = (-step.yx / determinant, step.xx / determinant)
        let (e, f) = (-(a * step.x + b * step.y), -(c * step.x + d * step.y))
        return PictureWarp(
            xx: xx * a + xy * c, xy: xx * b + xy * d, x: xx * e + xy * f + x,
            yx: yx * a + yy * c, yy: yx * b + yy * d, y: yx * e + yy * f + y)
    }

    /// The most any corner's place changes between two warps.
    func distance(to other: PictureWarp) -> Double {
        let across = abs(xx - other.xx) + abs(xy - other.xy) + abs(x - other.x)
        return max(across, abs(yx - other.yx) + abs(yy - other.yy) + abs(y - other.y))
    }
}

/// Finds the warp that lays a picture over another by Gauss and Newton's method on their luma, coarse to fine: the inverse
/// compositional form (Baker and Matthews, "Lucas-Kanade 20 Years On", 2004), brightness and contrast taken out at each step,
/// and cells that differ much weighing little (a text, a black corner).
struct PictureAlignment {
    private let side: Int
    private let template: [Float]
    /// Six for each cell: how the template changes with each parameter of the warp.
    private var slopes: [Float]

    init(to level: [UInt8], side: Int) {
        self.side = side
        template = level.map(Float.init)
        slopes = [Float](repeating: 0, count: side * side * 6)
        let half = Float(side) / 2
        for row in 0..<side {
            for column in 0..<side {
                func value(_ row: Int, _ column: Int) -> Float {
                    template[min(max(row, 0), side - 1) * side + min(max(column, 0), side - 1)]
                }
                // The slope for a whole unit of the coordinates, which is `half` cells.
                let across = (value(row, column + 1) - value(row, column - 1)) / 2 * half
                let down = (value(row + 1, column) - value(row - 1, column)) / 2 * half
                let x = (Float(column) + 0.5) / half - 1
                let y = (Float(row) + 0.5) / half - 1
                let place = (row * side + column) * 6
                slopes[place] = across * x
                slopes[place + 1] = across * y
                slopes[place + 2] = across
                slopes[place + 3] = down * x
                slopes[place + 4] = down * y
                slopes[place + 5] = down
            }
        }
    }

    /// Betters `warp`, which maps the template's coordinates to `picture`'s, in at most `steps` steps; nil when it leads away.
    func bettered(_ warp: PictureWarp, over picture: [UInt8], steps: Int) -> PictureWarp? {
        var warp = warp
        var warped = [Float](repeating: 0, count: side * side)
        for _ in 0..<steps {
            let covered = WarpedPicture.fill(&warped, from: picture, side: side, warp)
            guard covered * 2 > side * side, let step = step(toward: warped), let next = warp.undoing(step),
                next.distance(to: PictureWarp()) < 0.6
            else { return nil }
            let moved = next.distance(to: warp)
            warp = next
            if moved < 0.1 / Double(side) { break }
        }
        return warp
    }

    private func step(toward warped: [Float]) -> PictureWarp? {
        let tone = ToneFit(of: warped, to: template)
        var hessian = SymmetricSix()
        warped.withUnsafeBufferPointer { warped in
            template.withUnsafeBufferPointer { template in
                slopes.withUnsafeBufferPointer { slopes in
                    // SAFETY: all three have a value, or six, for each cell.
                    for cell in 0..<side * side where warped[cell] >= 0 {
                        let error = warped[cell] * tone.gain + tone.offset - template[cell]
                        let ratio = error / tone.spread
                        hessian.add(slopes.baseAddress! + cell * 6, error, weight: 1 / (1 + ratio * ratio))
                    }
                }
            }
        }
        guard let solved = hessian.solved() else { return nil }
        return PictureWarp(
            xx: 1 + solved[0], xy: solved[1], x: solved[2], yx: solved[3], yy: 1 + solved[4], y: solved[5])
    }
}

enum WarpedPicture {
    /// Samples `picture` where `warp` puts each cell, between cells by their shares; -1 where that is outside. Returns how many
    /// are inside.
    static func fill(_ warped: inout [Float], from picture: [UInt8], side: Int, _ warp: PictureWarp) -> Int {
        let half = Float(side) / 2
        let (xx, xy, x) = (Float(warp.xx), Float(warp.xy), Float(warp.x))
        let (yx, yy, y) = (Float(warp.yx), Float(warp.yy), Float(warp.y))
        let last = Float(side - 1)
        var inside = 0
        warped.withUnsafeMutableBufferPointer { warped in
            picture.withUnsafeBufferPointer { picture in
                for row in 0..<side {
                    let v = (Float(row) + 0.5) / half - 1
                    for column in 0..<side {
                        let u = (Float(column) + 0.5) / half - 1
                        var sourceX = (xx * u + xy * v + x + 1) * half - 0.5
                        var sourceY = (yx * u + yy * v + y + 1) * half - 0.5
                        let cell = row * side + column
                        guard sourceX > -0.51, sourceY > -0.51, sourceX < last + 0.51, sourceY < last + 0.51 else {
                            warped[cell] = -1
                            continue
                        }
                        sourceX = min(max(sourceX, 0), last)
                        sourceY = min(max(sourceY, 0), last)
                        let left = min(Int(sourceX), side - 2)
                        let top = min(Int(sourceY), side - 2)
                        let (shareX, shareY) = (sourceX - Float(left), sourceY - Float(top))
                        // SAFETY: `left` and `top` are at most side - 2.
                        let corner = picture.baseAddress! + top * side + left
                        let upper = Float(corner[0]) * (1 - shareX) + Float(corner[1]) * shareX
                        let lower = Float(corner[side]) * (1 - shareX) + Float(corner[side + 1]) * shareX
                        warped[cell] = upper * (1 - shareY) + lower * shareY
                        inside += 1
                    }
                }
            }
        }
        return inside
    }
}
