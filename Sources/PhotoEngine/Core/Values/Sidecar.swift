internal import Glibc
public import SystemPackage

/// A file of XMP beside an original, in which programs that leave originals alone write what a person said of it.
public struct Sidecar: Hashable, Sendable {
    public let path: FilePath
    public let marks: WrittenMarks
    /// The photos it is about; nil where its name tells.
    public let photos: [PhotoID]?

    public init(path: FilePath, marks: WrittenMarks, photos: [PhotoID]? = nil) {
        (self.path, self.marks, self.photos) = (path, marks, photos)
    }

    /// Why the catalogue has no photo of such a file.
    public static let reason = "an XMP sidecar, read for the photo beside it"

    /// Whether a file is called as a sidecar is: `….xmp`, in letters of any case, with something in front.
    public static func isName(_ path: FilePath) -> Bool {
        path.extension?.lowercased() == "xmp" && path.stem?.isEmpty == false
    }

    /// Where the sidecar of a photo may be, the likeliest first: `IMG_1.JPG.xmp`, as digiKam and darktable call it, then
    /// `IMG_1.xmp`, as Adobe's programs do; none where a name would be too long.
    public static func paths(beside photo: FilePath) -> [FilePath] {
        guard let component = photo.lastComponent else { return [] }
        // A name need not be UTF-8.
        let name = FilePath(root: nil, [component]).withPlatformString {
            Array(UnsafeBufferPointer(start: $0, count: strlen($0)))
        }
        let dot = name.lastIndex(of: CChar(bitPattern: UInt8(ascii: "."))).flatMap { $0 > 0 ? $0 : nil }
        let folder = photo.removingLastComponent()
        return [name, Array(name[..<(dot ?? name.count)])].flatMap { base in
            // A name has 255 bytes at most, and some originals' take them all.
            (base.count + 4 > 255 ? [] : [".xmp", ".XMP"]).map { ending in
                let text = base + ending.utf8.map { CChar(bitPattern: $0) } + [0]
                return folder.appending(FilePath(platformString: text).components)
            }
        }
    }
}
