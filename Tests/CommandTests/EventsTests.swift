import Foundation
import Testing

/// Albums proposed of photos, as a person and a script meet them.
@Suite("Events on the command line")
struct EventsTests {
    private func withPhotos(_ names: [String], _ body: (Program, TestFolder) async throws -> Void) async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        for (index, name) in names.enumerated() { try photos.write(TestPicture.png(seed: index + 1), as: name) }
        let program = Program(home: home)
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        try await body(program, photos)
    }

    @Test("An event is accepted as an album or refused, does not come back, and does once that is undone")
    func events() async throws {
        let names = (1...3).map { "IMG_20240712_12000\($0).png" } + (1...3).map { "IMG_20240801_09000\($0).png" }
        try await withPhotos(names) { program, _ in
            func listed() async throws -> [[String: Any]] {
                let found = try await program.run(["albums", "events", "--fewest", "3", "--json"]).document()
                return try #require(found["events"] as? [[String: Any]])
            }
            let first = try await listed()
            #expect(first.compactMap { $0["name"] as? String } == ["2024-08-01", "2024-07-12"])
            #expect(first.compactMap { $0["photo_count"] as? Int } == [3, 3])
            #expect(try await program.run(["albums", "events"]).complaints.contains("No event"))
            let ids = first.compactMap { $0["id"] as? String }
            let accepted = try await program.run(["albums", "events", "accept", ids[0], "--fewest", "3"])
            #expect(accepted.exitCode == 0 && accepted.text.contains("add to album 2024-08-01: 3 photos"))
            #expect(try await program.run(["albums", "show", "2024-08-01"]).text.contains("3 photos"))
            let refused = try await program.run(["albums", "events", "refuse", ids[1], "--fewest", "3", "--json"])
            let edit = try #require(try refused.document()["edit"] as? [String: Any])
            #expect(edit["kind"] as? String == "refuse_event" && edit["subject"] as? String == "2024-07-12")
            #expect(try await listed().isEmpty)
            #expect(try await program.run(["albums", "events", "refuse", ids[1]]).exitCode == 1)
            #expect(try await program.run(["edits", "undo", try #require(edit["id"] as? String)]).exitCode == 0)
            #expect(try await listed().compactMap { $0["id"] as? String } == [ids[1]])
            #expect(try await program.run(["albums", "events", "--gap", "0"]).exitCode == 64)
        }
    }
}
