import Core
import SystemPackage

private func content(_ number: Int) -> UploadContent {
    UploadContent(
        sha256: digest(number), byteCount: ByteCount(Int64(1000 + number)), mediaType: .jpeg,
        filename: "\(number).jpg", provisional: time(2024, 7))
}

private func key(_ number: Int) -> ObjectKey { ObjectKey("originals/owner/\(digest(number)).jpg") }

private func newID(_ subject: CatalogSubject) -> UploadID {
    UploadID(clock: subject.clock, random: SystemRandom())
}

extension CatalogSubject {
    fileprivate func begin(_ number: Int, id: UploadID? = nil) async throws -> Upload {
        let begun = try await catalog.beginUpload(id ?? newID(self), of: content(number), at: key(number))
        guard case .begun(let upload) = begun else { throw ContractViolation("the bytes are known already") }
        return upload
    }
}

private func requireError(_ code: EngineError.Code, _ what: String, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as EngineError {
        return try requireEqual(error.code, code, what)
    }
    throw ContractViolation("\(what): nothing was thrown")
}

extension CatalogContract {
    static let uploadCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A confirmed upload is a photo with one job, both or neither") { subject in
            let upload = try await subject.begin(1)
            try requireEqual(upload.state, .begun, "the state")
            try requireEqual(upload.content, content(1), "what is uploaded")
            try requireEqual(try await subject.catalog.statistics().photos, 0, "photos before the confirmation")
            try requireEqual(try await subject.catalog.figures().uploads, [.begun: 1], "the count of uploads")
            guard case .imported(let id) = try await subject.catalog.confirmUpload(upload.id, file: nil) else {
                throw ContractViolation("the photo is new")
            }
            let photo = try await subject.catalog.photo(id)
            try requireEqual(photo?.original, .object(key(1)), "the original")
            try requireEqual(photo?.filename, "1.jpg", "the name")
            try requireEqual(photo?.isMissing, false, "missing")
            try requireEqual(try await subject.catalog.claimAll().map(\.photo), [id], "the jobs' photos")
            let after = try await subject.catalog.upload(upload.id)
            try requireEqual(after?.state, .confirmed, "the state")
            try requireEqual(after?.photo, id, "the upload's photo")
            try await subject.catalog.requireSound()
        },
        ContractCase("Confirming again changes nothing") { subject in
            let upload = try await subject.begin(1)
            guard case .imported(let id) = try await subject.catalog.confirmUpload(upload.id, file: nil) else {
                throw ContractViolation("the photo is new")
            }
            try requireEqual(
                try await subject.second.confirmUpload(upload.id, file: nil), .known(id), "the second confirmation")
            try requireEqual(try await subject.catalog.jobCounts(), [.queued: 1], "the jobs")
            try requireEqual(try await subject.catalog.statistics().photos, 1, "the photos")
            try requireEqual(
                try await subject.catalog.beginUpload(upload.id, of: content(1), at: key(1)), .known(id),
                "beginning it again")
            try await subject.catalog.requireSound()
        },
        ContractCase("The same id, and the same bytes under another id, go on with one upload") { subject in
            let upload = try await subject.begin(1)
            try requireEqual(try await subject.begin(1, id: upload.id).id, upload.id, "the same id")
            try requireEqual(try await subject.begin(1).id, upload.id, "another id of the same bytes")
            try await requireError(.conflict, "the id with other bytes") {
                _ = try await subject.begin(2, id: upload.id)
            }
            try requireEqual(
                try await subject.catalog.uploads(state: .begun, after: nil, limit: 9).map(\.id), [upload.id],
                "the uploads under way")
        },
        ContractCase("Bytes the owner has are known, wherever they are") { subject in
            let inPlace = try await subject.catalog.add(scanned(1))
            try requireEqual(
                try await subject.catalog.beginUpload(newID(subject), of: content(1), at: key(1)), .known(inPlace),
                "a photo in place")
            try await subject.catalog.markMissing(["/photos/1.jpg"])
            let upload = try await subject.begin(1)
            try requireEqual(
                try await subject.catalog.confirmUpload(upload.id, file: nil), .moved(inPlace), "the missing photo")
            let photo = try await subject.catalog.photo(inPlace)
            try requireEqual(photo?.isMissing, false, "missing")
            try requireEqual(photo?.original, .object(key(1)), "the original")
            try await subject.catalog.requireSound()
        },
        ContractCase("An upload confirmed with its file knows the path, too") { subject in
            let upload = try await subject.begin(1)
            try await requireError(.conflict, "a file with other bytes") {
                _ = try await subject.catalog.confirmUpload(upload.id, file: scanned(2))
            }
            guard case .imported(let id) = try await subject.catalog.confirmUpload(upload.id, file: scanned(1)) else {
                throw ContractViolation("the photo is new")
            }
            try requireEqual(try await subject.catalog.files(of: id).map(\.path), ["/photos/1.jpg"], "the files")
            try await subject.catalog.markMissing(["/photos/1.jpg"])
            try requireEqual(
                try await subject.catalog.photo(id)?.isMissing, false, "missing while the store has the original")
            try await subject.catalog.requireSound()
        },
        ContractCase("The parts of a multipart upload are remembered, in order, until it ends") { subject in
            let upload = try await subject.begin(1)
            let part = UploadPart(number: 1, byteCount: 5 << 20, entityTag: "\"a\"")
            try await requireError(.notFound, "a part before its multipart upload") {
                try await subject.catalog.addPart(part, to: upload.id)
            }
            let multipart = MultipartUpload(token: "token", partByteCount: 5 << 20)
            try await subject.catalog.setMultipart(multipart, of: upload.id)
            let other = UploadPart(number: 2, byteCount: 7, entityTag: "\"b\"")
            try await subject.catalog.addPart(other, to: upload.id)
            try await subject.second.addPart(part, to: upload.id)
            let replaced = UploadPart(number: 2, byteCount: 7, entityTag: "\"c\"")
            try await subject.catalog.addPart(replaced, to: upload.id)
            try requireEqual(try await subject.second.parts(of: upload.id), [part, replaced], "the parts")
            try requireEqual(try await subject.second.upload(upload.id)?.multipart, multipart, "the multipart upload")
            try await subject.catalog.setMultipart(
                MultipartUpload(token: "again", partByteCount: 6 << 20), of: upload.id)
            try requireEqual(try await subject.catalog.parts(of: upload.id), [], "the parts of the one before")
            try await subject.catalog.addPart(part, to: upload.id)
            try await subject.catalog.requireSound()
            _ = try await subject.catalog.confirmUpload(upload.id, file: nil)
            try requireEqual(try await subject.catalog.parts(of: upload.id), [], "the parts after the end")
            try await requireError(.notFound, "a part after the end") {
                try await subject.catalog.addPart(part, to: upload.id)
            }
            try await subject.catalog.requireSound()
        },
        ContractCase("What was given up is not confirmed, and the bytes may be uploaded anew") { subject in
            let upload = try await subject.begin(1)
            try await subject.catalog.setMultipart(MultipartUpload(token: "t", partByteCount: 9), of: upload.id)
            try requireEqual(try await subject.catalog.abandonUpload(upload.id), true, "giving it up")
            try requireEqual(try await subject.catalog.abandonUpload(newID(subject)), false, "giving up an unknown one")
            try await requireError(.conflict, "confirming it") {
                _ = try await subject.catalog.confirmUpload(upload.id, file: nil)
            }
            try await requireError(.conflict, "going on with it") { _ = try await subject.begin(1, id: upload.id) }
            let second = try await subject.begin(1)
            try require(second.id != upload.id, "a new upload")
            _ = try await subject.catalog.confirmUpload(second.id, file: nil)
            try requireEqual(
                try await subject.catalog.abandonUpload(second.id), false, "giving up what was confirmed")
            try await requireError(.notFound, "an unknown upload") {
                _ = try await subject.catalog.confirmUpload(newID(subject), file: nil)
            }
            try await subject.catalog.requireSound()
        },
        ContractCase("Uploads are their owner's own") { subject in
            let upload = try await subject.begin(1)
            try requireEqual(try await subject.stranger.upload(upload.id), nil, "the upload as a stranger sees it")
            try requireEqual(
                try await subject.stranger.uploads(state: .begun, after: nil, limit: 9), [], "a stranger's uploads")
            try requireEqual(try await subject.stranger.abandonUpload(upload.id), false, "a stranger giving it up")
            try await requireError(.notFound, "a stranger confirming it") {
                _ = try await subject.stranger.confirmUpload(upload.id, file: nil)
            }
            let own = try await subject.stranger.beginUpload(newID(subject), of: content(1), at: key(1))
            guard case .begun = own else { throw ContractViolation("a stranger's upload of the same bytes is new") }
        },
    ]
}
