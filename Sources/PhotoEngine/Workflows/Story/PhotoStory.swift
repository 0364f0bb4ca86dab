public import Core
internal import Glibc
internal import SystemPackage

/// All that is known of a photo: what happened to it, in order of time, and where it is now.
public struct PhotoStory: Sendable {
    public struct Event: Hashable, Sendable {
        /// What sort of thing happened.
        public enum Kind: String, Sendable {
            case taken, written, imported, uploaded, job, edited, decided, answered, trashed, undone, exported, shared,
                journal
        }

        /// Unix microseconds; of the wall clock where no time zone is known.
        public let at: Int64
        public let kind: Kind
        /// Untrusted.
        public let text: String
        public var actor: String?
        /// In the actor's words; untrusted.
        public var reason: String?
        /// The id of what it was: a job, an edit, a resolution, an upload.
        public var subject: String?
    }

    /// Something that is so now, of which no moment is known.
    public struct Fact: Hashable, Sendable {
        public let name: String
        /// Untrusted.
        public let value: String
    }

    public let photo: Photo
    public let events: [Event]
    public let facts: [Fact]

    /// More jobs tell nothing new.
    private static let mostJobs = 100

    /// `sizes` are those of the renditions that there should be.
    public static func of(
        _ photo: Photo, in catalog: any Catalog, objects: any ObjectStore, sizes: [Int]
    ) async throws -> PhotoStory {
        let id = photo.id
        let traces = try await catalog.traces(of: id)
        let files = try await catalog.files(of: id)
        let jobs = try await catalog.jobs(of: id, limit: mostJobs)
        var events = beginning(of: photo, files, traces)
        for job in jobs { events += of(job, try await catalog.attempts(of: job.id)) }
        events += traces.edits.flatMap { edit in
            let done = Event(
                at: edit.madeAt, kind: .edited,
                text: edit.kind.words + (edit.subject.isEmpty ? "" : " \(edit.subject)"), actor: edit.actor,
                reason: edit.reason, subject: edit.id.description)
            return [done] + undone(edit.undone, edit.kind.words, edit.id.description)
        }
        events += traces.resolutions.flatMap { resolution in
            let done = Event(
                at: resolution.resolvedAt, kind: resolution.trashed.contains(id) ? .trashed : .decided,
                text: words(resolution, of: id), actor: resolution.actor, reason: resolution.reason,
                subject: resolution.id.description)
            return [done] + undone(resolution.undone, "the decision", resolution.id.description)
        }
        events += traces.exports.map { export in
            Event(
                at: export.exportedAt, kind: .exported,
                text: "exported to \(export.path.byteText)" + (export.keepsPosition ? ", with its position" : ""),
                actor: export.actor)
        }
        events += traces.shares.flatMap(of)
        events += traces.answers.map {
            Event(
                at: $0.at, kind: .answered,
                text: "answered of it and \($0.other): \($0.isSame ? "the same picture" : "not the same")")
        }
        events += traces.journal.map {
            Event(at: $0.at, kind: .journal, text: "\($0.action): \($0.outcome)", actor: $0.actor)
        }
        if let at = photo.trashedAt, !traces.resolutions.contains(where: { $0.resolvedAt == at }),
            !traces.edits.contains(where: { $0.kind == .trash && $0.madeAt == at })
        {
            events.append(Event(at: at, kind: .trashed, text: "put into the trash"))
        }
        let order = events.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
        return PhotoStory(
            photo: photo, events: order.map(\.element),
            facts: try await facts(of: photo, files, traces, in: catalog, objects, sizes))
    }

    private static func words(_ source: CaptureTimeSource) -> String {
        switch source {
        case .exif: "its EXIF"
        case .gps: "its GPS"
        case .xmp: "its XMP"
        case .iptc: "its IPTC"
        case .sidecar: "a sidecar"
        case .filename: "its file's name"
        case .modified: "only its file's date"
        }
    }

    private static func beginning(of photo: Photo, _ files: [LibraryFile], _ traces: PhotoTraces) -> [Event] {
        let zone = Int64(photo.captureTime.offsetMinutes ?? 0) * 60_000_000
        var events = [
            Event(
                at: photo.captureTime.wallMicroseconds - zone, kind: .taken,
                text: "taken, as \(words(photo.captureTime.source)) says"
                    + (photo.captureTime.offsetMinutes == nil ? ", by a clock whose zone is not known" : ""))
        ]
        events += files.map { file in
            Event(
                at: file.fingerprint.modified / 1000, kind: .written,
                text: "\(file.path.byteText) was last written, \(ByteCount(file.fingerprint.byteCount))")
        }
        events += traces.uploads.map { upload in
            Event(
                at: upload.createdAt, kind: .uploaded,
                text: "upload to \(upload.key), \(upload.state.rawValue)", subject: upload.id.description)
        }
        let place =
            switch photo.original {
            case .file: "read in place"
            case .object(let key): "kept as \(key)"
            }
        events.append(
            Event(
                at: photo.importedAt, kind: .imported,
                text: "imported as \(photo.filename), \(photo.byteCount), \(place)"))
        return events
    }

    private static func of(_ job: Job, _ attempts: [JobAttempt]) -> [Event] {
        let name = job.kind.rawValue.replacing("_", with: " ")
        func event(_ at: Int64?, _ text: String) -> Event? {
            at.map { Event(at: $0, kind: .job, text: "\(name) \(text)", subject: job.id.description) }
        }
        var events = [event(job.createdAt, "queued")]
        for attempt in attempts {
            let worker = attempt.worker.map { " by \($0)" } ?? ""
            events.append(event(attempt.startedAt, "began, attempt \(attempt.number)\(worker)"))
            switch attempt.outcome {
            case .failed where attempt.endedAt != job.finishedAt:
                events.append(event(attempt.endedAt, "attempt \(attempt.number) failed: \(attempt.error ?? "")"))
            // When it went nobody knows: what follows is later.
            case .lost:
                events.append(event(attempt.startedAt, "attempt \(attempt.number): its worker ended with it"))
            case .failed, .running, .succeeded: break
            }
        }
        events.append(event(job.finishedAt, job.state.rawValue + (job.error.map { ": \($0)" } ?? "")))
        return events.compactMap { $0 }
    }

    /// In hours, where these tell it exactly.
    private static func length(of share: Share) -> String {
        let minutes = Int((share.expiresAt - share.createdAt) / 60_000_000)
        return minutes % 60 == 0 ? counted(minutes / 60, "hour") : counted(minutes, "minute")
    }

    private static func of(_ share: Share) -> [Event] {
        let id = share.id.description
        let done = Event(
            at: share.createdAt, kind: .shared,
            text: "shared in \(share.title) for \(length(of: share))",
            actor: share.actor, reason: share.reason, subject: id)
        return [done]
            + (share.endedAt.map {
                [
                    Event(
                        at: $0, kind: .undone, text: "the share \(share.state.rawValue)", actor: share.endedBy,
                        subject: id)
                ]
            } ?? [])
    }

    private static func undone(_ undone: Resolution.Undoing?, _ what: String, _ subject: String) -> [Event] {
        undone.map { [Event(at: $0.at, kind: .undone, text: "\(what) taken back", actor: $0.actor, subject: subject)] }
            ?? []
    }

    private static func words(_ resolution: Resolution, of photo: PhotoID) -> String {
        let others = resolution.alsoKept.count + resolution.trashed.count
        return switch resolution.verdict {
        case .distinct: "decided to show something else than \(counted(others, "other photo"))"
        case .stack(let reason): "put into a stack, \(reason.words), of \(counted(others + 1, "photo"))"
        case .duplicates where resolution.trashed.contains(photo): "put into the trash for \(resolution.keeper)"
        case .duplicates where resolution.keeper == photo:
            "kept, and \(counted(resolution.trashed.count, "duplicate")) put into the trash for it"
                + merged(resolution)
        case .duplicates: "kept beside \(resolution.keeper)"
        }
    }

    private static func merged(_ resolution: Resolution) -> String {
        let names = resolution.after.differences(from: resolution.before).map(\.rawValue)
        return names.isEmpty ? "" : "; it took over \(names.joined(separator: ", "))"
    }

    /// Where the film of a photo is that was taken as one.
    private static func film(of photo: Photo, in catalog: any Catalog) async throws -> String? {
        let tags = photo.metadata.tags
        if ["Xmp.GCamera.MotionPhoto", "Xmp.GCamera.MicroVideo"].contains(where: { tags[$0] == "1" }) {
            return "inside the file, as a motion photo has it, and stays there"
        }
        guard let identifier = photo.filmIdentifier else { return nil }
        let copies = try await catalog.storedFilms(of: identifier).map { "\($0.key), the library's copy" }
        let films = try await catalog.films(of: identifier).map(\.path.byteText) + copies
        if films.isEmpty { return "a video beside it, as a live photo has it, which no import has met: \(identifier)" }
        return films.joined(separator: ", ")
    }

    /// Where the bucket keeps versions, each; one that can't be asked, as its key may not, is told as such.
    private static func versions(of key: ObjectKey, in objects: any ObjectStore) async throws -> [Fact] {
        do {
            let versions = try await objects.versions(of: key)
            if versions.allSatisfy({ $0.id == nil }) { return [] }
            return versions.map { version in
                let what = version.byteCount.map { "\($0)" } ?? "a deletion"
                return Fact(
                    name: "version",
                    value: "\(version.id ?? "from before versions were kept"), \(what) of \(version.storedAt)"
                        + (version.isLatest ? ", the latest" : ""))
            }
        } catch let error as EngineError where [.permissionDenied, .unsupported].contains(error.code) {
            return [Fact(name: "versions", value: "not told: \(error.whatHappened)")]
        }
    }

    private static func facts(
        of photo: Photo, _ files: [LibraryFile], _ traces: PhotoTraces, in catalog: any Catalog,
        _ objects: any ObjectStore, _ sizes: [Int]
    ) async throws -> [Fact] {
        var facts = [Fact(name: "sha256", value: photo.sha256.description)]
        if let hash = photo.perceptualHash { facts.append(Fact(name: "phash", value: hash.description)) }
        if case .object(let key) = photo.original {
            let size = try await objects.head(key)
            facts.append(Fact(name: "original", value: "\(key), \(size?.description ?? "which is not there")"))
            facts += try await versions(of: key, in: objects)
        }
        if let earlier = traces.earlierOriginal {
            let place =
                switch earlier {
                case .file(let path): path.byteText
                case .object(let key): "\(key), in the library's folder"
                }
            facts.append(Fact(name: "before its promotion", value: place))
        }
        facts += files.map { Fact(name: "file", value: $0.path.byteText + ($0.isMissing ? ", missing" : "")) }
        for size in sizes {
            let key = RenditionKind(size: size, format: .webp).key(of: photo.sha256)
            let bytes = try await objects.head(key)
            facts.append(Fact(name: "rendition", value: "\(key), \(bytes?.description ?? "not made")"))
        }
        let collections = try await catalog.collections(of: [photo.id]).first ?? PhotoCollections()
        facts += collections.albums.map { Fact(name: "album", value: $0) }
        facts += collections.tags.map { Fact(name: "tag", value: $0) }
        facts += traces.sidecars.map { Fact(name: "sidecar", value: $0.path.byteText) }
        if let place = photo.metadata.place {
            let isFound = traces.city.map { place == $0.place || place.hasSuffix(", " + $0.place) } ?? false
            facts.append(
                Fact(
                    name: "place",
                    value: place + (isFound ? ", the city nearest to its position" : ", as its file says")))
        }
        if let cluster = try await catalog.cluster(of: photo.id) {
            facts.append(Fact(name: "cluster", value: "\(cluster), of photos like it"))
        }
        if let film = try await film(of: photo, in: catalog) { facts.append(Fact(name: "film", value: film)) }
        if let problem = photo.problem { facts.append(Fact(name: "problem", value: problem)) }
        return facts
    }
}

extension FilePath {
    /// As `ByteText` keeps a name that need not be UTF-8.
    var byteText: String {
        withPlatformString { string in
            // SAFETY: the string ends with a zero byte and outlives the closure.
            ByteText.text(UnsafeBufferPointer(start: string, count: strlen(string)).map { UInt8(bitPattern: $0) })
        }
    }
}
