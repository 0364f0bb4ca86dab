import Foundation

/// Comma-separated values (RFC 4180).
enum CSV {
    /// Of text that is safe to show. What a spreadsheet would take for a formula gets an apostrophe before it.
    static func field(_ text: String) -> String {
        let isFormula = text.first.map { "=+-@".contains($0) } ?? false
        let text = isFormula ? "'" + text : text
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
