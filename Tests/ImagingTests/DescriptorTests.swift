import Core
import Foundation
import Imaging
import SystemPackage
import Testing

/// In processes of their own: they count descriptors, and use them up.
@Suite("Descriptors", .serialized, .enabled(if: Fixtures.isAvailable))
struct DescriptorTests {
    @Test("Two hundred pictures, good and bad, leave no descriptor open", .timeLimit(.minutes(8)))
    func leaks() async throws {
        let folder = try Fixtures.shared().folder.string
        await #expect(processExitsWith: .success) { [folder = folder as String] in
            let pool = makePool(count: 2)
            func decode(_ name: String) async -> Bool {
                let size = PixelSize(width: 40, height: 40)
                return (try? await pool.pixels(FilePath(folder).appending(name), region: .whole, fitting: size)) != nil
            }
            // Both decoders warm.
            async let one = decode("grey.jpg")
            async let two = decode("grey.jpg")
            #expect(await [one, two] == [true, true])
            let before = openDescriptors()
            for index in 0..<200 {
                let name = ["grey.jpg", "garbage.jpg", "plain.webp", "no-such-file.jpg"][index % 4]
                #expect(await decode(name) == (index % 2 == 0))
            }
            #expect(await openDescriptorsSettle(at: before))
        }
    }

    @Test("Without descriptors a picture is refused for now, and decoded once there are some", .timeLimit(.minutes(5)))
    func exhaustion() async throws {
        let folder = try Fixtures.shared().folder.string
        await #expect(processExitsWith: .success) { [folder = folder as String] in
            let file = FilePath(folder).appending("grey.jpg")
            // What the first use of anything opens, is open.
            let warm = makePool()
            _ = try await warm.hash(file, detail: .reduced)
            var before = openDescriptors()
            // None left for the photo itself, then for each thing that starting a decoder takes.
            for spare in 0..<6 {
                let cold = makePool()
                let taken = takeDescriptors(sparing: spare)
                #expect(!taken.isEmpty)
                for pool in spare == 0 ? [cold, warm] : [cold] {
                    let error = await #expect(throws: EngineError.self, "\(spare) spare") {
                        _ = try await pool.hash(file, detail: .reduced)
                    }
                    #expect(error?.isRetryable == true, "\(spare) spare: \(String(describing: error))")
                    #expect(error?.code == .unavailable, "\(spare) spare")
                }
                for descriptor in taken { close(descriptor) }
                _ = try await cold.hash(file, detail: .reduced)
                _ = try await warm.hash(file, detail: .reduced)
                cold.close()
                #expect(await openDescriptorsSettle(at: before), "\(spare) spare: \(openDescriptors()) for \(before)")
                before = openDescriptors()
            }
        }
    }
}

private func openDescriptors() -> Int {
    (0..<4096).count { fcntl(Int32($0), F_GETFD) >= 0 }
}

/// Whether no more are open, soon at least: a decoder's are closed with its last reference, which an ending task may hold.
private func openDescriptorsSettle(at count: Int) async -> Bool {
    let end = ContinuousClock.now + .seconds(20)
    while openDescriptors() > count {
        guard ContinuousClock.now < end else { return false }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return true
}

/// Opens descriptors until the limit, lowered to 256, leaves only as many as are spared.
private func takeDescriptors(sparing spare: Int) -> [Int32] {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = 256
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    var taken: [Int32] = []
    while true {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { break }
        taken.append(descriptor)
    }
    for descriptor in taken.suffix(spare) { close(descriptor) }
    return taken.dropLast(spare)
}
