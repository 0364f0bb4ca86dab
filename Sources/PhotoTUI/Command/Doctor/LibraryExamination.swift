import Core
import Foundation
import Glibc
import PhotoEngine
import SystemPackage
import Workflows

/// The library: opened, checked and counted. Nothing is created.
enum LibraryExamination {
    private static let area = "Library"

    /// The checks, and the folders that the library watches.
    static func checks(
        _ location: LibraryLocation, _ configuration: Configuration
    ) async -> (checks: [Check], folders: [FilePath]) {
        var checks = [Check(area, "database", .ok, Library.databaseVersion), disk(location.folder)].compactMap { $0 }
        guard location.catalog.withPlatformString({ access($0, F_OK) }) == 0 else {
            let folder = Check(
                area, "folder", .ok, "none yet in \(location.folder.rawText)",
                whatToDo: "begin with: phototui import PATH")
            return ([folder] + checks, [])
        }
        checks.insert(Check(area, "folder", .ok, location.folder.rawText), at: 0)
        var folders: [FilePath] = []
        do {
            let library = try await Library.open(location.folder, configuration: configuration)
            do {
                folders = try await library.catalog.folders().map(\.path)
                checks += try await checksOf(library, folders)
            } catch {
                checks.append(failure("catalogue", error))
            }
            await library.close()
        } catch {
            checks.append(failure("catalogue", error))
        }
        return (checks, folders)
    }

    private static func places(_ library: Library) async -> Check {
        guard let file = library.places.file else {
            return Check(
                area, "places", .ok, "no table of cities: photos get no place from their position",
                whatToDo: PlaceTable.howToGetOne)
        }
        do {
            let count = try await library.places.cities().count
            let unplaced = try await library.catalog.unplacedCount()
            return Check(
                area, "places", unplaced == 0 ? .ok : .warning,
                "\(count) cities in \(file.rawText); \(counted(unplaced, "photo")) not looked up",
                whatToDo: unplaced == 0 ? "" : "phototui places fill")
        } catch {
            return failure("places", error)
        }
    }

    private static func checksOf(_ library: Library, _ folders: [FilePath]) async throws -> [Check] {
        var checks: [Check] = []
        let statistics = try await library.catalog.statistics()
        checks.append(Check(area, "schema", .ok, "version \(statistics.schemaVersion)"))
        let faults = try await library.catalog.check()
        checks.append(
            faults.isEmpty
                ? Check(area, "integrity", .ok, "no fault found")
                : Check(
                    area, "integrity", .fail, faults.prefix(10).joined(separator: "; "),
                    whatToDo: "copy the folder somewhere safe, then report it"))
        checks.append(
            Check(
                area, "photos", .ok,
                "\(statistics.photos), \(statistics.byteCount); \(statistics.timeline) in the timeline, "
                    + "\(statistics.missing) missing, \(statistics.unreadable) unreadable; \(statistics.files) files"))
        checks.append(Check(Finding(try await library.catalog.usage()), in: area))
        checks.append(await places(library))
        for folder in folders {
            let isThere = folder.withPlatformString { access($0, F_OK) } == 0
            checks.append(
                Check(
                    area, "watched folder", isThere ? .ok : .warning,
                    folder.rawText + (isThere ? "" : " is not there"),
                    whatToDo: isThere ? nil : "mount its disk; its photos stay in the catalogue"))
        }
        let dead = try await library.catalog.jobCounts()[.dead] ?? 0
        checks.append(
            Check(
                area, "dead jobs", dead == 0 ? .ok : .warning, "\(dead)",
                whatToDo: dead == 0 ? nil : "see why with: phototui jobs list --state dead"))
        return checks
    }

    private static func failure(_ name: String, _ error: any Error) -> Check {
        let fault = error as? EngineError
        return Check(area, name, .fail, fault?.whatHappened ?? "\(error)", whatToDo: fault?.whatToDo)
    }

    /// Space where the library is, or will be: the nearest folder that exists.
    private static func disk(_ folder: FilePath) -> Check? {
        var place = RawArguments.currentFolder.pushing(folder)
        while place.withPlatformString({ access($0, F_OK) }) != 0, place.removeLastComponent() {}
        var status = statvfs()
        guard place.withPlatformString({ statvfs($0, &status) }) == 0 else { return nil }
        let free = ByteCount(Int64(status.f_bavail) * Int64(status.f_frsize))
        let isReadOnly = place.withPlatformString { access($0, W_OK) } != 0
        if isReadOnly {
            return Check(
                area, "disk", .fail, "\(place.rawText) can't be written",
                whatToDo: "change its permissions, or name another library with --library DIR")
        }
        let isFull = free < ByteCount(500_000_000)
        return Check(
            area, "disk", isFull ? .warning : .ok, "\(free) free", whatToDo: isFull ? "free some space" : nil)
    }
}
