internal import CCrypto

/// Keyed digests (RFC 2104) with SHA-256.
public enum HMACSHA256 {
    /// The 32 bytes that authenticate `message` under `key`.
    public static func code(_ message: some Sequence<UInt8>, key: some Sequence<UInt8>) -> [UInt8] {
        let (message, key) = (Array(message), Array(key))
        var code = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, &length)
        return code
    }
}
