import Foundation
import Testing

@Suite("duplicates calibrate")
struct CalibrationTests {
    /// Three pictures, each in two files that differ behind the picture.
    private func withLibrary(_ body: (Program, _ photos: TestFolder) async throws -> Void) async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        for seed in [1, 3, 8] {
            try photos.write(TestPicture.png(seed: seed), as: "\(seed).png")
            try photos.write(TestPicture.png(seed: seed) + Data([0]), as: "\(seed) copy.png")
        }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await program.run(["duplicates", "scan"]).text.contains("3 clusters"))
        try await body(program, photos)
    }

    private func pairs(_ program: Program) async throws -> [[String: Any]] {
        let result = try await program.run(["duplicates", "calibrate", "--json"])
        #expect(result.exitCode == 0, "\(result.complaints)")
        return try #require(try result.document()["pairs"] as? [[String: Any]])
    }

    @Test("A script prints the pairs, answers them, and resolves what that shows; nothing goes before")
    func script() async throws {
        try await withLibrary { program, photos in
            let refused = try await program.run(["duplicates", "resolve", "--precision", "0.51"])
            #expect(refused.exitCode == 1 && refused.complaints.contains("this library is not calibrated"))
            let first = try await pairs(program)
            #expect(first.count == 3)
            for pair in first {
                let shown = try #require(pair["photos"] as? [[String: Any]])
                #expect(
                    Set(shown.compactMap { $0["id"] as? String })
                        == Set([pair["first"], pair["second"]] as? [String] ?? []))
                #expect(pair["distance"] as? Int == 0 && pair["same"] is NSNull)
            }
            // One answered, one left for later: in the form that was printed, the other key of a pair untouched.
            var document: [String: Any] = ["pairs": first]
            var answered = first
            answered[0]["same"] = true
            document["pairs"] = answered
            try photos.write(try JSONSerialization.data(withJSONObject: document), as: "answers.json")
            let given = try await program.run(
                ["duplicates", "calibrate", "--answers", photos.path + "/answers.json", "--json"])
            #expect(given.exitCode == 0, "\(given.complaints)")
            let report = try given.document()
            #expect(report["recorded"] as? Int == 1 && report["answers"] as? Int == 1)
            #expect((report["pairs"] as? [Any])?.count == 2 && report["threshold"] is NSNull)
            let dry = try await program.run(["duplicates", "resolve", "--calibrated"])
            #expect(
                dry.exitCode == 1 && dry.complaints.contains("a precision of 0.9 is not shown"), "\(dry.complaints)")
            // The others as lines on stdin.
            let lines = try await pairs(program).map { pair in
                "{\"first\": \"\(pair["first"] ?? "")\", \"second\": \"\(pair["second"] ?? "")\", \"same\": true}"
            }
            let rest = try await program.shell(
                "printf '%s\\n\\n%s\\n' '\(lines[0])' '\(lines[1])' | phototui duplicates calibrate --answers - --precision 0.51 --pairs 0"
            )
            #expect(
                rest.exitCode == 0 && rest.text.contains("0      3     3      1.000"), "\(rest.text)\(rest.complaints)")
            #expect(rest.text.contains("0.438 to 1.000"), "\(rest.text)")
            #expect(try await pairs(program).isEmpty)
            // Of three right answers 0.438 is sure, and no more.
            let most = try await program.run(["duplicates", "resolve", "--precision", "0.51"])
            #expect(
                most.exitCode == 1 && most.complaints.contains("at least 0.438, up to 0 bits"), "\(most.complaints)")
        }
    }

    @Test("Answers that can't be are refused, and told")
    func refused() async throws {
        try await withLibrary { program, photos in
            let pair = try #require(try await pairs(program).first)
            let (first, second) = (pair["first"] as? String ?? "", pair["second"] as? String ?? "")
            try photos.write(Data("{\"first\": \"\(first)\"}\n".utf8), as: "half.json")
            let half = try await program.run(["duplicates", "calibrate", "--answers", photos.path + "/half.json"])
            #expect(half.exitCode == 1 && half.complaints.contains("line 1 of"), "\(half.complaints)")
            #expect(try await program.run(["duplicates", "not-duplicate", first, second]).exitCode == 0)
            try photos.write(
                Data("{\"first\": \"\(first)\", \"second\": \"\(second)\", \"same\": true}\n".utf8), as: "late.json")
            let late = try await program.run(
                ["duplicates", "calibrate", "--answers", photos.path + "/late.json", "--json"])
            #expect(late.exitCode == 2 && late.complaints.contains("in one cluster no more"), "\(late.complaints)")
            #expect((try late.document()["refused"] as? [Any])?.count == 1)
            for arguments in [
                ["--precision", "1"], ["--precision", "0.5"], ["--pairs", "-1"], ["--pairs", "1001"], [],
            ] {
                let result = try await program.run(["duplicates", "calibrate"] + arguments)
                #expect(result.exitCode == 64, "\(arguments): \(result.complaints)")
            }
        }
    }

    /// Runs `calibrate` in a terminal where this is typed, a line a second, and returns what it shows.
    private func type(_ keys: [String], _ program: Program, _ options: String = "") async throws -> String {
        let typed = keys.map { "sleep 1; printf '\($0)'" }.joined(separator: "; ")
        let result = try await program.shell(
            """
            (sleep 2; \(typed); sleep 2) | TERM=xterm-256color LANG=C.UTF-8 \
            script -qec 'stty cols 80 rows 40; trap : INT; phototui duplicates calibrate \(options); echo "exit $?"' /dev/null
            """)
        return result.text
    }

    @Test("On a terminal pairs are shown side by side, and answers, back and the end are taken by a letter")
    func asked() async throws {
        try await withLibrary { program, _ in
            let screen = try await type(["y\\n", "b\\n", "n\\n", "what\\n", "y\\n", "q\\n"], program)
            #expect(screen.contains("Pair 1 of 3") && screen.contains("Pair 3 of 3"), "\(screen)")
            #expect(screen.contains("\u{1b}[38;5;"), "a picture in colours: \(screen)")
            #expect(screen.contains("1.png") || screen.contains("3.png") || screen.contains("8.png"), "\(screen)")
            #expect(screen.contains("Answer with one of the letters"), "\(screen)")
            // The first was answered twice, the second once, the third not.
            #expect(screen.contains("0      2     1      0.500"), "\(screen)")
            #expect(screen.contains("exit 0"), "\(screen)")
            #expect(try await pairs(program).count == 1)
        }
    }

    @Test("Ctrl-C loses no answer, and the next run goes on")
    func interrupted() async throws {
        try await withLibrary { program, _ in
            let screen = try await type(["y\\n", "\\003"], program)
            #expect(screen.contains("every answer is kept") && screen.contains("exit 130"), "\(screen)")
            #expect(try await pairs(program).count == 2)
            let next = try await type(["n\\n", "y\\n"], program, "--decide")
            #expect(next.contains("Pair 1 of 2") && next.contains("exit 0"), "\(next)")
            #expect(try await pairs(program).isEmpty)
            // What was said to differ is decided.
            let left = try await program.run(["duplicates", "list", "--json"]).document()
            #expect((left["clusters"] as? [Any])?.count == 2)
        }
    }
}
