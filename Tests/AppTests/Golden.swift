import Foundation
import Grid
import Testing

/// Compares a screen, text and style roles, with the golden one of that name. `PHOTOTUI_RECORD=1` writes it instead,
/// and fails, so that no run both records and passes.
func expectGolden(_ grid: Grid, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let roles = grid.roleLines.enumerated().filter { !$0.element.isEmpty }.map { "\($0.offset): \($0.element)" }
    let text = (grid.textLines.map { "|" + $0 } + ["", "roles"] + roles).joined(separator: "\n") + "\n"
    if ProcessInfo.processInfo.environment["PHOTOTUI_RECORD"] == "1" {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")
        try text.write(to: folder.appendingPathComponent(name + ".txt"), atomically: true, encoding: .utf8)
        Issue.record(
            "recorded \(name): look at it, then run again without PHOTOTUI_RECORD", sourceLocation: sourceLocation)
        return
    }
    let url = try #require(
        Bundle.module.url(forResource: name, withExtension: "txt", subdirectory: "Goldens"),
        "no golden screen \(name): record it with PHOTOTUI_RECORD=1", sourceLocation: sourceLocation)
    let golden = try String(contentsOf: url, encoding: .utf8)
    #expect(text == golden, sourceLocation: sourceLocation)
}
