import Core
import Foundation
import SystemPackage
import Testing

@testable import Catalog

@Suite("Made-up libraries")
struct GeneratedLibraryTests {
    @Test("A made-up library of scripts/ fits the schema and breaks no invariant")
    func generatedLibrary() async throws {
        try await withFile { file, clock in
            let catalog = try await SQLCatalog.open(file: file, clock: clock)
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("scripts/generate_library.py")
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", script.path, "--photos", "3000", file.removingLastComponent().string]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            #expect(try await catalog.rebuildSearch() > 3000)
            #expect(try await catalog.rebuildSearch() == 0)
            #expect(try await catalog.check() == [])
            #expect(try await catalog.statistics().timeline == 3000)
            let photos = try await catalog.photos(after: nil, limit: 5000)
            #expect(photos.count == 3000)
            #expect(photos.allSatisfy { $0.captureTime.month == Month(ordinal: $0.captureTime.month.ordinal) })
            let months = try await catalog.months()
            for month in months.prefix(5) {
                let page = try await catalog.timeline(TimelineQuery(month: month.month, limit: 5000))
                #expect(page.count == month.count)
                #expect(page.allSatisfy { $0.captureTime.month == month.month })
            }
            try await catalog.close()
        }
    }
}
