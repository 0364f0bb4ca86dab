import Catalog
import Core
import Digest
import Foundation
import Objects
import SystemPackage
import Workflows

extension Benchmark {
    static let upload = Benchmark(
        name: "upload", arguments: "FOLDER BUCKET PARALLEL",
        summary: "Files hashed, then uploaded with their rows in Postgres, to the servers of scripts/services/start.sh."
    ) { arguments in
        guard arguments.count == 3, let parallel = Int(arguments[2]) else {
            throw EngineError(.invalidInput, "name a folder, a bucket and a number")
        }
        let folder = FilePath(arguments[0])
        let paths = try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted().map {
            folder.appending($0)
        }
        let owner = "u\(UUID().uuidString.lowercased())"
        _ = try await PostgresCatalog.migrate(
            PostgresSettings(connection: try variable("POSTGRES_OWNER")), applicationRole: "phototui_app")
        let catalog = try await PostgresCatalog.open(
            PostgresSettings(connection: try variable("PGBOUNCER"), password: nil, connections: 4), owner: owner)
        let store = S3ObjectStore(
            try S3Location("s3://\(arguments[1])?endpoint=\(variable("S3_ENDPOINT"))&region=\(variable("S3_REGION"))"),
            credentials: S3Credentials(
                accessKey: try variable("S3_ACCESS_KEY"), secretKey: try variable("S3_SECRET_KEY")))
        let list = FilePath(FileManager.default.temporaryDirectory.path).appending("waiting-\(owner)")
        let uploader = Uploader(
            catalog: catalog, store: store, owner: owner, waiting: WaitingFiles(list), parallel: parallel)
        let clock = ContinuousClock()
        var files: [ScannedFile] = []
        let hashing = try await clock.measure { files = try await hash(paths, parallel: 2) }
        var outcomes: [Uploader.Outcome] = []
        let sending = try await clock.measure { outcomes = try await uploader.record(files) }
        let imported = outcomes.count { if case .recorded(.imported) = $0 { true } else { false } }
        guard imported == files.count else {
            throw EngineError(.internal, "\(imported) of \(files.count) files were uploaded")
        }
        try await catalog.close()
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let processor =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(
                usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        print(
            """
            {"seconds": \(decimal(sending / .seconds(1))), "hash_seconds": \(decimal(hashing / .seconds(1))), \
            "files": \(files.count), "peak_bytes": \(try peakByteCount()), \
            "processor_seconds": \(decimal(processor))}
            """)
    }

    /// Of this program's memory; rusage(2) counts that of whoever has started it, too.
    private static func peakByteCount() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw EngineError(.unsupported, "the kernel does not tell VmHWM")
        }
        return kilobytes * 1024
    }

    private static func variable(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment["PHOTOTUI_TEST_\(name)"] else {
            throw EngineError(
                .invalidInput, "PHOTOTUI_TEST_\(name) is not set",
                whatToDo: "start the servers: scripts/services/start.sh")
        }
        return value
    }

    /// As an import reads a file.
    private static func digest(_ path: FilePath) throws -> (SHA256Digest, byteCount: Int64, parts: PartDigests?) {
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        var hasher = SHA256Hasher()
        let size = try file.seek(offset: 0, from: .end)
        var parts = Uploader.partByteCount(of: size).map { PartHasher(partByteCount: $0) }
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { block.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try file.read(fromAbsoluteOffset: offset, into: block)
            guard count > 0 else { break }
            hasher.update(UnsafeRawBufferPointer(rebasing: block[..<count]))
            parts?.update(UnsafeRawBufferPointer(rebasing: block[..<count]))
            offset += Int64(count)
        }
        return (hasher.finish(), offset, parts.take()?.finish())
    }

    private static func hash(_ paths: [FilePath], parallel: Int) async throws -> [ScannedFile] {
        let blocking = BlockingQueue(label: "bench.hash")
        return try await withThrowingTaskGroup(of: ScannedFile.self) { group in
            var rest = paths.makeIterator()
            func add() {
                guard let path = rest.next() else { return }
                group.addTask {
                    let (sha256, byteCount, parts) = try await blocking.run { try digest(path) }
                    return ScannedFile(
                        path: path, fingerprint: FileFingerprint(byteCount: byteCount, modified: 1),
                        content: .photo(
                            sha256: sha256, mediaType: .jpeg,
                            provisional: CaptureTime(wallMicroseconds: 1, offsetMinutes: nil, source: .modified),
                            original: .file(path)),
                        parts: parts)
                }
            }
            for _ in 0..<parallel { add() }
            var files: [ScannedFile] = []
            while let file = try await group.next() {
                files.append(file)
                add()
            }
            return files
        }
    }
}
