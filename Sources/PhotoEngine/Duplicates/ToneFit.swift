/// Brightness and contrast that bring a warped picture nearest to another, and how far they then are apart.
struct ToneFit {
    var gain: Float = 1
    var offset: Float = 0
    /// One and a half times the mean difference, at least a few grey levels.
    var spread: Float = 1

    init(of warped: [Float], to template: [Float]) {
        // Twice: the second time, cells that are far off after the first weigh little.
        for pass in 0..<2 {
            var (count, sumA, sumB, sumAA, sumAB, sumBB): (Float, Float, Float, Float, Float, Float) = (
                0, 0, 0, 0, 0, 0
            )
            warped.withUnsafeBufferPointer { warped in
                template.withUnsafeBufferPointer { template in
                    for cell in 0..<warped.count where warped[cell] >= 0 {
                        let (a, b) = (warped[cell] - 128, template[cell] - 128)
                        var weight: Float = 1
                        if pass > 0 {
                            let ratio = (warped[cell] * gain + offset - template[cell]) / spread
                            weight = 1 / (1 + ratio * ratio)
                        }
                        count += weight
                        sumA += weight * a
                        sumB += weight * b
                        sumAA += weight * a * a
                        sumAB += weight * a * b
                        sumBB += weight * b * b
                    }
                }
            }
            guard count > 0 else { return }
            let (meanA, meanB) = (sumA / count, sumB / count)
            let varianceA = max(sumAA / count - meanA * meanA, 1)
            let varianceB = max(sumBB / count - meanB * meanB, 1)
            // By their contrasts, not by regression: that of two unlike pictures would make one flat, and flat is like anything.
            gain = min(max((varianceB / varianceA).squareRoot(), 0.25), 4)
            offset = (meanB + 128) - gain * (meanA + 128)
            var difference: Float = 0
            var cells: Float = 0
            warped.withUnsafeBufferPointer { warped in
                template.withUnsafeBufferPointer { template in
                    for cell in 0..<warped.count {
                        let inside: Float = warped[cell] >= 0 ? 1 : 0
                        difference += inside * abs(warped[cell] * gain + offset - template[cell])
                        cells += inside
                    }
                }
            }
            spread = max(1.5 * difference / cells, 4)
        }
    }
}
