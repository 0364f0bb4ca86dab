import Core
import Foundation

/// The tags of a photo as they are stored: a JSON object of strings, of which some are wanted. A camera writes a hundred, and
/// all of them decoded take longer than the rest of the photo.
struct TagText {
    private let text: String

    init(_ text: String) { self.text = text }

    /// Those whose names `isWanted` takes. Throws `.corrupt` for what is no JSON object of strings.
    func tags(_ isWanted: (String) -> Bool) throws -> [String: String] {
        var text = text
        let found: [String: String]? = text.withUTF8 { bytes in
            var scanner = Scanner(bytes: bytes)
            return scanner.object(isWanted)
        }
        return try SQLRow.present(found)
    }

    private struct Scanner {
        let bytes: UnsafeBufferPointer<UInt8>
        var place = 0

        mutating func object(_ isWanted: (String) -> Bool) -> [String: String]? {
            var tags: [String: String] = [:]
            guard take("{") else { return nil }
            if take("}") { return isAtEnd ? tags : nil }
            repeat {
                guard let name = string().flatMap(decoded), take(":"), let value = string() else { return nil }
                if isWanted(name) {
                    guard let text = decoded(value) else { return nil }
                    tags[name] = text
                }
            } while take(",")
            return take("}") && isAtEnd ? tags : nil
        }

        private var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return place == bytes.count
            }
        }

        private mutating func skipSpace() {
            while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
            place += 1
            return true
        }

        /// A string with its quotes, as it stands.
        private mutating func string() -> Range<Int>? {
            guard take("\"") else { return nil }
            let start = place - 1
            while place < bytes.count {
                switch bytes[place] {
                case UInt8(ascii: "\""):
                    place += 1
                    return start..<place
                case UInt8(ascii: "\\"): place += 2
                default: place += 1
                }
            }
            return nil
        }

        private func decoded(_ range: Range<Int>) -> String? {
            let quoted = UnsafeBufferPointer(rebasing: bytes[range])
            let inner = UnsafeBufferPointer(rebasing: quoted[1..<quoted.count - 1])
            if inner.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\\") }) {
                return String(validating: inner, as: UTF8.self)
            }
            return try? JSONDecoder().decode(String.self, from: Data(quoted))
        }
    }
}
