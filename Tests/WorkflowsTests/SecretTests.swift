import Core
import Foundation
import Testing

@testable import PhotoEngine

@Suite("Secrets")
struct SecretTests {
    private func read(_ command: String, within limit: Duration = .seconds(60)) async throws -> String? {
        try await BlockingQueue(label: "test.secret").run {
            try Secret(variable: "PHOTOTUI_TEST_SECRET", file: nil, command: command).read([:], within: limit)
        }
    }

    @Test("A command's secret is all that it prints, without the line's end")
    func printed() async throws {
        #expect(try await read("printf 'hu'; sleep 0.2; echo sh") == "hush")
        #expect(try await read("head -c 100000 /dev/zero | tr '\\0' x")?.utf8.count == 100_000)
        #expect(try await read("true") == nil)
    }

    @Test("A command that fails is told by the variable it stands for, and shows nothing of what it printed")
    func failing() async throws {
        let error = await #expect(throws: EngineError.self) { try await read("echo hush; exit 3") }
        #expect(error?.code == .permissionDenied)
        #expect(error?.description.contains("PHOTOTUI_TEST_SECRET ended with 3") == true)
        #expect(error?.description.contains("hush") == false)
    }

    @Test("A command that hangs is given up, and ended with what it has started")
    func hanging() async throws {
        let place = FileManager.default.temporaryDirectory.path + "/secret-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: place) }
        let error = await #expect(throws: EngineError.self) {
            try await read("sleep 1000 & echo $! > \(place); wait", within: .seconds(2))
        }
        #expect(error?.code == .timedOut)
        #expect(error?.description.contains("PHOTOTUI_TEST_SECRET did not end within 2 s") == true)
        let child = try #require(
            Int32(try String(contentsOfFile: place, encoding: .utf8).trimmingCharacters(in: .newlines)))
        let behind = await #expect(throws: EngineError.self) {
            try await read("echo hush; exec >&-; exec sleep 1000", within: .seconds(1))
        }
        #expect(behind?.code == .timedOut)
        var isGone = false
        for _ in 0..<200 where !isGone {
            let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            isGone = state.map { $0.contains(") Z ") } ?? true
            if !isGone { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(isGone)
    }
}
