internal import Core

extension S3ObjectStore {
    /// Where the bucket is, without anything secret.
    public var server: String { client.location.description }

    /// Whether the bucket is there and this key may see it (HeadBucket). Throws what keeps it from that.
    public func probe() async throws { try await probe(isOnly: false) }

    /// As `probe`, at once where nobody answers; and a key that may not look at the bucket is tried, by which the provider has a
    /// word for a refusal, too.
    public func checkAccess() async throws {
        do {
            try await probe(isOnly: true)
        } catch let error as EngineError where !error.isRetryable && error.code != .notFound {
            try await tryAccess()
        }
    }

    private func probe(isOnly: Bool) async throws {
        var request = S3Client.Request(method: "HEAD")
        request.isProbe = isOnly
        let response = try await client.send(request)
        switch response.status {
        case 200, 204: return
        case 404:
            throw EngineError(
                .notFound, "there is no bucket \(client.location.bucket) at \(client.location.host)",
                whatToDo: "create it, or correct the profile's storage", cause: ServerRefusal())
        case 401, 403:
            throw EngineError(
                .permissionDenied, "\(client.location.host) refuses this access key in \(client.location.bucket)",
                whatToDo: "check the access key, its secret and what it may do, and this machine's clock",
                cause: ServerRefusal())
        default: throw client.refusal(response, doing: "looking for the bucket")
        }
    }
}
