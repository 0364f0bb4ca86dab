import Foundation

/// A rule for Redis' users, as people copy it from our documentation.
enum DocumentedRule {
    /// The words behind `ACL SETUSER user` on a page of docs/; none where it isn't there.
    static func words(of user: String, in page: String, password: String) -> [String] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/\(page)")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        guard let start = text.range(of: "ACL SETUSER \(user) "),
            let end = text.range(of: "```", range: start.upperBound..<text.endIndex)
        else { return [] }
        return text[start.upperBound..<end.lowerBound].replacingOccurrences(of: "\\\n", with: " ")
            .split(whereSeparator: \.isWhitespace).map { $0 == ">PASSWORD" ? ">\(password)" : String($0) }
    }
}
