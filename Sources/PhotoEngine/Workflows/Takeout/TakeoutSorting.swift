internal import Core
internal import SystemPackage

/// Puts together what the parts of a Takeout hold: notes to files, files to albums.
struct TakeoutSorting {
    private let files: [TakeoutPlan.File]
    private let notes: [TakeoutPlan.Note]

    init(files: [TakeoutPlan.File], notes: [TakeoutPlan.Note]) {
        // In a fixed order, so that a second run sorts as the first.
        self.files = files.sorted { $0.path.isBytewiseBefore($1.path) }
        self.notes = notes.sorted { $0.path.isBytewiseBefore($1.path) }
    }

    func plan(archives: [FilePath], problems: [TakeoutReport.Item], takesTrash: Bool) -> TakeoutPlan {
        var plan = TakeoutPlan()
        plan.report.problems = problems
        let photoNotes = notes.filter { !$0.note.isAlbum }
        let (matched, used) = match(photoNotes)
        let withCopies = matchCopies(matched)
        plan.report.notes = photoNotes.count
        let pictures = Set(withCopies.filter { FileReader.isPictureName($0.name) }.map(Likeness.init))
        for file in withCopies {
            if Self.isVideo(file) {
                let isTrashed = file.note?.note.isTrashed == true && !takesTrash
                if pictures.contains(Likeness(file)), Film.isName(FilePath(file.name)), !isTrashed {
                    if file.ordinal != nil { plan.films.append(file) }
                    continue
                }
                plan.report.videos += 1
                if file.ordinal != nil { plan.leftOut.insert(file.path) }
                continue
            }
            guard FileReader.isPictureName(file.name) else {
                // In a folder its bytes tell what it is.
                if file.ordinal != nil {
                    plan.report.others.append(.init(path: file.path, reason: "not called as a picture or video is"))
                }
                continue
            }
            if file.note?.note.isTrashed == true, !takesTrash {
                plan.report.trashed += 1
                plan.leftOut.insert(file.path)
                continue
            }
            plan.report.pictures += 1
            if let rule = file.note?.rule {
                plan.report.matched[rule.rawValue, default: 0] += 1
            } else {
                plan.report.unmatched.append(.init(path: file.path, reason: "no note is called as it is"))
            }
            plan.files.append(file)
        }
        plan.albums = albums(photoNotes)
        let albumFolders = Set(plan.albums.map(\.folder))
        let byTitle = Dictionary(grouping: plan.files.filter { $0.note != nil }) { TitledMoment($0.note!.note) }
        for note in photoNotes where !used.contains(note.path) {
            let pictures = byTitle[TitledMoment(note.note)] ?? []
            if albumFolders.contains(note.folder), let picture = pictures.first {
                plan.members.append((note.folder, picture.path))
            } else if pictures.isEmpty, !note.note.isTrashed || takesTrash {
                plan.report.unused.append(.init(path: note.path, reason: "no file is called as it is"))
            }
        }
        let wanted = Dictionary(grouping: (plan.files + plan.films).filter { $0.ordinal != nil }) { file in
            archives.first { file.path.starts(with: $0) }
        }
        plan.archives = archives.map { .init(path: $0, wanted: wanted[$0] ?? []) }
        return plan
    }

    private static func isVideo(_ file: TakeoutPlan.File) -> Bool { TakeoutMatching.Name(file.name).isVideo }

    /// What a live photo and its film have in common in an export.
    private struct Likeness: Hashable {
        let folder: [String]
        let stem: String

        init(_ file: TakeoutPlan.File) {
            folder = file.folder
            stem = FilePath(file.name).stem ?? file.name
        }
    }

    private struct TitledMoment: Hashable {
        let title: String
        let takenAt: Int64?

        init(_ note: TakeoutNote) { (title, takenAt) = (note.title, note.takenAt) }
    }

    /// Notes to the files of their folder, also where the two came in different parts. Returns the notes that a file has, too.
    private func match(_ notes: [TakeoutPlan.Note]) -> (files: [TakeoutPlan.File], used: Set<FilePath>) {
        let notesIn = Dictionary(grouping: notes, by: \.folder)
        var used: Set<FilePath> = []
        var matched: [TakeoutPlan.File] = []
        for (folder, files) in Dictionary(grouping: files, by: \.folder) {
            // Of two parts that hold the same note the first counts.
            let notes = Dictionary(grouping: notesIn[folder] ?? [], by: \.name)
            let titles = notes.compactMapValues { $0.first?.note.title }
            let matching = TakeoutMatching(files: Array(Set(files.map(\.name))), notes: titles)
            for var file in files {
                if let match = matching.matches[file.name], let all = notes[match.note], let note = all.first {
                    file.note = .init(path: note.path, note: note.note, rule: match.rule)
                    used.formUnion(all.map(\.path))
                }
                matched.append(file)
            }
        }
        return (matched.sorted { $0.path.isBytewiseBefore($1.path) }, used)
    }

    /// A picture without a note that is in another folder, too, has that one's.
    private func matchCopies(_ files: [TakeoutPlan.File]) -> [TakeoutPlan.File] {
        struct Copy: Hashable {
            let name: String
            let byteCount: Int64
        }
        let noted = Dictionary(
            files.filter { $0.note != nil }.map { (Copy(name: $0.name, byteCount: $0.fingerprint.byteCount), $0) },
            uniquingKeysWith: { first, _ in first })
        return files.map { file in
            guard file.note == nil,
                let other = noted[Copy(name: file.name, byteCount: file.fingerprint.byteCount)]?.note
            else { return file }
            var file = file
            file.note = .init(path: other.path, note: other.note, rule: .copy)
            return file
        }
    }

    /// Folders that have a note of their own, but for those of a year.
    private func albums(_ photoNotes: [TakeoutPlan.Note]) -> [TakeoutPlan.Album] {
        let years = Self.yearFolders(photoNotes)
        var albums: [TakeoutPlan.Album] = []
        var names: [String: Int] = [:]
        for note in notes where note.note.isAlbum && !years.contains(note.folder) {
            guard !albums.contains(where: { $0.folder == note.folder }), let folder = note.folder.last else { continue }
            let title = note.note.title.isEmpty ? folder : note.note.title
            // Google lets two albums have one name.
            names[CollectionName.key(of: title), default: 0] += 1
            let number = names[CollectionName.key(of: title)] ?? 1
            albums.append(
                .init(
                    folder: note.folder, name: number == 1 ? title : "\(title) (\(number))",
                    description: note.note.caption ?? ""))
        }
        return albums
    }

    /// `Photos from 2019`, in whatever language: the name ends in a year, all photos were taken in it, and other folders
    /// are called so but for their year, or the name is the English one.
    private static func yearFolders(_ notes: [TakeoutPlan.Note]) -> Set<[String]> {
        func year(_ name: String) -> Int? {
            let digits = name.suffix(4)
            guard digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }), name.dropLast(4).last == " "
            else {
                return nil
            }
            return Int(digits).flatMap { (1800...2200).contains($0) ? $0 : nil }
        }
        let candidates = Dictionary(grouping: notes, by: \.folder).filter { folder, notes in
            guard let name = folder.last, let year = year(name) else { return false }
            return notes.compactMap(\.note.takenAt).allSatisfy { takenAt in
                // A photo of New Year's Eve is in either, by the zone.
                [-86_400, 0, 86_400].contains { shift in
                    CaptureTime(
                        wallMicroseconds: (takenAt + shift) * 1_000_000, offsetMinutes: nil,
                        source: .sidecar
                    ).month.year == year
                }
            }
        }.keys
        let prefixes = Dictionary(grouping: candidates) { $0.last?.dropLast(4) ?? "" }
        return Set(
            candidates.filter { folder in
                let prefix = folder.last?.dropLast(4) ?? ""
                return prefix == "Photos from " || prefixes[prefix]?.count ?? 0 > 1
            })
    }
}
