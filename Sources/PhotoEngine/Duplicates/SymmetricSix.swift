/// Six equations of six unknowns whose matrix is symmetric, gathered cell by cell and solved by Cholesky's method.
struct SymmetricSix {
    /// The matrix's upper triangle by rows, then the right-hand side.
    private var sums = (
        SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>()
    )

    /// Adds one cell: its six slopes and its error.
    @inline(__always)
    mutating func add(_ slopes: UnsafePointer<Float>, _ error: Float, weight: Float) {
        let row = SIMD8<Float>(slopes[0], slopes[1], slopes[2], slopes[3], slopes[4], slopes[5], 0, 0)
        let weighted = row * weight
        sums.0 += row * weighted[0]
        sums.1 += row * weighted[1]
        sums.2 += row * weighted[2]
        sums.3 += row * weighted[3]
        sums.4 += row * weighted[4]
        sums.5 += row * weighted[5]
        sums.6 += weighted * error
    }

    /// nil where the equations don't settle the unknowns.
    func solved() -> [Double]? {
        let rows = [sums.0, sums.1, sums.2, sums.3, sums.4, sums.5]
        var lower = [[Double]](repeating: [Double](repeating: 0, count: 6), count: 6)
        let trace = (0..<6).reduce(0.0) { $0 + Double(rows[$1][$1]) }
        guard trace > 0 else { return nil }
        for row in 0..<6 {
            for column in 0...row {
                var value = Double(rows[row][column])
                // A little on the diagonal keeps parameters that the picture says nothing of where they are.
                if row == column { value += trace * 1e-4 }
                for inner in 0..<column { value -= lower[row][inner] * lower[column][inner] }
                if row == column {
                    guard value > trace * 1e-9 else { return nil }
                    lower[row][row] = value.squareRoot()
                } else {
                    lower[row][column] = value / lower[column][column]
                }
            }
        }
        var unknowns = (0..<6).map { Double(sums.6[$0]) }
        for row in 0..<6 {
            for column in 0..<row { unknowns[row] -= lower[row][column] * unknowns[column] }
            unknowns[row] /= lower[row][row]
        }
        for row in (0..<6).reversed() {
            for column in (row + 1)..<6 { unknowns[row] -= lower[column][row] * unknowns[column] }
            unknowns[row] /= lower[row][row]
        }
        return unknowns
    }
}
