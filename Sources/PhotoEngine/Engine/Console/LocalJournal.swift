internal import Catalog
public import Core
internal import Foundation
internal import SystemPackage

/// A journal in a file of this user's: of what is done to brokers without a library, and of what somebody tried whom the catalogue
/// lets write nothing.
struct LocalJournal: Sendable {
    let file: FilePath

    /// That of brokers.
    static func ofBrokers(_ environment: [String: String]) -> LocalJournal {
        LocalJournal(file: Library.consoleFolder(environment).appending("journal.sqlite"))
    }

    /// Opens it for writing; whoever did closes it.
    func open() async throws -> any Catalog {
        try await BlockingQueue(label: "phototui.state").run { [file] in
            try LibraryFolder.create(file.removingLastComponent())
        }
        return try await SQLiteCatalog.open(file)
    }

    func append(_ entry: JournalEntry) async throws {
        let catalog = try await open()
        do {
            try await catalog.append(entry)
            try await catalog.close()
        } catch {
            try? await catalog.close()
            throw error
        }
    }

    /// The newest first; none where nothing was written yet.
    func entries() async throws -> [JournalEntry] {
        guard FileManager.default.fileExists(atPath: file.string) else { return [] }
        let catalog = try await open()
        do {
            let entries = try await catalog.journal(limit: .max)
            try await catalog.close()
            return entries
        } catch {
            try? await catalog.close()
            throw error
        }
    }
}

extension Library {
    private var localJournal: LocalJournal { LocalJournal(file: location.folder.appending("journal.sqlite")) }

    /// Writes an entry into the library's journal, or, where its database lets this role write nothing, into one on this machine.
    public func note(_ entry: JournalEntry) async throws {
        do {
            try await catalog.append(entry)
        } catch let error as EngineError where error.code == .permissionDenied && uploader != nil {
            try await localJournal.append(entry)
        }
    }

    /// The newest entries first, with what this machine wrote down for itself of this library and of its broker.
    public func journal(limit: Int, environment: [String: String]) async throws -> [JournalEntry] {
        var entries = try await catalog.journal(limit: limit)
        guard uploader != nil else { return entries }
        entries += try await localJournal.entries()
        if let broker {
            let ofBroker = " of \(broker)"
            entries += try await LocalJournal.ofBrokers(environment).entries().filter { $0.subject.hasSuffix(ofBroker) }
        }
        return Array(entries.sorted { ($0.at, $0.id) > ($1.at, $1.id) }.prefix(limit))
    }
}
