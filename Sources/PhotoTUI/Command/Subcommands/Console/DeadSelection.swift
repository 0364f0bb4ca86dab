import App
import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// Which dead letters, jobs and tasks.
struct DeadFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only of this queue.", valueName: "queue")) var queue: String?
    @Option(help: "Only of this kind: poison, unknown, failed.") var kind: DeadLetter.Kind?
    @Option(help: "Only letters of the broker, jobs of the library, or tasks of the history: letter, job, task.")
    var of: DeadSource?
    @Option(help: ArgumentHelp("Only whose reason or task holds this text.", valueName: "text")) var match: String?
    @Option(help: ArgumentHelp("Only whose reason or task this regular expression fits.", valueName: "regex"))
    var regex: String?

    func validate() throws {
        if let regex { try RegexText.check(regex) }
    }

    var isGiven: Bool { queue != nil || kind != nil || of != nil || match != nil || regex != nil }

    /// Whether a row is wanted.
    func condition() throws -> (DeadRow) -> Bool {
        let wanted = match?.lowercased()
        let expression = try regex.map { try NSRegularExpression(pattern: $0) }
        func fits(_ text: String) -> Bool {
            expression?.firstMatch(in: text, range: NSRange(location: 0, length: text.utf16.count)) != nil
        }
        return { row in
            if let queue, row.queue != queue { return false }
            if let kind, row.kind != kind { return false }
            if let of, row.source != of { return false }
            if expression != nil, !fits(row.reason), !fits(row.task ?? "") { return false }
            guard let wanted else { return true }
            return row.reason.lowercased().contains(wanted) || row.task?.lowercased().contains(wanted) == true
        }
    }

    /// Groups of what is wanted. Their members are looked through only where the text of each matters.
    func groups(in place: DeadPlace) async throws -> [DeadGroup] {
        let groups = try await place.groups()
        guard isGiven else { return groups }
        let fits = try condition()
        let coarse = groups.filter(mayHold)
        // Whose queue is not known is in a group of one, but not of that queue.
        let isMixed = queue != nil && coarse.contains { $0.key?.takesUnknown == true }
        guard match != nil || regex != nil || isMixed else { return coarse }
        var found = DeadGroup.all(of: coarse.flatMap(\.letters).filter { fits(DeadRow($0)) })
        for var group in coarse {
            guard let key = group.key else { continue }
            switch group.source {
            case .letter: continue
            case .job: group.count = try await place.jobs(in: key, where: fits).count
            case .task:
                let plan = try await place.tasks(in: [key], where: fits)
                group.count = plan.calls.count + plan.obstacles.count
            }
            if group.count > 0 { found.append(group) }
        }
        return found.sorted(by: DeadGroup.precedes)
    }
}

/// What an action is for: by id, by group, or all that a filter lets through.
struct DeadSelection: ParsableArguments {
    @OptionGroup var filter: DeadFilter
    @Option(help: ArgumentHelp("All of a group of `dead list --group`.", valueName: "group")) var group: String?
    @Flag(help: "All that --queue, --kind, --of, --match and --regex let through.") var all = false
    @Argument(help: "Ids, or beginnings of ids.") var ids: [String] = []

    func validate() throws {
        if [group != nil, all, !ids.isEmpty].filter(\.self).count != 1 {
            throw ValidationError("name dead letters, or a --group, or --all")
        }
    }

    /// What was chosen, of each source.
    struct Chosen: Sendable {
        var letters: [DeadLetter] = []
        var jobs: [JobID] = []
        var tasks = RetryPlan()
        var count: Int { letters.count + jobs.count + tasks.calls.count + tasks.obstacles.count }
    }

    /// `to` and `again` are for tasks.
    func chosen(in place: DeadPlace, to queue: String? = nil, again: Bool = false) async throws -> Chosen {
        let fits = try filter.condition()
        if !ids.isEmpty { return try await Self.named(ids, in: place, to: queue, again: again) }
        var groups = try await place.groups()
        if let group {
            groups = groups.filter { !group.isEmpty && $0.id.hasPrefix(group.lowercased()) }
            guard groups.count == 1 else {
                throw EngineError(
                    groups.isEmpty ? .notFound : .conflict,
                    groups.isEmpty ? "there is no group \(group)" : "several groups begin with \(group)",
                    whatToDo: groups.isEmpty
                        ? "list them with: phototui dead list --group" : "--json tells all sixteen digits of each")
            }
        }
        var chosen = Chosen()
        chosen.letters = groups.flatMap(\.letters).filter { fits(DeadRow($0)) }.sorted { $0.at > $1.at }
        for group in groups where group.source == .job && filter.mayHold(group) {
            chosen.jobs += try await place.jobs(in: group.key, where: fits)
        }
        let keys = groups.filter { $0.source == .task && filter.mayHold($0) }.compactMap(\.key)
        if !keys.isEmpty { chosen.tasks = try await place.tasks(in: keys, where: fits, to: queue, again: again) }
        return chosen
    }

    /// Those whose ids begin so; throws where none does, or several.
    static func named(
        _ ids: [String], in place: DeadPlace, to queue: String? = nil, again: Bool = false
    ) async throws -> Chosen {
        var chosen = Chosen()
        let letters = try await place.letters()
        var tasks: [String] = []
        for name in ids {
            let found = letters.filter { !name.isEmpty && $0.id.hasPrefix(name) }
            if found.count > 1, !found.contains(where: { $0.id == name }) { throw several(name) }
            if let letter = found.first(where: { $0.id == name }) ?? found.first {
                chosen.letters.append(letter)
            } else if let id = JobID(name), try await place.library?.catalog.job(id)?.state == .dead {
                chosen.jobs.append(id)
            } else {
                let known = try await place.history?.ids(beginningWith: name, limit: 2) ?? []
                if known.count > 1, !known.contains(name) { throw several(name) }
                guard let id = known.contains(name) ? name : known.first else {
                    throw EngineError(
                        .notFound, "no dead letter has the id \(name)", whatToDo: "list them with: phototui dead")
                }
                tasks.append(id)
            }
        }
        if !tasks.isEmpty, let history = place.history, let opened = place.opened {
            chosen.tasks = try await TaskRetries(history, broker: opened.retrying).plan(
                ids: tasks, to: queue, again: again)
        }
        return chosen
    }

    private static func several(_ name: String) -> EngineError {
        EngineError(
            .conflict, "several dead letters have ids that begin with \(name)",
            whatToDo: "list them with: phototui dead")
    }

    /// As the journal has it.
    var described: String {
        var words: [String] = []
        if let group { words.append("group \(group)") }
        if let queue = filter.queue { words.append("queue \(queue)") }
        if let kind = filter.kind { words.append("kind \(kind.rawValue)") }
        if let of = filter.of { words.append("of \(of.rawValue)") }
        if let match = filter.match { words.append("matching \(match)") }
        if let regex = filter.regex { words.append("fitting \(regex)") }
        return words.isEmpty ? "all" : words.joined(separator: ", ")
    }
}

extension DeadFilter {
    /// Whether a group may hold what is wanted.
    fileprivate func mayHold(_ group: DeadGroup) -> Bool {
        (queue == nil || group.queue == queue) && (kind == nil || group.kind == kind)
            && (of == nil || group.source == of)
    }
}
