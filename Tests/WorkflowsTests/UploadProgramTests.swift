import Core
import Digest
import Foundation
import PhotoEngine
import Programs
import SystemPackage
import Testing
import Workflows

/// The built program, importing into a networked library while its storage, its database or itself goes away.
@Suite("phototui import into a networked library", .serialized, .enabled(if: Servers.areAvailable, Servers.absence))
struct UploadProgramTests {
    private struct Run {
        let exitCode: Int32
        let output: String
        let complaints: String
    }

    private static let folder: FilePath = {
        let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var folder = FilePath(test).removingLastComponent()
        while folder != "/", !FileManager.default.isExecutableFile(atPath: folder.appending("phototui").string) {
            folder = folder.removingLastComponent()
        }
        return folder
    }()

    private func program(_ arguments: [String], _ place: NetworkedPlace, _ more: [String: String] = [:]) throws
        -> (process: Process, output: FilePath, complaints: FilePath)
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.folder.appending("phototui").string)
        process.arguments = arguments
        process.environment = place.environment.merging([
            "PATH": "\(Self.folder.string):/usr/bin:/bin", "LANG": "C.UTF-8",
            "PHOTOTUI_STORAGE_SECRET_KEY": try Servers.variable("S3_SECRET_KEY"),
        ]) { $1 }.merging(more) { $1 }
        let (output, complaints) = (place.home.appending("output"), place.home.appending("complaints"))
        for file in [output, complaints] { try Data().write(to: URL(fileURLWithPath: file.string)) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output.string))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: complaints.string))
        try process.run()
        return (process, output, complaints)
    }

    private func run(_ arguments: [String], _ place: NetworkedPlace, _ more: [String: String] = [:]) async throws -> Run
    {
        let (process, output, complaints) = try program(arguments, place, more)
        try await process.end()
        return Run(
            exitCode: process.terminationStatus, output: try String(contentsOfFile: output.string, encoding: .utf8),
            complaints: try String(contentsOfFile: complaints.string, encoding: .utf8))
    }

    @Test("Photos wait for a storage that is away, show nowhere, and go up when it is back")
    func storageAway() async throws {
        let folder = FilePath(FileManager.default.temporaryDirectory.path).appending("proxy-\(UUID().uuidString)")
        let proxy = try StorageProxy(log: folder)
        let place = try await NetworkedPlace(count: 12, endpoint: proxy.endpoint)
        defer { place.remove() }
        let importing = ["import", "--profile", "test", place.photos.string]
        proxy.stop()
        let away = try await run(importing, place)
        #expect(away.exitCode == 2, "\(away.complaints)")
        #expect(away.output.contains("12 photos wait for the storage"), "\(away.output)")
        #expect(away.output.contains("upload resume --profile test"), "\(away.output)")
        let library = try await place.open()
        #expect(try await library.catalog.statistics().photos == 0)
        #expect(try await library.catalog.uploads(state: .begun, after: nil, limit: 99).count == 12)
        #expect(try await library.uploader?.waiting.paths().count == 12)
        // Still away: nothing is lost by asking.
        #expect(try await run(["upload", "resume", "--profile", "test"], place).exitCode == 2)

        try proxy.start()
        let back = try await run(["upload", "resume", "--profile", "test", "--json"], place)
        #expect(back.exitCode == 0, "\(back.output) \(back.complaints)")
        #expect(try await library.catalog.statistics().photos == 12)
        #expect(try await library.catalog.jobCounts() == [.succeeded: 12])
        #expect(try await library.uploader?.waiting.paths() == [])

        proxy.stop()
        let late = place.photos.appending("late.gif")
        try Data(NetworkedPlace.gif(200)).write(to: URL(fileURLWithPath: late.string))
        let second = try await run(importing, place)
        #expect(second.exitCode == 2 && second.output.contains("1 photo waits"), "\(second.output)")
        try proxy.start()
        // Any import sends it, also one of something else.
        let other = place.home.appending("other")
        try FileManager.default.createDirectory(atPath: other.string, withIntermediateDirectories: true)
        let third = try await run(["import", "--profile", "test", other.string], place)
        #expect(third.exitCode == 0, "\(third.output) \(third.complaints)")
        #expect(try await library.catalog.statistics().photos == 13)
        #expect(try await library.uploader?.waiting.paths() == [])
        await library.close()
        proxy.stop()
    }

    @Test("A database that is away is told by its name; the next import finds all that was there")
    func databaseAway() async throws {
        let place = try await NetworkedPlace(count: 3)
        defer { place.remove() }
        let importing = ["import", "--profile", "test", place.photos.string]
        let away = try await run(
            importing, place, ["PHOTOTUI_DATABASE": "host=127.0.0.1 port=1 user=ada dbname=photos"])
        #expect(away.exitCode == 1 && away.complaints.contains("127.0.0.1"), "\(away.complaints)")
        let back = try await run(importing, place)
        #expect(back.exitCode == 0, "\(back.output) \(back.complaints)")
        #expect(back.output.contains("3"))
    }

    @Test("Ctrl-C in a fetch leaves no file half-written and says how to go on, and the same command does")
    func interruptedFetch() async throws {
        let log = FilePath(FileManager.default.temporaryDirectory.path).appending("proxy-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: log.string) }
        let proxy = try StorageProxy(log: log)
        let place = try await NetworkedPlace(count: 2, endpoint: proxy.endpoint)
        defer { place.remove() }
        let noise = try #require(try FileHandle(forReadingAtPath: "/dev/urandom")?.read(upToCount: 8 << 20))
        let large = Data(NetworkedPlace.gif(220)) + noise
        try large.write(to: URL(fileURLWithPath: place.photos.appending("large.gif").string))
        #expect(try await run(["import", "--profile", "test", place.photos.string], place).exitCode == 0)
        let library = try await place.open()
        let photos = try await library.catalog.photos(after: nil, limit: 9)
            .sorted { ($0.byteCount.bytes, $0.id.description) < ($1.byteCount.bytes, $1.id.description) }
        await library.close()
        // The large one is the second of three.
        let order = [photos[0], photos[2], photos[1]]
        let target = place.home.appending("fetched")
        try FileManager.default.createDirectory(atPath: target.string, withIntermediateDirectories: true)
        let fetching = ["fetch", "--profile", "test", "--output", target.string] + order.map(\.id.description)

        try proxy.start(down: 1 << 20)
        let (process, _, complaints) = try program(fetching, place)
        let end = ContinuousClock.now + .seconds(60)
        func names() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: target.string).sorted()
        }
        func isUnderWay() throws -> Bool {
            try names().contains { name in
                let size =
                    try? FileManager.default.attributesOfItem(atPath: target.appending(name).string)[.size] as? Int
                return name.hasPrefix(".phototui-") && size ?? 0 > 100_000
            }
        }
        while try !isUnderWay(), process.isRunning, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20))
        }
        try #require(process.isRunning)
        kill(process.processIdentifier, SIGINT)
        try await process.end()
        let told = try String(contentsOfFile: complaints.string, encoding: .utf8)
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        #expect(told.contains("1 of 3 photos") && told.contains("same command"), "\(told)")
        let left = try names()
        #expect(left.count == 1 && !left.contains("large.gif"), "\(left)")

        try proxy.start()
        let again = try await run(fetching, place)
        #expect(again.exitCode == 0, "\(again.complaints)")
        #expect(try names().count == 3)
        #expect(FileManager.default.contents(atPath: target.appending("large.gif").string) == large)
        proxy.stop()
    }

    @Test("Kills at random moments change nothing of the result, and parts that are there are not sent again")
    func kills() async throws {
        let log = FilePath(FileManager.default.temporaryDirectory.path).appending("proxy-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: log.string) }
        let proxy = try StorageProxy(log: log)
        let place = try await NetworkedPlace(count: 25, endpoint: proxy.endpoint)
        defer { place.remove() }
        // Six parts; what follows a picture's end is nobody's business.
        let noise = try #require(try FileHandle(forReadingAtPath: "/dev/urandom")?.read(upToCount: 44 << 20))
        let large = place.photos.appending("large.gif")
        try (Data(NetworkedPlace.gif(220)) + noise).write(to: URL(fileURLWithPath: large.string))
        let importing = ["import", "--profile", "test", place.photos.string]
        let library = try await place.open()
        var random = Seeded(state: 20_261_121)
        // A part takes seconds, and two of the six begin when others end: a kill meets the file half-way.
        try proxy.start(bytesPerSecond: 2 << 20)
        for _ in 0..<4 {
            let (process, _, _) = try program(importing, place)
            try await Task.sleep(for: .milliseconds(Int.random(in: 150...1500, using: &random)))
            kill(process.processIdentifier, SIGKILL)
            try await process.end()
        }
        // One that certainly meets it half-way.
        let (process, _, _) = try program(importing, place)
        var known: [Int] = []
        let end = ContinuousClock.now + .seconds(60)
        while known.isEmpty, process.isRunning, ContinuousClock.now < end {
            for upload in try await library.catalog.uploads(state: .begun, after: nil, limit: 99)
            where upload.multipart != nil {
                known = try await library.catalog.parts(of: upload.id).map(\.number)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        kill(process.processIdentifier, SIGKILL)
        try await process.end()
        for upload in try await library.catalog.uploads(state: .begun, after: nil, limit: 99)
        where upload.multipart != nil {
            known = try await library.catalog.parts(of: upload.id).map(\.number)
        }
        #expect(!known.isEmpty, "the large file was sent before anything could be killed")

        let before = try proxy.partsTaken().count
        let last = try await run(importing, place)
        #expect(last.exitCode == 0, "\(last.output) \(last.complaints)")
        let again = try proxy.partsTaken().dropFirst(before)
        #expect(Set(again).isDisjoint(with: known), "\(Array(again)) were sent again; the ledger had \(known)")
        #expect(Set(again).union(known) == Set(1...6))
        let photos = try await library.catalog.photos(after: nil, limit: 99)
        #expect(photos.count == 26 && photos.allSatisfy { $0.status == .ready && !$0.isMissing })
        #expect(try await library.catalog.jobCounts() == [.succeeded: 26])
        #expect(try await library.catalog.uploads(state: .begun, after: nil, limit: 9) == [])
        #expect(try await library.catalog.check() == [])
        let owner = try #require(Configuration.load(environment: place.environment).profiles["test"]?.owner)
        let stored = try await library.objects.list(prefix: "originals/\(owner)/", after: nil, limit: 99).map(\.key)
        let rows = photos.compactMap { if case .object(let key) = $0.original { key } else { nil } }
        #expect(Set(stored) == Set(rows))
        let photo = try #require(photos.first { $0.byteCount.bytes > 40 << 20 })
        let copy = place.home.appending("copy.gif")
        #expect(try await library.originals().fetch(photo, to: copy, replaces: false) { _ in } == .fetched)
        #expect(try SHA256Hasher.digest(path: copy).sha256 == SHA256Hasher.digest(path: large).sha256)
        await library.close()
        proxy.stop()
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same kills each time.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
