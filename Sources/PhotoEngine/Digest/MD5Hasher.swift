internal import CCrypto
internal import Core

/// MD5 over bytes that arrive in parts: by it S3's servers tag what they have stored.
public struct MD5Hasher: ~Copyable {
    // SAFETY: owned by this value alone, from init to deinit; never handed out.
    private let context: OpaquePointer

    /// nil from a libcrypto that refuses MD5.
    public init?() {
        guard let context = EVP_MD_CTX_new() else { return nil }
        guard EVP_DigestInit_ex(context, EVP_md5(), nil) == 1 else {
            EVP_MD_CTX_free(context)
            return nil
        }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Adds the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The digest of all bytes added, in lower-case hex. The hasher may not be used afterwards.
    public consuming func finish() -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        EVP_DigestFinal_ex(context, &bytes, nil)
        return Hex.string(bytes)
    }
}
