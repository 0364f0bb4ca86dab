internal import Core
internal import Digest
internal import Foundation

/// SHA-256 as S3 writes it.
enum Checksum {
    static func hexadecimal(_ bytes: [UInt8]) -> String { SHA256Hasher.digest(bytes).description }

    /// `x-amz-checksum-sha256`.
    static func base64(_ digest: SHA256Digest) -> String { Data(digest.bytes).base64EncodedString() }
}
