internal import Core
internal import SystemPackage

/// How exported files lie in their folder.
public enum ExportLayout: String, Sendable, CaseIterable {
    /// All in the folder itself.
    case flat
    /// `2024/2024-07/IMG_1.jpg`, by the date the photo was taken.
    case date
    /// `Trips/Lisbon/IMG_1.jpg`, in the folder of each album it is in; a photo in none is in the folder itself.
    case album
}

/// Where a photo's file may go: below one folder, under its own name, or one like it where another photo has that.
struct ExportNames: Sendable {
    let folder: FilePath
    let layout: ExportLayout

    /// What a file system takes, in bytes.
    private static let longestName = 255

    /// The folders that a photo is written to; `albums` are the names of those it is in.
    func folders(of photo: Photo, albums: [String]) -> [FilePath] {
        switch layout {
        case .flat: return [folder]
        case .date:
            let month = photo.captureTime.month
            return [folder.appending(rawName: Self.bytes("\(month.description.prefix(4))")).appending("\(month)")]
        case .album:
            if albums.isEmpty { return [folder] }
            return albums.map { album in
                album.split(separator: "/").reduce(folder) { $0.appending(rawName: Self.name(Self.bytes(String($1)))) }
            }
        }
    }

    /// The names that a photo may have in a folder, the likeliest first: its own, then with the beginning of its digest, which no
    /// other photo has.
    static func candidates(for photo: Photo) -> [[UInt8]] {
        let own = ByteText.bytes(photo.filename).split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
        let digits = photo.sha256.description
        guard isName(own) else {
            return [bytes("\(digits.prefix(16)).\(photo.mediaType.fileExtension)")]
        }
        let dot = own.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > 0 && own.count - $0 <= 16 ? $0 : nil }
        let (stem, ending) = (own[..<(dot ?? own.count)], own[(dot ?? own.count)...])
        let others = [8, 64].map { count in
            let mark = bytes("-\(digits.prefix(count))")
            return whole(stem, longestName - mark.count - ending.count) + mark + ending
        }
        return [own] + others
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func isName(_ name: [UInt8]) -> Bool {
        !name.isEmpty && name != bytes(".") && name != bytes("..") && name.count <= longestName && !name.contains(0)
    }

    /// A folder of an album: as it is called, where that is a name.
    private static func name(_ name: [UInt8]) -> [UInt8] {
        if isName(name) { return name }
        let cut = whole(name[...], longestName)
        return isName(cut) ? cut : bytes("album")
    }

    /// As much of a name as there is room for, without half a character at its end.
    private static func whole(_ name: ArraySlice<UInt8>, _ room: Int) -> [UInt8] {
        guard name.count > room else { return Array(name) }
        var end = name.startIndex + max(0, room)
        // Not between the bytes of one character of UTF-8; bytes that are no text may go anywhere.
        while end > name.startIndex, room - (end - name.startIndex) < 4, name[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(name[..<end])
    }
}
