import Core
import Foundation
import Glibc
import PhotoEngine
import SystemPackage
import Workflows

/// Runs an import with its progress line, until the end or the first Ctrl-C; the second ends the process at once.
struct ImportRun {
    let library: Library

    /// `takeout` reads the paths first, where they are one.
    func run(
        _ request: ImportRequest, reading takeout: TakeoutReading? = nil, stacking: LibraryStacking? = nil
    ) async throws -> ImportReport {
        let line = ProgressLine()
        let importer = library.importer()
        return try await Interrupt.cancelling {
            line.clear()
        } work: {
            var request = request
            request.takeout = try await takeout?.plan(of: request.paths) { line.show($0, $1) }
            var report = try await importer.run(request) { line.show($0) }
            if !report.isInterrupted { report.stacks = try await stacking?.run(isDry: request.isDryRun) }
            return report
        }
    }
}

/// The paths a person named, checked before anything begins.
enum ImportPaths {
    /// Absolute paths, in the order given. Throws for the first that is not there or can't be read.
    static func check(_ texts: [String]) throws -> [FilePath] {
        let here = RawArguments.currentFolder
        return try texts.map { text in
            let named = RawArguments.path(text)
            guard !named.isEmpty else { throw EngineError(.invalidInput, "a path is empty") }
            let path = here.pushing(named).lexicallyNormalized()
            if path.withPlatformString({ access($0, F_OK) }) != 0 {
                let code = Errno(rawValue: errno)
                throw EngineError(
                    code == .noSuchFileOrDirectory ? .notFound : .unavailable, "\(text): \(code)",
                    whatToDo:
                        "check the name; commands are listed by --help, and a folder that is called like one needs ./ before it"
                )
            }
            if path.withPlatformString({ access($0, R_OK) }) != 0 {
                throw EngineError(
                    .permissionDenied, "\(text) can't be read",
                    whatToDo: "check its permissions with: ls -ld")
            }
            return path
        }
    }
}
