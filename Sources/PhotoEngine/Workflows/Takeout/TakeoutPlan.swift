public import Core
public import SystemPackage

/// What a Takeout holds, all of its parts together, and which note belongs to which file.
public struct TakeoutPlan: Sendable {
    /// An archive of the export, as it was downloaded.
    public struct Archive: Sendable {
        public let path: FilePath
        /// The entries that may be pictures.
        var wanted: [File] = []
    }

    /// A file that is no note.
    struct File: Hashable, Sendable {
        /// In an archive that archive's path, and the names in it.
        let path: FilePath
        let fingerprint: FileFingerprint
        /// Its place in the archive; nil for a file of a folder.
        let ordinal: Int?
        /// The folder of the export that it is in, whatever part it came in.
        let folder: [String]
        let name: String
        var note: Noted?
    }

    struct Noted: Hashable, Sendable {
        let path: FilePath
        let note: TakeoutNote
        let rule: TakeoutMatching.Rule
    }

    struct Note: Hashable, Sendable {
        let path: FilePath
        let folder: [String]
        let name: String
        let note: TakeoutNote
    }

    /// A folder of the export that is an album.
    struct Album: Hashable, Sendable {
        let folder: [String]
        let name: String
        let description: String
    }

    public internal(set) var archives: [Archive] = []
    /// Pictures, whose notes are known where there are any.
    var files: [File] = []
    /// Videos in archives that may be the films of live photos, as they are called like a picture beside them.
    var films: [File] = []
    var albums: [Album] = []
    /// Photos that are in an album by a note alone, their picture being in another folder.
    var members: [(folder: [String], file: FilePath)] = []
    /// Pictures in Google's trash, and other videos of archives: not to be imported.
    public internal(set) var leftOut: Set<FilePath> = []
    public internal(set) var report = TakeoutReport()
}

/// What was found in a Takeout, and what belongs together.
public struct TakeoutReport: Hashable, Sendable {
    /// Something that a person should know of.
    public struct Item: Hashable, Sendable {
        public let path: FilePath
        public let reason: String

        public init(path: FilePath, reason: String) {
            (self.path, self.reason) = (path, reason)
        }
    }

    public var pictures = 0
    /// The ways to find a note: their names in `matched`, and in words.
    public static var rules: [(name: String, words: String)] {
        TakeoutMatching.Rule.allCases.map { ($0.rawValue, $0.words) }
    }

    /// How many of them have a note, by how it was found.
    public var matched: [String: Int] = [:]
    /// Notes of photos.
    public var notes = 0
    /// Videos that are called like no picture beside them.
    public var videos = 0
    /// Pictures in Google's trash, which were left out.
    public var trashed = 0
    /// Pictures without a note.
    public var unmatched: [Item] = []
    /// Notes without a file.
    public var unused: [Item] = []
    /// Files in archives that are called neither as a picture nor as a video, and stay there.
    public var others: [Item] = []
    /// What could not be read: archives that are cut off, entries that are encrypted or lead elsewhere, notes that are none.
    public var problems: [Item] = []
    /// Photos that were archived here, as they are at Google.
    public var archived = 0
    /// The edit that did so.
    public var archiveEdit: EditID?

    public init() {}
}
