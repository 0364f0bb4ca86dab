/// The mean structural similarity of the better three quarters of a picture's windows.
enum LocalSimilarity {
    private static let window = 8
    private static let kept = 0.75

    /// 0 where less than 70 % of the first picture lies in the second.
    static func of(_ first: [UInt8], _ second: [UInt8], side: Int, _ warp: PictureWarp) -> Double {
        var warped = [Float](repeating: 0, count: side * side)
        let inside = WarpedPicture.fill(&warped, from: second, side: side, warp)
        guard inside * 10 > side * side * 7 else { return 0 }
        let template = first.map(Float.init)
        let tone = ToneFit(of: warped, to: template)
        // The constants of the measure, by the contrast of the whole picture, so that a dark one isn't like anything dark.
        var (sum, squares): (Float, Float) = (0, 0)
        for value in template {
            sum += value
            squares += value * value
        }
        let mean = sum / Float(template.count)
        let variance = max(squares / Float(template.count) - mean * mean, 16)
        let (c1, c2) = (0.02 * variance, 0.03 * variance)
        var similarities: [Float] = []
        template.withUnsafeBufferPointer { template in
            warped.withUnsafeBufferPointer { warped in
                for top in stride(from: 0, through: side - window, by: window / 2) {
                    for left in stride(from: 0, through: side - window, by: window / 2) {
                        var (a, b, aa, bb, ab): (Float, Float, Float, Float, Float) = (0, 0, 0, 0, 0)
                        var whole = true
                        for row in top..<top + window {
                            for cell in (row * side + left)..<(row * side + left + window) {
                                let (x, raw) = (template[cell] - mean, warped[cell])
                                whole = whole && raw >= 0
                                let y = raw * tone.gain + tone.offset - mean
                                a += x
                                b += y
                                aa += x * x
                                bb += y * y
                                ab += x * y
                            }
                        }
                        guard whole else { continue }
                        let count = Float(window * window)
                        (a, b, aa, bb, ab) = (a / count, b / count, aa / count, bb / count, ab / count)
                        let spreads = (aa - a * a) + (bb - b * b)
                        let difference = a - b
                        // The luminance term as a difference: means around zero have no ratio.
                        let luminance = c1 / (c1 + difference * difference / 2)
                        similarities.append(luminance * (2 * (ab - a * b) + c2) / (spreads + c2))
                    }
                }
            }
        }
        guard !similarities.isEmpty else { return 0 }
        similarities.sort(by: >)
        let best = similarities.prefix(max(1, Int(Double(similarities.count) * kept)))
        return Double(max(0, best.reduce(0, +) / Float(best.count)))
    }
}
