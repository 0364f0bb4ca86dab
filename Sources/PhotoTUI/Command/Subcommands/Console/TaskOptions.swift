import ArgumentParser
import Core
import Foundation

/// Which tasks of a broker's history, or which of a library's jobs.
struct TaskOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only tasks of this name, or jobs of this kind; * ? and […] stand for others.", valueName: "name"))
    var task: String?
    @Option(help: ArgumentHelp("Only of this queue; patterns as for --task.", valueName: "queue"))
    var queue: String?
    @Option(help: ArgumentHelp("Only of this worker; patterns as for --task.", valueName: "worker"))
    var worker: String?
    @Option(help: ArgumentHelp("Only whose error holds this text.", valueName: "text"))
    var match: String?
    @Option(help: ArgumentHelp("Only whose error this regular expression fits anywhere.", valueName: "regex"))
    var regex: String?
    @Option(help: ArgumentHelp("Only heard of since then: 90s, 15m, 2h, 3d ago, or RFC 3339.", valueName: "time"))
    var since: MomentArgument?
    @Option(help: ArgumentHelp("Only last heard of before then.", valueName: "time"))
    var until: MomentArgument?
    @Option(help: "In which order.")
    var sort: TaskFilter.Order?

    func validate() throws {
        if match != nil, regex != nil { throw ValidationError("--match or --regex, not both") }
        if let regex { try RegexText.check(regex) }
    }

    var isGiven: Bool {
        task != nil || queue != nil || worker != nil || match != nil || regex != nil || since != nil || until != nil
            || sort != nil
    }

    var errorPattern: String? {
        regex ?? match.map { "(?i)" + NSRegularExpression.escapedPattern(for: $0) }
    }

    func filter(states: Set<BrokerTask.State>) -> TaskFilter {
        var filter = TaskFilter()
        filter.states = states
        filter.name = task
        filter.queue = queue
        filter.worker = worker
        filter.errorPattern = errorPattern
        filter.since = since?.seconds
        filter.until = until?.seconds
        filter.order = sort ?? .newest
        return filter
    }
}

/// A moment, as so long ago or by its date.
struct MomentArgument: ExpressibleByArgument {
    /// Unix seconds.
    let seconds: Double

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        if let unit = argument.last.flatMap({ units[$0] }), let count = Double(argument.dropLast()),
            (0...1e7).contains(count)
        {
            seconds = Date().timeIntervalSince1970 - count * unit
            return
        }
        let whole = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
        let parts = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let date = (try? whole.parse(argument)) ?? (try? parts.parse(argument)) else { return nil }
        seconds = date.timeIntervalSince1970
    }
}

/// The words of `--state`.
enum StateWords {
    static func parse<State: RawRepresentable & CaseIterable & Hashable>(
        _ text: String?, as type: State.Type
    ) throws -> Set<State> where State.RawValue == String {
        guard let text else { return [] }
        var states: Set<State> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let state = State(rawValue: String(word)) else {
                let known = type.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--state takes \(known), not \(displayEscaped(String(word)))")
            }
            states.insert(state)
        }
        return states
    }
}
