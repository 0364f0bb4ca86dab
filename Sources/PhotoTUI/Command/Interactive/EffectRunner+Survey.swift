import App
import Core
import Foundation
import Glibc
import Health
import PhotoEngine

extension EffectRunner {
    /// Performs what the screens of the inbox and of health ask for.
    func performForSurvey(_ effect: Effect) {
        switch effect {
        case .loadInbox(let request, let isThorough):
            if place.hasCatalog { door?.wake() }
            runAlone(request) { [self] in
                let items = await survey(isThorough: isThorough).items().items
                return .inboxLoaded(request, items, isThorough: isThorough, at: Self.now)
            }
        case .loadHealth(let request):
            runAlone(request) { [self] in
                let report = try await health.value.monitor.check()
                return .healthLoaded(request, report.dependencies.map(HealthEntry.init), at: Self.now)
            }
        case .loadCosts(let request):
            door?.wake()
            run(request) { .costsLoaded(request, try await $0.costs(), at: Self.now) }
        default: break
        }
    }

    private func survey(isThorough: Bool) -> InboxSurvey {
        var broker: (@Sendable () async throws -> OpenConsole)?
        if let console { broker = { try await console.value } }
        var library: (@Sendable () async throws -> Library)?
        if place.hasCatalog { library = { [opening] in try await opening.value } }
        var owner: String??
        if let profile = place.profile, profile.broker != nil { owner = .some(profile.owner) }
        return InboxSurvey(
            broker: broker, library: library, owner: owner, words: place.words, isThorough: isThorough,
            patience: .milliseconds(2600))
    }

    /// Runs what mends something, as a person would at the shell; its last word is the notice.
    func mend(_ fix: InboxFix, reason: String) async throws -> Notice {
        var words = fix.line(reason: reason)
        // What is shown lacks a password that the address had.
        if let option = place.brokerOption, let place = words.firstIndex(of: "--broker"), place + 1 < words.count {
            words[place + 1] = option
        }
        let (status, text) = try await OwnProgram.run(words)
        // Particulars stand below it, indented.
        let line = text.split(whereSeparator: \.isNewline).last { $0.first != " " }.map(String.init) ?? ""
        let said = line.isEmpty ? fix.words.prefix(2).joined(separator: " ") : line
        switch status {
        case 0: return Notice(.success, "done: \(said)")
        case 2: return Notice(.warning, "done in part: \(said)")
        default: return Notice(.error, "it failed (\(status)): \(said)")
        }
    }
}

/// This program once more, as a process of its own.
enum OwnProgram {
    /// What it ended with, and what it wrote.
    static func run(_ words: [String]) async throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = words
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        return try await OffPool.run {
            do {
                try process.run()
            } catch {
                throw EngineError(.unavailable, "phototui could not be started", cause: error)
            }
            // No more than is of use; the rest is read, so that it doesn't wait.
            var text = Data()
            while let part = try? output.fileHandleForReading.read(upToCount: 1 << 16), !part.isEmpty {
                if text.count < 1 << 20 { text += part }
            }
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: text, as: UTF8.self))
        }
    }
}

extension HealthEntry {
    init(_ found: DependencyHealth) {
        let status: Status =
            switch found.status {
            case .ok: .ok
            case .warn: .warn
            case .fail: .fail
            }
        self.init(
            name: found.name, status: status, seconds: found.seconds, message: found.message,
            whatToDo: found.whatToDo)
    }
}
