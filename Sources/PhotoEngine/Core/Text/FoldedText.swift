internal import Foundation

/// Text as it is searched: words without case and accents, so that `Lisbôn` is found as `lisbon`.
///
/// A word is a run of letters or a run of digits: `IMG_2041` has two, `x100v` three. Where a script has no blanks between words,
/// as Chinese, Japanese and Thai, each letter is one, and so is each symbol, as 🎉. All else parts words. What is stored was folded
/// by the same code as what is asked for, and both databases compare bytes alone.
public enum FoldedText {
    /// Longer words are cut, in scalars.
    static let longestWord = 64

    /// The words of a text in their order, at most `limit`.
    public static func words(_ text: String, limit: Int = .max) -> [String] {
        var words = Words(limit: limit)
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            for byte in text.utf8 where !words.isFull { words.add(ascii: byte) }
        } else {
            // Cut before it is decomposed: nobody looks for what comes behind so many words.
            let start = limit == .max ? text : String(text.unicodeScalars.prefix(limit.multipliedSaturating(by: 80)))
            for scalar in folded(start).unicodeScalars where !words.isFull { words.add(scalar) }
        }
        return words.ended()
    }

    /// Words with a blank in front of each and behind the last; empty for none. A beginning of a word is a part of this behind a
    /// blank, a whole word is one between two.
    public static func spaced(_ words: [String]) -> String {
        words.isEmpty ? "" : " " + words.joined(separator: " ") + " "
    }

    private static func folded(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.decomposedStringWithCompatibilityMapping.unicodeScalars {
            // Accents, and points of scripts that are read without them; not the marks that are letters of their own (7 to 9).
            if scalar.properties.canonicalCombiningClass.rawValue >= 10 { continue }
            for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                if let letters = plain[lower] {
                    scalars.append(contentsOf: letters.unicodeScalars)
                } else if lower.properties.canonicalCombiningClass.rawValue < 10 {
                    scalars.append(lower)
                }
            }
        }
        return String(scalars).precomposedStringWithCompatibilityMapping
    }

    /// Letters that Unicode has no decomposition for, as people type them without.
    private static let plain: [Unicode.Scalar: String] = [
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h",
        "ŧ": "t", "ς": "σ",
    ]

    private struct Words {
        private enum Sort { case letters, digits, alone, mark, gap }

        let limit: Int
        private var words: [String] = []
        private var word = String.UnicodeScalarView()
        private var length = 0
        private var sort = Sort.gap

        init(limit: Int) { self.limit = limit }

        var isFull: Bool { words.count >= limit }

        mutating func add(ascii byte: UInt8) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): append(Unicode.Scalar(byte), .letters)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): append(Unicode.Scalar(byte + 32), .letters)
            case UInt8(ascii: "0")...UInt8(ascii: "9"): append(Unicode.Scalar(byte), .digits)
            default: end()
            }
        }

        mutating func add(_ scalar: Unicode.Scalar) {
            if scalar.value < 0x80 { return add(ascii: UInt8(scalar.value)) }
            switch Self.sort(of: scalar) {
            case .gap: end()
            case .mark: if sort != .gap, !word.isEmpty || !words.isEmpty { appendMark(scalar) }
            case .alone:
                end()
                append(scalar, .alone)
                end()
            case let sort: append(scalar, sort)
            }
        }

        private mutating func append(_ scalar: Unicode.Scalar, _ sort: Sort) {
            if sort != self.sort { end() }
            self.sort = sort
            length += 1
            if length <= FoldedText.longestWord { word.append(scalar) }
        }

        private mutating func appendMark(_ scalar: Unicode.Scalar) {
            length += 1
            if length <= FoldedText.longestWord { word.append(scalar) }
        }

        private mutating func end() {
            if !word.isEmpty, !isFull { words.append(String(word)) }
            word = String.UnicodeScalarView()
            length = 0
            sort = .gap
        }

        mutating func ended() -> [String] {
            end()
            return words
        }

        private static func sort(of scalar: Unicode.Scalar) -> Sort {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
                isAlone(scalar) ? .alone : .letters
            case .decimalNumber, .letterNumber, .otherNumber: .digits
            case .nonspacingMark, .spacingMark: isAlone(scalar) ? .alone : isSelector(scalar) ? .gap : .mark
            case .otherSymbol: .alone
            default: .gap
            }
        }

        /// What chooses how the symbol before it looks.
        private static func isSelector(_ scalar: Unicode.Scalar) -> Bool { (0xFE00...0xFE0F).contains(scalar.value) }

        /// Of scripts that are written without blanks.
        private static func isAlone(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.value {
            case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x31F0...0x31FF: true
            default: scalar.properties.isIdeographic
            }
        }
    }
}

extension Int {
    fileprivate func multipliedSaturating(by factor: Int) -> Int {
        let (product, overflows) = multipliedReportingOverflow(by: factor)
        return overflows ? .max : product
    }
}
