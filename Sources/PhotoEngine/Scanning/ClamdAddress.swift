internal import Core

/// Where clamd listens: the path of its socket, or `host:port`.
public struct ClamdAddress: Hashable, Sendable, CustomStringConvertible {
    enum Place: Hashable, Sendable {
        case socket(String)
        case host(String, port: UInt16)
    }

    /// What a unix socket's path has at most.
    private static let longestPath = 107

    let place: Place
    public let description: String

    /// Throws `.invalidInput`.
    public init(_ text: String) throws {
        description = text
        if text.hasPrefix("/") {
            guard text.utf8.count <= Self.longestPath else {
                throw EngineError(
                    .invalidInput, "the path of a socket has at most \(Self.longestPath) bytes",
                    whatToDo: "name a shorter one")
            }
            place = .socket(text)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            throw EngineError(
                .invalidInput, "\(text) is no address of clamd",
                whatToDo: "write the path of its socket, as /run/clamav/clamd.ctl, or host:port")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else {
            throw EngineError(.invalidInput, "\(text) names no host", whatToDo: "write host:port")
        }
        place = .host(host, port: port)
    }
}
