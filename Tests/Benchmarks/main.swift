import Foundation

let arguments = Array(CommandLine.arguments.dropFirst())
guard let name = arguments.first, let benchmark = Benchmark.all.first(where: { $0.name == name }) else {
    for benchmark in Benchmark.all {
        print("phototui-bench \(benchmark.name) \(benchmark.arguments)\n    \(benchmark.summary)")
    }
    exit(64)
}
do {
    try await benchmark.run(Array(arguments.dropFirst()))
} catch {
    FileHandle.standardError.write(Data("\(name): \(error)\n".utf8))
    exit(1)
}
