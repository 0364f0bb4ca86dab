import Core
import Foundation
import PhotoEngine

/// The keys of the configuration, for the shell.
@Sendable func configurationKeys(_ words: [String], _ word: Int, _ prefix: String) -> [String] {
    LibraryOptions.configuration(warns: false).settings.map(\.key)
}

/// The configuration's profiles, for the shell.
@Sendable func profileNames(_ words: [String], _ word: Int, _ prefix: String) -> [String] {
    LibraryOptions.configuration(warns: false).profiles.keys.sorted()
}

/// The library's months, newest first, for the shell.
@Sendable func monthNames(_ words: [String], _ word: Int, _ prefix: String) async -> [String] {
    await names { try await $0.catalog.months().map(\.month.description) }
}

/// The library's albums that begin as what was typed, by name.
@Sendable func albumNames(_ words: [String], _ word: Int, _ prefix: String) async -> [String] {
    await names { library in
        try await library.catalog.albums(CollectionQuery(text: prefix, limit: mostNames)).map(\.name)
    }
}

/// The library's tags that have what was typed in them, by name.
@Sendable func tagNames(_ words: [String], _ word: Int, _ prefix: String) async -> [String] {
    await names { library in
        try await library.catalog.tags(CollectionQuery(text: prefix, limit: mostNames)).map(\.name)
    }
}

/// More than a shell shows.
private let mostNames = 1000

/// Nothing when there is no library: a completion never complains. Nor does it offer what a terminal would obey.
private func names(_ read: (Library) async throws -> [String]) async -> [String] {
    let configuration = LibraryOptions.configuration(warns: false)
    guard let library = try? await LibraryOptions.unnamed.open(configuration) else { return [] }
    let names = (try? await read(library)) ?? []
    await library.close()
    return names.filter { displayEscaped($0) == $0 }
}
