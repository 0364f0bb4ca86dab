internal import Core
internal import Foundation
internal import Glibc
public import SystemPackage
public import Workflows

extension Library {
    /// Copies a table of cities into the library's folder, whole or not at all, and gives what looks up with it. Throws `.corrupt`
    /// for a file that has none.
    public func takePlaces(from file: FilePath) async throws -> PlaceFilling {
        let table = PlaceTable(file: file)
        _ = try await table.cities()
        let target = location.folder.appending(PlaceTable.name)
        try await BlockingQueue(label: "phototui.places").run {
            guard file != target else { return }
            let part = target.removingLastComponent().appending(".phototui-\(UUID().uuidString)")
            defer { _ = part.withPlatformString { unlink($0) } }
            do {
                try FileManager.default.copyItem(atPath: file.string, toPath: part.string)
            } catch {
                throw EngineError(
                    .unavailable, "the table of places could not be copied into the library's folder",
                    whatToDo: "look whether the disk is full, and who may write there")
            }
            let isMoved = part.withPlatformString { from in target.withPlatformString { rename(from, $0) } } == 0
            guard isMoved else { throw EngineError(Errno(rawValue: errno), doing: "writing the table of places") }
        }
        return PlaceFilling(catalog: catalog, table: table)
    }
}
