public import Core
internal import Foundation
internal import Glibc
internal import Synchronization
public import SystemPackage

/// The table of places of this machine, read when it is first needed.
public final class PlaceTable: Sendable {
    /// Where it is; nil where there is none.
    public let file: FilePath?
    private let reading = BlockingQueue(label: "phototui.places", isSerial: true)
    private let index = Mutex<Result<CityIndex, EngineError>?>(nil)
    private let zones = Mutex<[String: TimeZone?]>([:])

    /// A library's own table.
    public static let name = "places.tsv"
    /// A larger file is no table of cities.
    private static let mostBytes = 256 << 20

    public init(file: FilePath?) { self.file = file }

    /// The table that `PHOTOTUI_PLACES` names, else the library's own, else the one that was installed with the program, else
    /// the one that `make run` put into the cache folder.
    public static func locate(library: FilePath, environment: [String: String]) -> FilePath? {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let named = value("PHOTOTUI_PLACES") { return FilePath(named) }
        var candidates = [library.appending(name)]
        if let running = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            let prefix = FilePath(running).removingLastComponent().removingLastComponent()
            candidates.append(prefix.appending("share/phototui").appending(name))
        }
        let cache = value("XDG_CACHE_HOME") ?? value("HOME").map { $0 + "/.cache" }
        if let cache, cache.hasPrefix("/") { candidates.append(FilePath(cache).appending("phototui").appending(name)) }
        return candidates.first { $0.withPlatformString { access($0, R_OK) } == 0 }
    }

    /// Throws `.notFound` where there is no table.
    public func cities() async throws -> CityIndex {
        if let known = index.withLock({ $0 }) { return try known.get() }
        return try await reading.run { [self] in
            if let known = index.withLock({ $0 }) { return try known.get() }
            let read = Result { try Self.read(file) }.mapError {
                $0 as? EngineError ?? EngineError(.internal, "the table of places could not be read: \($0)")
            }
            index.withLock { $0 = read }
            return try read.get()
        }
    }

    private static func read(_ file: FilePath?) throws -> CityIndex {
        guard let file else {
            throw EngineError(
                .notFound, "there is no table of places on this machine", whatToDo: Self.howToGetOne)
        }
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec, .nonBlocking])
            return try descriptor.closeAfter {
                var bytes: [UInt8] = []
                // SAFETY: read fills the block before it is appended.
                let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
                defer { block.deallocate() }
                while true {
                    let count = try descriptor.read(into: block)
                    guard count > 0 else { break }
                    bytes += block[..<count]
                    guard bytes.count <= mostBytes else {
                        throw EngineError(.limitExceeded, "the table of places is larger than \(mostBytes >> 20) MiB")
                    }
                }
                return try CityIndex(table: bytes)
            }
        } catch let error as Errno {
            throw EngineError(error, doing: "reading the table of places")
        }
    }

    public static let howToGetOne =
        "make one with: scripts/places.sh places.tsv; then: phototui places import places.tsv"

    /// Where a position is, and how its clocks stood at a moment of their own.
    public func place(at position: GeoPosition, _ captureTime: CaptureTime?) async throws -> FoundPlace {
        let found = try await cities().city(at: position)
        let offset = captureTime.flatMap { time in found?.city.timeZone.flatMap { self.offset(of: $0, at: time) } }
        return FoundPlace(
            position: position, city: found?.city, quarter: found?.quarter?.name, offsetMinutes: offset)
    }

    private func offset(of name: String, at time: CaptureTime) -> Int? {
        let zone = zones.withLock { zones in
            if let known = zones[name] { return known }
            let zone = TimeZone(identifier: name)
            zones[name] = .some(zone)
            return zone
        }
        guard let zone else { return nil }
        // The wall clock taken for UTC is off by the offset; the second look has it right but within the hour of a change.
        let wall = Double(time.wallMicroseconds) / 1_000_000
        let first = zone.secondsFromGMT(for: Date(timeIntervalSince1970: wall))
        let second = zone.secondsFromGMT(for: Date(timeIntervalSince1970: wall - Double(first)))
        return second / 60
    }
}
