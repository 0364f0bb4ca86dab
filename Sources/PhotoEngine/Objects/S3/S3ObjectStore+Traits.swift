public import Core
internal import Digest
internal import Foundation
internal import Synchronization

extension S3ObjectStore {
    public func traits() async throws -> StoreTraits {
        var traits = try await knownTraits()
        traits.throttle = client.throttle
        return traits
    }

    private func knownTraits() async throws -> StoreTraits {
        if let traits = known.withLock({ $0 }) { return traits }
        let task = asked.withLock { asked in
            if let task = asked { return task }
            // A task of its own: whoever asked first may be cancelled, and others wait for it.
            let task = Task { try await self.findTraits() }
            asked = task
            return task
        }
        do {
            let traits = try await task.value
            known.withLock { $0 = traits }
            return traits
        } catch {
            asked.withLock { if $0 == task { $0 = nil } }
            throw error
        }
    }

    /// A key that no object of ours can have (`ObjectKey` takes no plus sign), so that no list shows it.
    func probeName() -> String { "\(prefix)+probe/\(UUID().uuidString.lowercased())" }

    private func findTraits() async throws -> StoreTraits {
        let name = probeName()
        let probe = TraitProbe(client: client, name: name)
        let result: Result<StoreTraits, any Error>
        do { result = .success(try await probe.run()) } catch { result = .failure(error) }
        for name in probe.stored.withLock({ $0 }) {
            // A key that may not delete says so where something is to be deleted.
            try? await deleteAll(of: name, hasVersions: (try? result.get().keepsVersions) ?? false)
        }
        return try result.get()
    }
}

/// Finds out by small requests what a provider takes, rather than by what it is called.
private final class TraitProbe: Sendable {
    private let client: S3Client
    private let name: String
    private let body: [UInt8]
    /// What has been stored meanwhile.
    let stored = Mutex<[String]>([])

    init(client: S3Client, name: String) {
        self.client = client
        self.name = name
        body = Array("phototui looks what this store takes".utf8)
    }

    func run() async throws -> StoreTraits {
        let saysVersions = try await saysVersions()
        let first = try await put("")
        guard Self.isStored(first) else { throw client.refusal(first, doing: "a small write", isAnything: true) }
        let again = try await put("", ("if-none-match", "*"))
        let (right, wrong) = (SHA256Hasher.digest(body), SHA256Hasher.digest([]))
        var takesChecksums = false
        if Self.isStored(try await put("-right", ("x-amz-checksum-sha256", Checksum.base64(right)))) {
            takesChecksums = !Self.isStored(try await put("-wrong", ("x-amz-checksum-sha256", Checksum.base64(wrong))))
        }
        let other = try await put("-payload", payload: wrong)
        return StoreTraits(
            takesChecksums: takesChecksums, takesConditions: [409, 412].contains(again.status),
            // A bucket whose versions were suspended stores "null" ones, and keeps the older.
            keepsVersions: saysVersions || first.headers["x-amz-version-id"] != nil,
            checksPayloads: !Self.isStored(other))
    }

    /// Asked before anything is stored, as some servers make a bucket of a wrong name then.
    private func saysVersions() async throws -> Bool {
        var request = S3Client.Request(method: "GET")
        request.query = [("versioning", "")]
        let response = try await client.send(request)
        let answer = S3Answer(response.body)
        // A key that may not ask is told by the first answer that names a version.
        guard response.status == 200 || answer.text("Code") == "AccessDenied" || response.status == 501 else {
            throw client.refusal(response, doing: "asking for the bucket's versioning", isAnything: true)
        }
        return response.status == 200 && answer.text("Status") != nil
    }

    private func put(
        _ suffix: String, _ header: (name: String, value: String)? = nil, payload: SHA256Digest? = nil
    ) async throws -> HTTPResponse {
        var request = S3Client.Request(method: "PUT", key: name + suffix)
        request.body = .bytes(body)
        request.payload = payload?.description
        if let header { request.headers = [header] }
        let response = try await client.send(request)
        let stored = name + suffix
        if Self.isStored(response) { self.stored.withLock { $0.append(stored) } }
        return response
    }

    private static func isStored(_ response: HTTPResponse) -> Bool { (200...204).contains(response.status) }
}
