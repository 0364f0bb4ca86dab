import Core
import PhotoEngine
import SystemPackage
import Workflows

/// The reading of a Takeout before its import, with a line that shows how far it is.
enum TakeoutRun {
    static func plan(of paths: [FilePath], in library: Library, takesTrash: Bool) async throws -> TakeoutPlan {
        let line = ProgressLine()
        let reading = library.takeoutReading(takesTrash: takesTrash)
        return try await Interrupt.cancelling {
            line.clear()
        } work: {
            try await reading.plan(of: paths) { path, count in line.show(path, count) }
        }
    }
}
