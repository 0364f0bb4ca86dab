public import Core

/// Metrics as Prometheus reads them
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format, version 0.0.4).
public struct MetricsText: Sendable {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    public enum Kind: String, Sendable {
        case counter, gauge
    }

    public typealias Labels = [String: String]

    public private(set) var text = ""

    public init() {}

    /// One metric with all its samples; nothing where there are none.
    public mutating func add(
        _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: Labels, value: Double)]
    ) {
        guard !samples.isEmpty else { return }
        head(name, kind.rawValue, help)
        for (labels, value) in samples { sample(name, labels, value) }
    }

    public mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        let unlabelled: Labels = [:]
        add(name, kind, help, [(unlabelled, value)])
    }

    public mutating func add(_ name: String, _ help: String, _ samples: [(labels: Labels, value: LatencyHistogram)]) {
        guard !samples.isEmpty else { return }
        head(name, "histogram", help)
        for (labels, histogram) in samples {
            var total: UInt64 = 0
            for (bound, count) in zip(LatencyHistogram.bounds, histogram.counts) {
                total += count
                sample(name + "_bucket", labels, Double(total), bound: Self.written(bound))
            }
            sample(name + "_bucket", labels, Double(histogram.count), bound: "+Inf")
            sample(name + "_sum", labels, histogram.sumSeconds)
            sample(name + "_count", labels, Double(histogram.count))
        }
    }

    private mutating func head(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind)\n"
    }

    private mutating func sample(_ name: String, _ labels: Labels, _ value: Double, bound: String? = nil) {
        var parts = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value, quotes: true))\"" }
        if let bound { parts.append("le=\"\(bound)\"") }
        text += name + (parts.isEmpty ? "" : "{" + parts.joined(separator: ",") + "}") + " \(Self.written(value))\n"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func written(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}
