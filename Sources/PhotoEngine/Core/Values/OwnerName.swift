/// What an owner may be called: letters, digits, dots and dashes of ASCII, as the name is part of object keys and messages.
public enum OwnerName {
    public static let longest = 200

    public static func isValid(_ text: String) -> Bool {
        (1...longest).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                $0 == 0x2D || $0 == 0x2E || ($0 > 0x2F && $0 < 0x3A) || ($0 | 0x20 > 0x60 && $0 | 0x20 < 0x7B)
            }
    }
}
