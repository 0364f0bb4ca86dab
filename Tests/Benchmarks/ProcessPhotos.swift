import Core
import Foundation
import Glibc
import Imaging
import SystemPackage

extension Benchmark {
    static let process = Benchmark(
        name: "process", arguments: "[--workers N] [--task process|hash|full-hash] [--renditions FOLDER] FILE…",
        summary: "What decoders make of each file, as JSON lines; the last line is what it cost."
    ) { arguments in
        try await ProcessPhotos(arguments).run()
    }
}

/// Runs files through a decoder pool, as an import does, without a library.
private struct ProcessPhotos {
    private enum Task: String {
        case process, hash
        case fullHash = "full-hash"
    }

    private var workers = 2
    private var task = Task.process
    private var renditions: String?
    private var files: [String] = []

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--workers":
                guard let count = rest.popFirst().flatMap({ Int($0) }), count > 0 else {
                    throw EngineError(.invalidInput, "--workers takes a number above 0")
                }
                workers = count
            case "--task":
                guard let named = rest.popFirst().flatMap({ Task(rawValue: $0) }) else {
                    throw EngineError(.invalidInput, "--task is one of process, hash and full-hash")
                }
                task = named
            case "--renditions":
                renditions = rest.popFirst()
            case "--files-from-input":
                while let line = readLine() { files.append(line) }
            default:
                files.append(argument)
            }
        }
        guard !files.isEmpty else { throw EngineError(.invalidInput, "name the files to process") }
    }

    func run() async throws {
        let pool = DecoderPool(count: workers)
        let clock = ContinuousClock()
        let start = clock.now
        await withTaskGroup(of: FileReport.self) { group in
            var waiting = files[...]
            // A few more than decoders, so that none waits for this program.
            for file in waiting.prefix(workers * 2) { group.addTask { await report(on: file, pool) } }
            waiting = waiting.dropFirst(workers * 2)
            while let report = await group.next() {
                report.printed()
                if let file = waiting.popFirst() { group.addTask { await self.report(on: file, pool) } }
            }
        }
        let seconds = (clock.now - start).inSeconds
        pool.close()
        let cost = Cost(
            files: files.count, workers: workers, wallSeconds: seconds, ownSeconds: processorSeconds(RUSAGE_SELF),
            decoderSeconds: processorSeconds(RUSAGE_CHILDREN), decoderPeakBytes: peakBytes(RUSAGE_CHILDREN))
        cost.printed()
    }

    private func report(on file: String, _ pool: DecoderPool) async -> FileReport {
        let clock = ContinuousClock()
        let start = clock.now
        var report = FileReport(path: file)
        do {
            switch task {
            case .process:
                let photo = try await pool.process(FilePath(file), options: ProcessingOptions())
                report.take(photo)
                if let renditions { try write(photo.renditions, of: photo.sha256, to: renditions) }
            case .hash, .fullHash:
                let (sha256, hash) = try await pool.hash(FilePath(file), detail: task == .fullHash ? .full : .reduced)
                report.sha256 = sha256.description
                report.phash = hash.description
            }
        } catch let error as EngineError {
            report.code = error.code.rawValue
            report.error = error.whatHappened
        } catch {
            report.code = "unknown"
            report.error = "\(error)"
        }
        report.seconds = (clock.now - start).inSeconds
        return report
    }

    private func write(_ renditions: [Rendition], of sha256: SHA256Digest, to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for rendition in renditions {
            let name = "\(folder)/\(sha256)-\(rendition.kind.size).\(rendition.kind.format.rawValue)"
            try Data(rendition.data).write(to: URL(filePath: name))
        }
    }
}

private struct FileReport: Encodable, Sendable {
    var path: String
    var sha256: String?
    var phash: String?
    var mediaType: String?
    var width: Int?
    var height: Int?
    var takenAt: String?
    var takenAtSource: String?
    var orientation: Int?
    var make: String?
    var model: String?
    var latitude: Double?
    var longitude: Double?
    var renditionBytes: [String: Int] = [:]
    var problem: String?
    var code: String?
    var error: String?
    var seconds = 0.0

    init(path: String) {
        self.path = path
    }

    mutating func take(_ photo: ProcessedPhoto) {
        sha256 = photo.sha256.description
        phash = photo.perceptualHash.description
        mediaType = photo.mediaType.rawValue
        width = photo.pixelSize.width
        height = photo.pixelSize.height
        takenAt = photo.metadata.captureTime?.rfc3339
        takenAtSource = photo.metadata.captureTime?.source.rawValue
        orientation = photo.metadata.orientation.rawValue
        make = photo.metadata.cameraMake
        model = photo.metadata.cameraModel
        latitude = photo.metadata.position?.latitude
        longitude = photo.metadata.position?.longitude
        problem = photo.problem
        for rendition in photo.renditions {
            renditionBytes["\(rendition.kind.size).\(rendition.kind.format.rawValue)"] = rendition.data.count
        }
    }
}

private struct Cost: Encodable {
    var files: Int
    var workers: Int
    var wallSeconds: Double
    var ownSeconds: Double
    var decoderSeconds: Double
    var decoderPeakBytes: Int
}

extension Encodable {
    fileprivate func printed() {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(self) else { return }
        print(String(decoding: line, as: UTF8.self))
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

private func processorSeconds(_ whose: __rusage_who) -> Double {
    var usage = rusage()
    getrusage(Int32(whose.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}

private func peakBytes(_ whose: __rusage_who) -> Int {
    var usage = rusage()
    getrusage(Int32(whose.rawValue), &usage)
    return usage.ru_maxrss * 1024
}
