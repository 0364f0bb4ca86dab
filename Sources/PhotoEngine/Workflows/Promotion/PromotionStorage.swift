public import Core
internal import Digest
internal import Glibc
internal import SystemPackage

/// Where the objects of a library that is promoted are, or go.
public enum PromotionStorage: Sendable {
    case folder(any LocalObjectStore)
    case bucket(any RemoteObjectStore)

    var objects: any ObjectStore {
        switch self {
        case .folder(let store): store
        case .bucket(let store): store
        }
    }

    /// Whether the object is these bytes, by reading them or by what the provider has computed of them; nil where there is
    /// none.
    func verify(_ key: ObjectKey, byteCount: ByteCount, sha256: SHA256Digest) async throws -> Bool? {
        switch self {
        case .bucket(let store): return try await store.verify(key, byteCount: byteCount, sha256: sha256)
        case .folder(let store):
            guard let size = try await store.head(key) else { return nil }
            if size != byteCount { return false }
            let path = store.localPath(of: key)
            return try await reading.run { try SHA256Hasher.digest(path: path).sha256 == sha256 }
        }
    }
}

private let reading = BlockingQueue(label: "phototui.promotion")

/// A file of this machine that may hold a photo's bytes.
struct CandidateFile {
    let path: FilePath

    /// Of the size that the photo has: whoever sends it compares its bytes.
    func mayHold(_ photo: PromotedPhoto) async throws -> Bool {
        try await reading.run { [path] in
            // By the bytes of its name, which need be no text.
            var status = stat()
            return path.withPlatformString { lstat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFREG
                && Int64(status.st_size) == photo.byteCount.bytes
        }
    }

    /// By reading all of it.
    func holds(_ photo: PromotedPhoto) async throws -> Bool {
        guard try await mayHold(photo) else { return false }
        return try await reading.run { [path] in (try? SHA256Hasher.digest(path: path).sha256) == photo.sha256 }
    }

    func digest() async throws -> (sha256: SHA256Digest, byteCount: Int64) {
        try await reading.run { [path] in try SHA256Hasher.digest(path: path) }
    }
}
