/// A benchmark that runs inside this process: `phototui-bench NAME ARGUMENT…`.
struct Benchmark: Sendable {
    let name: String
    let arguments: String
    let summary: String
    let run: @Sendable ([String]) async throws -> Void

    /// Add a benchmark here; its code lives in a file of its own.
    static let all: [Benchmark] = [
        .process, .catalogCreate, .catalogPages, .catalogAlbums, .catalogSearch, .catalogSearchBuild, .catalogGrowth,
        .catalogImport,
        .importRate,
        .celeryWorker, .celeryPublish, .celeryLatency, .celeryJobs, .upload, .duplicates, .duplicateLibrary,
        .duplicateFolder,
        .nearPairs, .nearOne, .places,
    ]
}
