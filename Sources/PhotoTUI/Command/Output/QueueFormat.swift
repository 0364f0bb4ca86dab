import App
import ArgumentParser
import Core
import Foundation

/// How queues and their messages are written.
enum QueueFormat {
    static func json(_ queue: QueueState, _ rates: QueueRates?) -> JSON {
        let forecast = rates?.forecast(of: queue)
        let (drain, isGrowing): (Double?, Bool?) =
            switch forecast {
            case .empty(let seconds): (seconds, false)
            case .grows: (nil, true)
            case .stays: (nil, false)
            case nil: (nil, nil)
            }
        return .object([
            "name": .string(queue.name), "depth": .count(queue.depth), "unacked": .count(queue.unacknowledged),
            "scheduled": .count(queue.scheduled), "oldest_seconds": .decimal(queue.oldestSeconds),
            "paused": .bool(queue.isPaused), "dead": .count(queue.dead), "declared": .bool(queue.isDeclared),
            // Where some did not say, it isn't known.
            "consumed": queue.consumption == nil || queue.consumption == .nobodyWhoAnswers
                ? .null : .bool(queue.consumption == .taken),
            "depth_by_priority": .object(
                zip(queue.prioritySteps, queue.waitingByPriority).map { (name: "\($0)", value: .count($1)) }),
            "in_per_second": .decimal(rates?.inPerSecond), "out_per_second": .decimal(rates?.outPerSecond),
            "error_rate": .decimal(rates?.errorShare), "wait_p50_seconds": .decimal(rates?.wait?.median),
            "wait_p95_seconds": .decimal(rates?.wait?.p95), "run_p50_seconds": .decimal(rates?.run?.median),
            "run_p95_seconds": .decimal(rates?.run?.p95), "drain_seconds": .decimal(drain),
            "growing": isGrowing.map(JSON.bool) ?? .null, "window_seconds": .decimal(rates?.window),
            "rates_at_least": .bool(rates?.isAtLeast == true),
            "rate_seconds": .decimal(rates?.outPerSecond == nil && rates?.growth == nil ? nil : rates?.recent),
        ])
    }

    static func columns(withRates: Bool) -> [(title: String, alignment: TextTable.Alignment)] {
        let rates: [(title: String, alignment: TextTable.Alignment)] = [
            ("IN/s", .right), ("OUT/s", .right), ("ERRORS", .right), ("WAIT p50/p95", .right), ("RUN p50/p95", .right),
            ("EMPTY", .right),
        ]
        return [
            ("QUEUE", .left), ("WAITING", .right), ("UNACKED", .right), ("SCHEDULED", .right), ("OLDEST", .right),
            ("DEAD", .right),
        ] + (withRates ? rates : []) + [("", .left)]
    }

    static func row(_ queue: QueueState, _ rates: QueueRates?, withRates: Bool) -> [String] {
        let forecast = rates?.forecast(of: queue)
        var notes: [String] = []
        if queue.isPaused { notes.append(Ink.warning("paused")) }
        if let text = queue.leftText { notes.append(Ink.bad(text)) }
        if queue.depth > QueueState.alertDepth { notes.append(Ink.warning("deep")) }
        if forecast == .grows { notes.append(Ink.warning("grows")) }
        if !queue.isDeclared, queue.depth > 0 { notes.append(Ink.warning("nobody has declared it")) }
        let counts = [
            name(of: queue), "\(queue.depth)", "\(queue.unacknowledged)", "\(queue.scheduled)",
            queue.oldestSeconds.map(ProgressLine.duration) ?? "-", "\(queue.dead)",
        ]
        return counts + (withRates ? cells(rates, forecast) : []) + [notes.joined(separator: ", ")]
    }

    /// Its ends, where it is longer than a table bears.
    private static func name(of queue: QueueState) -> String {
        if queue.name.isEmpty { return "\"\"" }
        let name = displayEscaped(queue.name)
        return name.count > 64 ? "\(name.prefix(40))…\(name.suffix(23))" : name
    }

    private static func cells(_ rates: QueueRates?, _ forecast: QueueRates.Forecast?) -> [String] {
        func rate(_ value: Double?) -> String {
            let isAtLeast = rates?.isAtLeast == true
            guard let value, !isAtLeast || value > 0 else { return "-" }
            return (isAtLeast ? "≥" : "") + String(format: value < 10 ? "%.2f" : "%.0f", value)
        }
        func spread(_ spread: QueueRates.Spread?) -> String {
            spread.map { "\(TaskFormat.short($0.median))/\(TaskFormat.short($0.p95))" } ?? "-"
        }
        let empty =
            switch forecast {
            case .empty(let seconds): seconds == 0 ? "now" : "in \(ProgressLine.duration(seconds))"
            case .grows, .stays: "never"
            case nil: "-"
            }
        let errors = rates?.errorShare.map { String(format: $0 > 0 && $0 < 0.1 ? "%.1f %%" : "%.0f %%", $0 * 100) }
        return [
            rate(rates?.inPerSecond), rate(rates?.outPerSecond), errors ?? "-", spread(rates?.wait),
            spread(rates?.run), empty,
        ]
    }

    /// Poison has its raw text always: nothing else tells what it is.
    static func json(_ message: QueuedMessage, withRaw: Bool = false) -> JSON {
        let raw: JSON =
            withRaw || message.poison != nil ? .string(Data(message.raw).base64EncodedString()) : .null
        return .object([
            "id": .text(message.id), "task": .text(message.task), "args": .text(message.arguments),
            "kwargs": .text(message.keywords), "priority": .count(message.priority),
            "retries": .count(message.retries), "eta": .text(message.eta),
            "published_at": .moment(message.publishedAt.flatMap { Int64(exactly: ($0 * 1e6).rounded()) }),
            "redelivered": .bool(message.isRedelivered), "bytes": .count(message.byteCount),
            "poison": .text(message.poison?.isHarmful == true ? message.poison?.description : nil),
            "unread": .text(message.poison?.isHarmful == false ? message.poison?.description : unjudged(message)),
            "message_base64": raw, "message_whole": .bool(message.isWhole),
            "headers": .object(message.headers.map { (name: $0.name, value: .string($0.value)) }),
        ])
    }

    /// Why it isn't known whether a message is poison; nil where it is.
    static func unjudged(_ message: QueuedMessage) -> String? {
        message.poison == nil && !message.isWhole
            ? "not judged: only its first \(ByteCount(Int64(message.raw.count))) were read" : nil
    }

    /// A message in at most four lines, each safe to show, and its raw text, where that is asked for.
    static func text(_ message: QueuedMessage, withRaw: Bool = false) -> String {
        let columns = max(40, Console.columns - 4)
        func cut(_ text: String) -> String {
            let shown = displayEscaped(String(text.prefix(4 * columns)))
            return shown.count > columns ? String(shown.prefix(columns - 1)) + "…" : shown
        }
        var facts: [String] = []
        if message.priority > 0 { facts.append("priority \(message.priority)") }
        if let at = message.publishedAt {
            facts.append("waits for \(ProgressLine.duration(max(0, Date().timeIntervalSince1970 - at)))")
        }
        if let eta = message.eta { facts.append("not before \(cut(eta))") }
        if message.retries > 0 { facts.append("retry \(message.retries)") }
        if message.isRedelivered { facts.append("redelivered") }
        facts.append("\(message.byteCount) B")
        var lines = [Ink.bold(cut(message.task ?? "(no task)")) + "  " + cut(message.id ?? "(no id)")]
        if let poison = message.poison {
            lines.append(
                poison.isHarmful
                    ? "    " + Ink.bad("poison: \(cut(poison.description))")
                    : "    " + Ink.warning(cut(poison.description)))
        }
        if let reason = unjudged(message) { lines.append("    " + Ink.warning(reason)) }
        if let arguments = message.arguments {
            let keywords = message.keywords ?? ""
            lines.append("    " + cut(keywords.isEmpty || keywords == "{}" ? arguments : "\(arguments) \(keywords)"))
        }
        lines.append("    " + Ink.dim(facts.joined(separator: ", ")))
        if withRaw {
            let rest = message.isWhole ? "" : Ink.dim(" … of \(message.byteCount) B")
            lines.append("    " + displayEscaped(bytes: message.raw) + rest)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // Pauses

    static func outcome(_ outcome: PauseOutcome) -> String {
        var words = outcome.hasChanged ? "done" : "it was so already"
        if !outcome.workers.isEmpty { words += ", told \(outcome.workers.joined(separator: " "))" }
        if !outcome.unheard.isEmpty { words += ", unheard \(outcome.unheard.joined(separator: " "))" }
        if outcome.silent > 0 { words += ", \(outcome.silent) silent" }
        return words
    }

    static func show(_ outcome: PauseOutcome, verb: String, queue: String, asJSON: Bool) throws {
        if asJSON {
            let document: JSON = .object([
                "queue": .string(queue), "changed": .bool(outcome.hasChanged),
                "workers": .array(outcome.workers.map(JSON.string)),
                "unheard": .array(outcome.unheard.map(JSON.string)), "silent": .count(outcome.silent),
            ])
            try Console.line(document.encoded())
        } else {
            let already = outcome.hasChanged ? "" : " (it was already)"
            try Console.line("\(displayEscaped(queue)) is \(verb)\(already)")
            for worker in outcome.workers { Console.note("  \(displayEscaped(worker)) was told\n") }
            for worker in outcome.unheard {
                Console.complain("\(displayEscaped(worker)) did not answer: it may still take messages of the queue")
            }
        }
        if outcome.silent > 0 {
            Console.complain(
                "\(counted(outcome.silent, "listener")) did not say what they consume: a worker among them may still "
                    + "take messages of the queue")
        }
        if !outcome.unheard.isEmpty || outcome.silent > 0 { throw ExitCode.inPart }
    }
}
