public import Core
internal import Foundation
internal import SystemPackage

/// An upload that another client sends.
public struct PresignedUpload: Sendable {
    /// What it is confirmed by: that of an upload of the same bytes where one was under way.
    public let id: UploadID
    /// What to send, good for a quarter of an hour.
    public let request: PresignedRequest
}

extension Uploader {
    private static let presignedSeconds = 15 * 60

    /// Begins an upload that another client sends, or goes on with one of the same bytes, whoever began it; nil when the owner
    /// has the photo already. One that announced another size or type for these bytes is given up: the last word counts. Throws
    /// `.limitExceeded` for more bytes than a file may have.
    public func presign(
        _ id: UploadID, sha256: SHA256Digest, byteCount: ByteCount, mediaType: MediaType, filename: String
    ) async throws -> PresignedUpload? {
        try limits.check(byteCount)
        // Until its metadata is read the photo is dated by its name, else by now.
        let content = UploadContent(
            sha256: sha256, byteCount: byteCount, mediaType: mediaType, filename: filename,
            provisional: CaptureTime(filename: filename, modified: clock.microseconds * 1000))
        let key = key(of: content.sha256, mediaType: content.mediaType)
        guard case .begun(var upload) = try await catalog.beginUpload(id, of: content, at: key) else { return nil }
        if upload.id != id,
            upload.content.byteCount != byteCount || upload.content.mediaType != mediaType
        {
            _ = try await catalog.abandonUpload(upload.id)
            guard case .begun(let own) = try await catalog.beginUpload(id, of: content, at: key) else { return nil }
            upload = own
        }
        let request = try await store.presignPut(
            upload.key, byteCount: content.byteCount, sha256: content.sha256, seconds: Self.presignedSeconds)
        return PresignedUpload(id: upload.id, request: request)
    }

    /// Ends an upload that another client has sent. Throws `.notFound` while its bytes are not there, `.corrupt` when they are
    /// others, `.limitExceeded` where the owner's quota has no room for them: it may be confirmed once it has; and
    /// `.permissionDenied` where malware was found in them, which are deleted then.
    public func confirm(_ id: UploadID) async throws -> RecordOutcome {
        guard let upload = try await catalog.upload(id) else {
            throw EngineError(.notFound, "there is no upload \(id)", whatToDo: "begin it with: phototui upload presign")
        }
        if upload.state == .begun {
            let content = upload.content
            switch try await store.verify(upload.key, byteCount: content.byteCount, sha256: content.sha256) {
            case true?: break
            case false?:
                throw EngineError(
                    .corrupt, "what is stored for upload \(id) is not what was announced",
                    whatToDo: "send the whole file again")
            case nil:
                throw EngineError(
                    .notFound, "nothing has been stored for upload \(id) yet", whatToDo: "send the bytes, then confirm")
            }
            try await scan(upload)
        }
        let outcome = try await catalog.confirmUpload(id, file: nil)
        if case .overQuota(let reason) = outcome { throw EngineError(.limitExceeded, reason) }
        return outcome
    }

    /// Has what is stored scanned, before it is a photo. Throws where something is found, which is deleted then, and where the
    /// scanner gives no verdict, unless such files are to be taken.
    func scan(_ upload: Upload) async throws {
        guard let scanning else { return }
        let file = FilePath(FileManager.default.temporaryDirectory.path).appending("phototui-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        try await store.fetch(upload.key, to: file, sha256: upload.content.sha256)
        let verdict: MalwareVerdict
        do {
            verdict = try await scanning.scanner.scan(file)
        } catch let error as EngineError where scanning.takesUnscanned && MalwareGate.isWithoutVerdict(error) {
            return
        }
        guard let signature = verdict.signature else { return }
        try await store.delete(upload.key)
        _ = try await catalog.abandonUpload(upload.id)
        throw EngineError(
            .permissionDenied, "\(MalwareGate.reason(signature)); what was stored for upload \(upload.id) is deleted")
    }
}
