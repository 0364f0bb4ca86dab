import App
import Core
import Foundation
import Grid
import PhotoEngine
import SystemPackage
import Testing

@testable import phototui

/// What becomes of changes when the app is left.
@Suite("Changes under way when the app ends")
struct ChangeEndingTests {
    private func runner(_ opening: Task<Library, any Error>) -> EffectRunner {
        EffectRunner(
            opening: opening,
            place: ConsolePlace(
                hasCatalog: true, configuration: Configuration.load(environment: [:]), environment: [:]),
            queue: MessageQueue {},
            renderer: CellRenderer(TerminalCapabilities(colorDepth: .truecolor, isUnicode: true, name: "test")))
    }

    /// A library with a photo, which is no favourite.
    private func library(_ home: TestFolder) async throws -> (Library, PhotoID) {
        try home.write(TestPicture.png(seed: 1), as: "a.png")
        #expect(try await Program(home: home).run(["import", home.path + "/a.png"]).exitCode == 0)
        let library = try await Library.open(
            FilePath(home.path + "/library"), configuration: Configuration.load(environment: [:]))
        let month = try #require(try await library.catalog.months().first).month
        let photo = try #require(try await library.catalog.timeline(TimelineQuery(month: month, limit: 1)).first)
        return (library, photo.id)
    }

    @Test("They are saved, in their order")
    func saved() async throws {
        let home = try TestFolder()
        let (library, photo) = try await library(home)
        let runner = runner(Task { library })
        for number in 0..<9 { runner.perform(.setFavourite(RequestID(number), number.isMultiple(of: 2), [photo])) }
        #expect(await runner.stop().isEmpty)
        #expect(try await library.catalog.photo(photo)?.isFavourite == true)
        await library.close()
    }

    @Test("Those that fail are told, with why")
    func failed() async throws {
        let home = try TestFolder()
        let (library, photo) = try await library(home)
        let runner = runner(Task { library })
        await library.close()
        runner.perform(.setFavourite(RequestID(1), true, [photo]))
        runner.perform(.loadPhoto(RequestID(2), photo))
        let unsaved = await runner.stop()
        #expect(unsaved.count == 1 && unsaved.first?.code != .timedOut, "\(unsaved)")
    }

    @Test("A library that does not answer is not waited for without end")
    func silent() async throws {
        let opening = Task<Library, any Error> {
            try await Task.sleep(for: .seconds(1000))
            throw CancellationError()
        }
        let runner = runner(opening)
        let photo = try #require(PhotoID(bytes: [UInt8](repeating: 0x70, count: 16)))
        runner.perform(.setFavourite(RequestID(1), true, [photo]))
        let unsaved = await runner.stop(patience: .milliseconds(100))
        #expect(unsaved.map(\.code) == [.timedOut])
        opening.cancel()
    }
}
