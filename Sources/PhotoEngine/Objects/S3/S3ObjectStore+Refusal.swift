internal import Core

extension S3ObjectStore {
    /// What an answer of refusal to a request for one object means. Where it does not say whether it means the object or this
    /// process, it is tried whether anything is still allowed: a small object, written, read and deleted.
    func refusal(_ response: HTTPResponse, doing: String) async -> EngineError {
        let refusal = client.refusal(response, doing: doing)
        // An object in an archive, which must be restored before it can be read.
        let isArchived = S3Answer(response.body).text("Code") == "InvalidObjectState"
        // What has no body, as an answer to HEAD, has no code either.
        let mayBeAny =
            [301, 307, 401, 403].contains(response.status) || (response.status == 400 && response.body.isEmpty)
        guard mayBeAny, !refusal.isRefusalOfUs, !isArchived else { return refusal }
        do {
            try await tryAccess()
        } catch let general as EngineError where general.isRefusalOfUs || general.isRetryable {
            // Refused, or not to be known for now.
            return general
        } catch {}
        return refusal
    }

    /// Throws what keeps this process from writing and reading anything.
    func tryAccess() async throws {
        let name = probeName()
        var write = S3Client.Request(method: "PUT", key: name)
        write.body = .bytes(Array("phototui looks what it may do".utf8))
        write.isProbe = true
        let written = try await client.send(write)
        guard (200...204).contains(written.status) else {
            throw client.refusal(written, doing: "a small write", isAnything: true)
        }
        var read = S3Client.Request(method: "GET", key: name)
        read.isProbe = true
        let result: Result<HTTPResponse, any Error>
        do { result = .success(try await client.send(read)) } catch { result = .failure(error) }
        // Not by `delete`, which comes here where it is refused. What may not be deleted stays: it is small, and no list of
        // ours shows it.
        var deletion = S3Client.Request(method: "DELETE", key: name)
        if let version = written.headers["x-amz-version-id"] { deletion.query = [("versionId", version)] }
        deletion.isProbe = true
        _ = try? await client.send(deletion)
        let response = try result.get()
        guard response.status == 200 else {
            throw client.refusal(response, doing: "a small read", isAnything: true)
        }
    }
}
