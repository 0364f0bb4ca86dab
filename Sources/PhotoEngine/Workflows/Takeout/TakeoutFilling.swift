internal import Core
internal import Glibc
internal import SystemPackage

/// Takes up what the notes of a Takeout say of photos that are in the library now.
struct TakeoutFilling: Sendable {
    let catalog: any Importer.ImportCatalog
    let places: PlaceTable?
    let plan: TakeoutPlan
    let actor: String

    /// A second time changes nothing, unless notes did.
    func run() async throws -> (albums: FilledAlbums, report: TakeoutReport) {
        let photos = try await photos()
        try await takeUpNotes(photos)
        var report = plan.report
        (report.archived, report.archiveEdit) = try await archive(photos)
        return (try await fillAlbums(photos), report)
    }

    /// The photo of each picture that is in the library.
    private func photos() async throws -> [FilePath: PhotoID] {
        var photos: [FilePath: PhotoID] = [:]
        for file in plan.files {
            try Task.checkCancellation()
            guard let there = try await catalog.file(at: file.path), case .photo = there.outcome else { continue }
            photos[file.path] = there.photo
        }
        return photos
    }

    private func takeUpNotes(_ photos: [FilePath: PhotoID]) async throws {
        var notes: [FilePath: (note: TakeoutNote, photos: [PhotoID])] = [:]
        for file in plan.files {
            guard let noted = file.note, let photo = photos[file.path] else { continue }
            notes[noted.path, default: (noted.note, [])].photos.append(photo)
        }
        let order = notes.keys.sorted { $0.isBytewiseBefore($1) }
        for first in stride(from: 0, to: order.count, by: 200) {
            try Task.checkCancellation()
            var sidecars: [Sidecar] = []
            for path in order[first..<min(first + 200, order.count)] {
                guard let (note, photos) = notes[path] else { continue }
                sidecars.append(
                    Sidecar(path: path, marks: note.marks(offsetMinutes: await offset(of: note)), photos: photos))
            }
            _ = try await catalog.recordSidecars(sidecars)
        }
    }

    /// Minutes east of UTC of the clocks where it was taken, else here: Google tells the moment alone.
    private func offset(of note: TakeoutNote) async -> Int {
        guard let takenAt = note.takenAt else { return 0 }
        let utc = CaptureTime(wallMicroseconds: takenAt * 1_000_000, offsetMinutes: nil, source: .sidecar)
        if let position = note.position, let place = try? await places?.place(at: position, utc),
            let offset = place.offsetMinutes
        {
            return offset
        }
        var seconds = time_t(takenAt)
        var local = tm()
        return localtime_r(&seconds, &local) == nil ? 0 : local.tm_gmtoff / 60
    }

    /// What is archived at Google leaves the timeline here, unless an edit here has archived it or brought it back before.
    private func archive(_ photos: [FilePath: PhotoID]) async throws -> (count: Int, edit: EditID?) {
        var archived: [PhotoID] = []
        var seen: Set<PhotoID> = []
        for file in plan.files where file.note?.note.isArchived == true {
            guard let photo = photos[file.path], seen.insert(photo).inserted else { continue }
            let edits = try await catalog.traces(of: photo).edits
            if !edits.contains(where: { $0.kind == .archive || $0.kind == .unarchive }) { archived.append(photo) }
        }
        if archived.isEmpty { return (0, nil) }
        let edit = try await LibraryEditing(catalog: catalog).edit(
            .archived(true), photos: archived, actor: actor, reason: "archived at Google Photos")
        return (edit?.photoCount ?? 0, edit?.id)
    }

    private func fillAlbums(_ photos: [FilePath: PhotoID]) async throws -> FilledAlbums {
        var (filled, albums) = try await albums(photos)
        (filled.filled, filled.edit, filled.leftOut) = try await AlbumGathering(catalog: catalog).gather(
            albums, source: "a Takeout", actor: actor)
        return filled
    }

    /// The export's albums with those of their photos that are known, and the albums that can't be here.
    private func albums(_ photos: [FilePath: PhotoID]) async throws -> (FilledAlbums, [GatheredAlbum]) {
        var filled = FilledAlbums()
        let files = Dictionary(grouping: plan.files, by: \.folder)
        let members = Dictionary(grouping: plan.members, by: \.folder)
        var albums: [GatheredAlbum] = []
        for album in plan.albums {
            let paths = (files[album.folder] ?? []).map(\.path) + (members[album.folder] ?? []).map(\.file)
            do {
                let name = try CollectionName.album(Self.name(album.name))
                if try await catalog.album(named: name)?.query != nil {
                    throw EngineError(.conflict, "the album of its name is a saved search")
                }
                albums.append(
                    GatheredAlbum(name: name, description: album.description, photos: paths.compactMap { photos[$0] }))
            } catch let error as EngineError where error.code == .invalidInput || error.code == .conflict {
                let folder = FilePath(root: nil, []).appending(album.folder)
                filled.refused.append(.init(path: folder, reason: error.whatHappened))
            }
        }
        return (filled, albums)
    }

    /// A slash nests nothing at Google: here a stroke that looks so stands for it. What can't be shown is left out.
    private static func name(_ title: String) -> String {
        let scalars = title.replacing("/", with: "\u{2215}").unicodeScalars.filter {
            ![.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

/// What an import of a Takeout would do, as far as its notes and lists tell: no picture is opened.
extension TakeoutFilling {
    func preview(_ tally: ImportTally, _ room: ImportRoom) async throws -> (albums: FilledAlbums, report: TakeoutReport)
    {
        var photos: [FilePath: PhotoID] = [:]
        var made: UInt64 = 0
        for file in plan.files {
            try Task.checkCancellation()
            let there = try await catalog.file(at: file.path)
            let isKnown = there?.fingerprint == file.fingerprint
            tally.found(1, skipped: [])
            if !isKnown, let reason = room.limits.refusal(of: ByteCount(file.fingerprint.byteCount)) {
                tally.add(file.path, .rejected, reason: reason)
                continue
            }
            if !isKnown, let reason = room.foresee(ByteCount(file.fingerprint.byteCount)) {
                tally.add(file.path, .left, reason: reason)
                continue
            }
            tally.add(file.path, isKnown ? .known : .imported)
            made += 1
            // A photo that is not here yet gets an id for the counting.
            let bytes = [UInt8](repeating: 0xFF, count: 8) + (0..<8).map { UInt8(truncatingIfNeeded: made >> (8 * $0)) }
            photos[file.path] = there?.photo ?? PhotoID(bytes: bytes)
        }
        var (filled, albums) = try await albums(photos)
        (filled.filled, filled.leftOut) = try await AlbumGathering(catalog: catalog).preview(albums)
        return (filled, plan.report)
    }
}
