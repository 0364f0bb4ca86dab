internal import Core
internal import Foundation
internal import Glibc
internal import SystemPackage

/// The folder that photos are to leave into.
struct ExportPlace {
    private let folder: FilePath

    init(_ folder: FilePath) { self.folder = folder }

    /// What is written into a folder that the library reads would come back as photos: throws `.conflict`.
    func requireOutside(_ folders: [FilePath]) throws {
        let place = Self.resolved(folder)
        guard let outer = folders.first(where: { place.starts(with: Self.resolved($0)) }) else { return }
        throw EngineError(
            .conflict,
            "\(String(decoding: folder)) lies in \(String(decoding: outer)), which the library reads: what is written "
                + "there would become photos of it",
            whatToDo: "choose a folder outside of it")
    }

    /// Without links, as far as it is there.
    private static func resolved(_ path: FilePath) -> FilePath {
        // SAFETY: realpath's answer is its own, ends with a NUL, and is freed here.
        let found = path.withPlatformString { realpath($0, nil) }
        defer { free(found) }
        if let found { return FilePath(platformString: found) }
        let above = path.removingLastComponent()
        guard above != path, !above.isEmpty, let last = path.lastComponent else { return path }
        return resolved(above).appending(last)
    }
}
