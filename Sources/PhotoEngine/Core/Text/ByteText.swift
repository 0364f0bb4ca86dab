/// Text that keeps any bytes: a file's name on Linux need not be UTF-8, while databases and the screen take text alone.
///
/// A byte that is no UTF-8 becomes the scalar U+10FF00 plus the byte, in the last private-use plane; `displayEscaped` shows it
/// as `\xff`. A name that holds such scalars itself is kept byte by byte, so that no two names become one.
public enum ByteText {
    private static let base: UInt32 = 0x10_FF00

    public static func text(_ bytes: some Collection<UInt8>) -> String {
        let bytes = Array(bytes)
        var scalars = String.UnicodeScalarView()
        var place = 0
        while place < bytes.count {
            if let (scalar, length) = scalar(in: bytes, at: place), byte(of: scalar) == nil {
                scalars.append(scalar)
                place += length
            } else {
                if let scalar = Unicode.Scalar(base + UInt32(bytes[place])) { scalars.append(scalar) }
                place += 1
            }
        }
        return String(scalars)
    }

    public static func bytes(_ text: String) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar in byte(of: scalar).map { [$0] } ?? Array(String(scalar).utf8) }
    }

    /// The byte that a scalar stands for; nil for all others.
    static func byte(of scalar: Unicode.Scalar) -> UInt8? {
        (base + 0x80...base + 0xFF).contains(scalar.value) ? UInt8(scalar.value & 0xFF) : nil
    }
}
