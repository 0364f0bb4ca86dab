import ArgumentParser
import Core
import Foundation
import Synchronization

/// A count that outlives what is stopped in the middle.
final class Tally: Sendable {
    private let count = Mutex(0)

    var value: Int {
        get { count.withLock { $0 } }
        set { count.withLock { $0 = newValue } }
    }
}

/// A regular expression as an option.
enum RegexText {
    static func check(_ pattern: String) throws {
        guard (try? NSRegularExpression(pattern: pattern)) == nil else { return }
        throw ValidationError(
            "\(displayEscaped(String(pattern.prefix(200)))) is no regular expression; a backslash goes before each of "
                + "( ) [ ] { } * + ? . that means itself")
    }
}
