import ArgumentParser
import Core
import Foundation

/// What a look has found, in each way that it can be written.
struct Listing {
    let document: JSON
    let csv: String
    /// For people.
    let text: String
    /// For people, beside what a script reads.
    let note: String
    /// How a single look ends the command.
    let exitCode: ExitCode

    init(_ document: JSON, csv: String, text: String, note: String = "", exitCode: ExitCode = .success) {
        (self.document, self.csv, self.text) = (document, csv, text)
        (self.note, self.exitCode) = (note, exitCode)
    }

    /// Of items, each an object, and a line of CSV. `more` stands beside them in JSON.
    init(
        _ name: String, _ items: [JSON], more: [(name: String, value: JSON)] = [], text: String, note: String = "",
        exitCode: ExitCode = .success
    ) {
        self.init(
            .object([(name, .array(items))] + more), csv: CSV.text(items), text: text, note: note, exitCode: exitCode)
    }
}

/// How a list is written: for people, as JSON or as CSV, and once or again and again.
struct ListOptions: ParsableArguments {
    @Flag(help: "Print one JSON document and nothing else on stdout; with --watch one a line.") var json = false
    @Flag(help: "Print CSV: the fields of JSON, of which those that hold others are JSON themselves.") var csv = false
    @Flag(name: .shortAndLong, help: "Look again and again, until Ctrl-C.") var watch = false
    @Option(help: ArgumentHelp("Seconds between two looks of --watch.", valueName: "seconds")) var interval = 1.0

    func validate() throws {
        if json, csv { throw ValidationError("--json or --csv, not both") }
        if csv, watch { throw ValidationError("--watch goes with --json, or without --csv") }
        if !(1...3600).contains(interval) { throw ValidationError("--interval takes 1 to 3600 seconds") }
    }

    /// Writes what each look finds.
    func list(_ look: @escaping @Sendable () async throws -> Listing) async throws {
        guard watch else {
            let listing = try await look()
            try write(listing, isIndented: true)
            if listing.exitCode != .success { throw listing.exitCode }
            return
        }
        try await Interrupt.cancelling {
        } work: {
            while !Task.isCancelled {
                do {
                    let listing = try await look()
                    // As `watch` does: the screen anew, without a flash.
                    if Console.isTerminal, !json { try Console.write("\u{1B}[H\u{1B}[J") }
                    try write(listing, isIndented: false)
                } catch let error as EngineError where error.isRetryable {
                    Console.complain(error.description)
                } catch is CancellationError {
                    return
                }
                do { try await Task.sleep(for: .seconds(interval)) } catch { return }
            }
        }
    }

    private func write(_ listing: Listing, isIndented: Bool) throws {
        if json {
            return try Console.line(listing.document.encoded(isIndented: isIndented))
        }
        if csv { return try Console.write(listing.csv) }
        try Console.write(listing.text)
        if !listing.note.isEmpty { Console.note(listing.note) }
    }
}

extension CSV {
    /// A line of names, and one for each object.
    static func text(_ objects: [JSON]) -> String {
        let rows = objects.map(\.fields)
        var names: [String] = []
        for name in rows.joined().map(\.name) where !names.contains(name) { names.append(name) }
        if names.isEmpty { return "" }
        let lines = rows.map { fields in
            names.map { name in fields.first { $0.name == name }?.value.cell ?? "" }.joined(separator: ",")
        }
        return ([names.joined(separator: ",")] + lines).map { $0 + "\r\n" }.joined()
    }
}

extension JSON {
    fileprivate var fields: [(name: String, value: JSON)] {
        if case .object(let fields) = self { fields } else { [] }
    }

    /// As it stands in CSV, safe to show.
    fileprivate var cell: String {
        switch self {
        case .null: ""
        case .bool, .integer, .number: encoded(isIndented: false)
        case .string(let text): CSV.field(displayEscaped(text))
        case .array, .object: CSV.field(encoded(isIndented: false))
        }
    }
}
