import Glibc

/// Pillow's Lanczos resampling of one axis, in fixed point with 22 fractional bits (`Resample.c`, `precompute_coeffs`).
struct LanczosFilter {
    private let weights: [Int32]
    /// Where each output sample's weights begin, where its inputs begin, and how many there are.
    private let windows: [(weight: Int, input: Int, count: Int)]

    init(from inputCount: Int, to outputCount: Int) {
        let scale = Double(inputCount) / Double(outputCount)
        let filterScale = max(scale, 1)
        let support = 3 * filterScale
        var weights: [Int32] = []
        var windows: [(weight: Int, input: Int, count: Int)] = []
        for output in 0..<outputCount {
            let centre = (Double(output) + 0.5) * scale
            let first = max(0, Int(centre - support + 0.5))
            let count = min(inputCount, Int(centre + support + 0.5)) - first
            let raw = (0..<count).map { lanczos((Double($0 + first) - centre + 0.5) / filterScale) }
            let sum = raw.reduce(0, +)
            windows.append((weights.count, first, count))
            weights += raw.map { value in
                let share = (sum == 0 ? value : value / sum) * Double(1 << fractionBits)
                return Int32(share < 0 ? share - 0.5 : share + 0.5)
            }
        }
        self.weights = weights
        self.windows = windows
    }

    /// Output sample `index` of `line`, whose values are 0 to 255, rounded and clipped to 8 bits.
    @inline(__always)
    func sample(_ line: UnsafeMutableBufferPointer<Int32>, at index: Int) -> UInt8 {
        let window = windows[index]
        // SAFETY: a window lies inside the `inputCount` values that `line` has, its weights inside `weights`.
        let sum = weights.withUnsafeBufferPointer { weights in
            let weight = weights.baseAddress! + window.weight
            let input = line.baseAddress! + window.input
            var sum: Int32 = 1 << (fractionBits - 1)
            for offset in 0..<window.count { sum &+= weight[offset] &* input[offset] }
            return sum
        }
        return UInt8(clamping: sum >> fractionBits)
    }
}

/// 32 bits less 8 for a sample and 2 for the overshoot of the filter.
private let fractionBits: Int32 = 22

private func lanczos(_ value: Double) -> Double {
    guard value >= -3, value < 3 else { return 0 }
    return sinc(value) * sinc(value / 3)
}

private func sinc(_ value: Double) -> Double {
    value == 0 ? 1 : sin(value * .pi) / (value * .pi)
}

func cosine(_ value: Double) -> Double { cos(value) }
