import Foundation
import PhotoEngine
import SystemPackage
import Testing

/// Imports that the machine does not let end.
@Suite("An import that can't go on", .serialized)
struct FailureTests {
    private func photos(_ count: Int) throws -> TestFolder {
        let folder = try TestFolder()
        for seed in 1...count {
            try folder.write(TestPicture.png(seed: seed, width: 900, height: 600), as: "\(seed).png")
        }
        return folder
    }

    /// The library's photos, jobs and faults, as another process sees them.
    private func expectWhole(_ program: Program, photos: Int) async throws {
        #expect(try await program.run(["months", "--json"]).document()["total"] as? Int == photos)
        let jobs = try #require(
            try await program.run(["jobs", "list", "--json", "--state", "succeeded"]).document()["jobs"] as? [Any])
        #expect(jobs.count == photos)
        let doctor = try await program.run(["doctor", "--json"])
        #expect(doctor.exitCode == 0, "\(doctor.text)")
    }

    @Test("On a full disk it says so and stops; with space again the next import goes on", .timeLimit(.minutes(15)))
    func fullDisk() async throws {
        let home = try TestFolder()
        let photos = try photos(40)
        let library = home.path + "/library"
        // A file system of its own where this machine lets us mount one; else no file may grow beyond some kilobytes.
        let mount = "mkdir -p \(library) && mount -t tmpfs -o size=1m tmpfs \(library)"
        let program = Program(home: home)
        let canMount = try await program.shell("unshare --mount bash -c '\(mount)'").exitCode == 0
        let full =
            canMount
            ? """
            unshare --mount bash -c '\(mount) && phototui import \(photos.path); code=$?
              mount -o remount,size=200m \(library) && phototui import \(photos.path) >&2 && cp -a \(library) \(home.path)/kept
              exit $code'
            """
            : "ulimit -f 64; phototui import \(photos.path)"
        let stopped = try await program.shell(full)
        #expect(stopped.exitCode == 1, "\(stopped.complaints)")
        #expect(stopped.complaints.contains("space"), "\(stopped.complaints)")
        #expect(stopped.complaints.contains(library), "\(stopped.complaints)")
        if canMount {
            _ = try await program.shell("rmdir \(library) && mv \(home.path)/kept \(library)")
        } else {
            #expect(try await program.run(["import", photos.path]).exitCode == 0)
        }
        try await expectWhole(program, photos: 40)
    }

    @Test("Killed at random moments, it leaves a library that opens and goes on", .timeLimit(.minutes(15)))
    func killed() async throws {
        let home = try TestFolder()
        let photos = try photos(60)
        let program = Program(home: home)
        let catalog = LibraryLocation(folder: FilePath(home.path + "/library")).catalog
        for _ in 0..<6 {
            let wait = Double.random(in: 0.05...1.2)
            // Killed early it has made no library, which `months` then misses.
            let result = try await program.shell(
                """
                phototui import --json \(photos.path) >/dev/null 2>&1 & sleep \(wait); kill -KILL $!; wait $!
                test -e \(catalog) && echo made >&2; phototui months --json
                """)
            let isMade = result.complaints.contains("made\n")
            #expect(result.exitCode == (isMade ? 0 : 1), "after \(wait) s: \(result.complaints)")
        }
        let last = try await program.run(["import", photos.path])
        #expect(last.exitCode == 0, "\(last.complaints)")
        try await expectWhole(program, photos: 60)
        let second = try await program.run(["import", "--json", photos.path]).document()
        #expect(second["known"] as? Int == 60 && second["bytes_read"] as? Int == 0)
    }

    @Test("An import whose photos can't be processed says so, and the next one, with the decoder there, goes on")
    func noDecoder() async throws {
        let home = try TestFolder()
        let photos = try photos(4)
        let program = Program(home: home)
        let alone = home.path + "/bin"
        #expect(try await program.shell("mkdir \(alone) && cp $(command -v phototui) \(alone)").exitCode == 0)
        let result = try await program.shell("\(alone)/phototui import \(photos.path)")
        #expect(result.exitCode == 1, "\(result.complaints)")
        #expect(result.complaints.contains("phototui-decoder is not beside phototui"), "\(result.complaints)")
        // It was no photo's fault.
        let jobs = try await program.shell("phototui jobs list --json")
        #expect(!jobs.text.contains(#""dead""#) && jobs.text.contains(#""queued""#), "\(jobs.text)")
        let document = try await program.run(["import", "--json", photos.path]).document()
        #expect(document["unprocessed"] as? Int == 0)
        try await expectWhole(program, photos: 4)
    }

    @Test("A library that may not be looked into is not called absent")
    func forbidden() async throws {
        let home = try TestFolder()
        let program = Program(home: home)
        try FileManager.default.createDirectory(atPath: home.path + "/library", withIntermediateDirectories: true)
        let result = try await program.shell(
            """
            chmod 711 \(home.path); chmod 700 \(home.path)/library
            if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --clear-groups phototui photos; else
              chmod 000 \(home.path)/library; phototui photos; fi
            """)
        #expect(result.exitCode == 1)
        #expect(result.complaints.contains("ermission denied") && !result.complaints.contains("no library"))
    }

    @Test("What was deleted on purpose is marked missing on request")
    func markMissing() async throws {
        let home = try TestFolder()
        let photos = try photos(10)
        let program = Program(home: home)
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        for seed in 1...8 { try FileManager.default.removeItem(atPath: photos.path + "/\(seed).png") }
        let result = try await program.run(["import", "--mark-missing", "--json", photos.path]).document()
        #expect(result["marked_missing"] as? Int == 8)
        #expect(result["known"] as? Int == 2)
        try await expectWhole(program, photos: 10)
    }
}
