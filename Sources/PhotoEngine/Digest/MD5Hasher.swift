internal import CCrypto

/// MD5, by which S3's servers tag what they have stored; nil from a libcrypto that refuses it.
public enum MD5Hasher {
    /// In lower-case hex.
    public static func digest(_ bytes: [UInt8]) -> String? {
        var digest = [UInt8](repeating: 0, count: 16)
        var count: UInt32 = 0
        // SAFETY: libcrypto reads and writes within the arrays, during the call.
        let isDone = bytes.withUnsafeBytes {
            EVP_Digest($0.baseAddress, $0.count, &digest, &count, EVP_md5(), nil) == 1
        }
        guard isDone, count == 16 else { return nil }
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
