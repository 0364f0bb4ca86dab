import Core
import Duplicates
import Foundation

extension Benchmark {
    static let nearPairs = Benchmark(
        name: "near-pairs", arguments: "DISTANCE FILE",
        summary: "Finds every near pair of the hashes in FILE, eight bytes each; one JSON line tells what it took."
    ) { arguments in
        let (distance, hashes) = try read(arguments)
        // The peak so far, of reading the file, is forgotten (proc(5), clear_refs).
        try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
        let before = try kilobytes("VmRSS:")
        let clock = ContinuousClock()
        var count = 0
        // The same for the same pairs in any order, so that another program's can be compared.
        var sum: UInt64 = 0
        let time = clock.measure {
            NearPairs(within: distance).forEach(among: hashes) { first, second, _ in
                count += 1
                sum &+= UInt64(min(first, second)) &* 0x1_0000_0001 &+ UInt64(max(first, second)) &* 0x9E37_79B1
            }
        }
        print(
            "{\"hashes\": \(hashes.count), \"pairs\": \(count), \"sum\": \"\(sum)\", \"seconds\": \(time / .seconds(1)), "
                + "\"kilobytes\": \(try kilobytes("VmHWM:") - before)}")
    }

    static let nearOne = Benchmark(
        name: "near-one", arguments: "DISTANCE FILE",
        summary: "Finds what is near to one more hash, in eight orientations, among those in FILE; p50 and p99 in ms."
    ) { arguments in
        let (distance, hashes) = try read(arguments)
        let clock = ContinuousClock()
        var count = 0
        let times = (0..<200).map { index in
            clock.measure {
                let hash = PerceptualHash(bits: hashes[index * 37 % hashes.count].bits ^ 0x0001_0010)
                for orientation in Orientation.allCases {
                    NearPairs(within: distance).forEach(near: hash.oriented(orientation), among: hashes) { _, _ in
                        count += 1
                    }
                }
            }
        }
        guard count > 0 else { throw EngineError(.invalidInput, "the file has no near hashes") }
        print(Measurement(times).line("one hash in eight orientations"))
    }

    private static func read(_ arguments: [String]) throws -> (distance: Int, hashes: [PerceptualHash]) {
        guard arguments.count == 2, let distance = Int(arguments[0]), (0...32).contains(distance) else {
            throw EngineError(.invalidInput, "name a distance from 0 to 32 and a file")
        }
        let data = try Data(contentsOf: URL(filePath: arguments[1]))
        let hashes = data.withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map {
                PerceptualHash(bits: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
            }
        }
        return (distance, hashes)
    }
}

/// A line of this process's status.
private func kilobytes(_ name: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
        let value = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
    else { throw EngineError(.invalidInput, "/proc/self/status has no \(name)") }
    return value
}
