/// The ledger of uploads: what is under way, which parts of it are there, and the step that makes a photo of it.
public protocol UploadCatalog: Sendable {
    /// Begins an upload, or finds the one that is to be continued: that of the same id, else an unfinished one of the same
    /// bytes, whoever began it. `.known` when the owner has the photo with durable bytes already. Its key is another than the
    /// one asked for when an original was removed for good under that. Throws `.conflict` when the id is that of an upload of
    /// other bytes, or of one that was abandoned, and `.limitExceeded` where the owner's quota has no room for it now.
    func beginUpload(_ id: UploadID, of content: UploadContent, at key: ObjectKey) async throws -> BegunUpload

    func upload(_ id: UploadID) async throws -> Upload?
    /// Uploads oldest first behind `after`.
    func uploads(state: UploadState, after: UploadID?, limit: Int) async throws -> [Upload]

    /// Remembers the provider's multipart upload; parts of an earlier one are forgotten. Throws `.notFound` when the upload
    /// is not under way.
    func setMultipart(_ multipart: MultipartUpload, of upload: UploadID) async throws
    /// Remembers a part that the provider has; the same number again replaces it. Throws `.notFound` when no multipart
    /// upload is under way.
    func addPart(_ part: UploadPart, to upload: UploadID) async throws
    /// The parts that are there, in order of number.
    func parts(of upload: UploadID) async throws -> [UploadPart]

    /// Makes a photo, with its job, of an upload whose bytes were found whole in the store, and its end, all together; with
    /// `file`, which must hold the same bytes, that path is recorded, too. Idempotent. Stays under way where the owner's quota has no
    /// room. Throws `.notFound` for an unknown
    /// upload, `.conflict` for one that was abandoned, for a file with other bytes, and when what was found under its key was
    /// removed for good meanwhile: begun again, it has another key.
    func confirmUpload(_ id: UploadID, file: ScannedFile?) async throws -> RecordOutcome
    /// Gives an upload up and forgets its parts. False when it was confirmed, or is unknown.
    func abandonUpload(_ id: UploadID) async throws -> Bool
}

/// What `beginUpload` found.
public enum BegunUpload: Hashable, Sendable {
    /// Nothing is to be uploaded: the owner has the photo.
    case known(PhotoID)
    case begun(Upload)
}
