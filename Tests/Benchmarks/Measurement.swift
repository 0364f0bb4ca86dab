/// Times of one action, in milliseconds.
struct Measurement {
    private var sorted: [Double] = []

    init(_ times: [Duration]) {
        sorted = times.map { $0 / .milliseconds(1) }.sorted()
    }

    /// The time that a share `rank` (0 to 1) of the repetitions stayed within: nearest rank.
    func percentile(_ rank: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        return sorted[min(sorted.count - 1, Int((Double(sorted.count) * rank).rounded(.up)) - 1)]
    }

    var mean: Double { sorted.reduce(0, +) / Double(max(1, sorted.count)) }

    /// A JSON line for the script that compares figures.
    func line(_ what: String) -> String {
        "{\"measure\": \"\(what)\", \"p50\": \(decimal(percentile(0.5))), \"p99\": \(decimal(percentile(0.99)))}"
    }
}

/// Three decimals.
func decimal(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    let thousandths = Int((value * 1000).rounded())
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
}
