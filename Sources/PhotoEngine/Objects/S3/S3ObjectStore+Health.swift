internal import Core

extension S3ObjectStore {
    /// Where the bucket is, without anything secret.
    public var server: String { client.location.description }

    /// Whether the bucket is there and this key may see it (HeadBucket). Throws what keeps it from that.
    public func probe() async throws {
        let response = try await client.send(S3Client.Request(method: "HEAD"))
        switch response.status {
        case 200, 204: return
        case 404:
            throw EngineError(
                .notFound, "there is no bucket \(client.location.bucket) at \(client.location.host)",
                whatToDo: "create it, or correct the profile's storage")
        case 401, 403:
            throw EngineError(
                .permissionDenied, "\(client.location.host) refuses this access key in \(client.location.bucket)",
                whatToDo: "check the access key, its secret and what it may do, and this machine's clock")
        default: throw client.refusal(response, doing: "looking for the bucket")
        }
    }
}
