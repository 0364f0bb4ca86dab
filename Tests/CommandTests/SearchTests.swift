import Foundation
import Testing

/// Searching, as a person and a script meet it.
@Suite("Searches on the command line")
struct SearchTests {
    private func withPhotos(
        _ names: [String] = ["Straße_2041.png", "harbour.png", "--odd.png"], _ body: (Program) async throws -> Void
    ) async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        for (index, name) in names.enumerated() {
            try photos.write(TestPicture.png(seed: index + 1), as: name)
        }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        try await body(program)
    }

    private func found(_ program: Program, _ arguments: [String]) async throws -> [String] {
        let result = try await program.run(["search", "--json"] + arguments)
        #expect(result.exitCode == 0, "\(result.complaints)")
        let items = try #require(try result.document()["photos"] as? [[String: Any]])
        return items.compactMap { $0["filename"] as? String }.sorted()
    }

    @Test("Words of several arguments are one line; what the shell kept together stays so")
    func lines() async throws {
        try await withPhotos { program in
            #expect(try await found(program, ["strasse"]) == ["Straße_2041.png"])
            #expect(try await found(program, ["png", "-strasse", "-odd"]) == ["harbour.png"])
            #expect(try await found(program, ["strasse 2041"]) == ["Straße_2041.png"])
            #expect(try await found(program, ["harbour", "OR", "odd"]) == ["--odd.png", "harbour.png"])
            #expect(try await found(program, []).count == 3)
            let count = try await program.run(["search", "--count", "png"])
            #expect(count.text == "3\n")
            let counted = try await program.run(["search", "png", "--count", "--json"]).document()
            #expect(counted["count"] as? Int == 3 && counted["has_more"] as? Bool == false)
        }
    }

    @Test("Pages follow one another, and each says where the next begins")
    func pages() async throws {
        try await withPhotos { program in
            var names: [String] = []
            var next: String? = nil
            repeat {
                let page = try await program.run(
                    ["search", "png", "--limit", "2", "--json"] + (next.map { ["--after", $0] } ?? [])
                ).document()
                names += (page["photos"] as? [[String: Any]] ?? []).compactMap { $0["filename"] as? String }
                next = page["next"] as? String
            } while next != nil && names.count < 9
            #expect(names.sorted() == ["--odd.png", "Straße_2041.png", "harbour.png"])
        }
    }

    @Test("What is not understood is wrong usage, marked at its place, with what may have been meant")
    func faults() async throws {
        try await withPhotos { program in
            let result = try await program.run(["search", "lisbon \u{1b}[31m camra:x"])
            #expect(result.exitCode == 64 && result.text.isEmpty)
            #expect(result.complaints.contains("did you mean camera:?"), "\(result.complaints)")
            #expect(!result.complaints.contains("\u{1b}"), "\(result.complaints)")
            let lines = result.complaints.split(separator: "\n").suffix(2).map(String.init)
            #expect(lines.count == 2)
            let place = try #require(lines.first?.range(of: "camra:x"))
            let column = lines[0].distance(from: lines[0].startIndex, to: place.lowerBound)
            #expect(lines[1] == String(repeating: " ", count: column) + "^^^^^^", "\(lines)")
            #expect(try await program.run(["search", "lisbon", "--limt", "3"]).exitCode == 64)
        }
    }

    @Test("A search can be kept as an album, which holds what it finds now and takes nothing else")
    func saved() async throws {
        try await withPhotos { program in
            let refused = try await program.run(["albums", "create", "Bad", "--search", "iso:x"])
            #expect(refused.exitCode == 64, "\(refused.complaints)")
            let made = try await program.run(["albums", "create", "Harbours", "--search", "harbour"])
            #expect(made.exitCode == 0, "\(made.complaints)")
            let albums = try await program.run(["albums", "--json"]).document()["albums"] as? [[String: Any]]
            #expect(albums?.first?["query"] as? String == "harbour")
            #expect(albums?.first?["photo_count"] as? Int == 1)
            let shown = try await program.run(["albums", "show", "harbours", "--json"]).document()
            let names = (shown["photos"] as? [[String: Any]])?.compactMap { $0["filename"] as? String }
            #expect(names == ["harbour.png"])
            let id = try #require((shown["photos"] as? [[String: Any]])?.first?["id"] as? String)
            let added = try await program.run(["albums", "add", "Harbours", id])
            #expect(added.exitCode == 1 && added.complaints.contains("saved search"), "\(added.complaints)")
        }
    }

    @Test("How a search could go on is told with counts, and searches of a script are not kept")
    func completion() async throws {
        try await withPhotos { program in
            let list = try await program.run(["search", "complete", "x har", "--json"]).document()
            let items = try #require(list["completions"] as? [[String: Any]])
            #expect(items.compactMap { $0["text"] as? String } == ["harbour"])
            #expect(items.first?["photo_count"] as? Int == 1 && items.first?["start"] as? Int == 2)
            let fields = try await program.run(["search", "complete", "cam"]).text
            #expect(fields.contains("camera:"))
            _ = try await program.run(["search", "harbour"])
            let history = try await program.run(["search", "history", "--json"]).document()
            #expect((history["searches"] as? [Any])?.isEmpty == true)
            #expect(try await program.run(["search", "rebuild"]).text == "all was as it should be\n")
        }
    }

    @Test("A filter of photos and months is a search, marked where it is not understood")
    func filters() async throws {
        try await withPhotos(["IMG_20240712_120000.png", "Straße_20240801_090000.png", "c.png"]) { program in
            func names(_ arguments: [String]) async throws -> [String] {
                let found = try await program.run(["photos", "--json"] + arguments).document()
                return try #require(found["photos"] as? [[String: Any]]).compactMap { $0["filename"] as? String }
            }
            #expect(try await names(["--filter", "strasse"]) == ["Straße_20240801_090000.png"])
            #expect(try await names(["--filter", "2024", "--month", "2024-07"]) == ["IMG_20240712_120000.png"])
            #expect(try await names(["--filter", "img OR strasse"]).count == 2)
            #expect(try await names(["--filter", "-2024"]) == ["c.png"])
            let months = try await program.run(["months", "--filter", "img OR strasse", "--json"]).document()
            #expect(months["total"] as? Int == 2)
            for command in ["photos", "months"] {
                let fault = try await program.run([command, "--filter", "camra:x"])
                #expect(fault.exitCode == 64 && fault.complaints.contains("did you mean camera:?"))
            }
        }
    }
}
