import Core
import Foundation
import PhotoEngine

/// The keys of the configuration, for the shell.
@Sendable func configurationKeys(_ words: [String], _ word: Int, _ prefix: String) -> [String] {
    LibraryOptions.configuration(warns: false).settings.map(\.key)
}

/// The library's months, newest first, for the shell. Nothing when there is no library: a completion never complains.
@Sendable func monthNames(_ words: [String], _ word: Int, _ prefix: String) async -> [String] {
    let configuration = LibraryOptions.configuration(warns: false)
    guard let library = try? await LibraryOptions.unnamed.open(configuration) else { return [] }
    let months = (try? await library.catalog.months(filter: TimelineFilter())) ?? []
    await library.close()
    return months.map(\.month.description)
}
