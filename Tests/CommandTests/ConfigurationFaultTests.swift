import Foundation
import Testing

/// A configuration that does not say which library is meant.
@Suite("A configuration that is not understood")
struct ConfigurationFaultTests {
    private static let profile = """
        profile = "home"
        [profiles.home]
        database = "postgres://app@127.0.0.1:9/photos"
        storage = "s3://bucket?endpoint=http://127.0.0.1:9"
        storage_access_key = "key"

        """

    private func program(_ toml: String, _ variables: [String: String] = [:]) throws -> (Program, TestFolder) {
        let home = try TestFolder()
        try home.write(Data(toml.utf8), as: "config.toml")
        try home.write(TestPicture.png(seed: 1), as: "a.png")
        return (Program(home: home, variables.merging(["PHOTOTUI_CONFIG": home.path + "/config.toml"]) { $1 }), home)
    }

    @Test(
        "No command opens another library in its place; --library names one",
        arguments: [Self.profile + "theme = = 3\n", "profile = 3\n"])
    func refused(_ toml: String) async throws {
        let (program, home) = try program(toml)
        for arguments in [["import", home.path + "/a.png"], ["months"], ["photos", "--json"], [home.path + "/a.png"]] {
            let result = try await program.run(arguments)
            #expect(result.exitCode == 1 && result.output.isEmpty, "\(arguments): \(result.text)")
            #expect(result.complaints.contains("config.toml:"), "\(result.complaints)")
            #expect(result.complaints.contains("--library"), "\(result.complaints)")
            #expect(result.complaints.split(separator: "\n").count == 1, "\(result.complaints)")
        }
        #expect(!FileManager.default.fileExists(atPath: home.path + "/library"))
        let doctor = try await program.run(["doctor"])
        #expect(doctor.exitCode == 1 && doctor.text.contains("FAIL  which: not known"), "\(doctor.text)")
        #expect(try await program.run(["config"]).text.contains("theme"))
        let named = try await program.run(["import", "--library", home.path + "/own", home.path + "/a.png"])
        #expect(named.exitCode == 0 && named.complaints.contains("config: "), "\(named.complaints)")
        #expect(try await program.run(["--library", home.path + "/own", "months"]).exitCode == 0)
    }

    @Test("A file that is not TOML is refused with its line")
    func line() async throws {
        let (program, home) = try program(Self.profile + "theme = = 3\n")
        #expect(try await program.run(["months"]).complaints.contains("\(home.path)/config.toml:6"))
    }

    @Test("A folder named before the command is used, not the profile of the configuration")
    func namedFolder() async throws {
        let (program, home) = try program(Self.profile)
        let result = try await program.run(["--library", home.path + "/own", "import", home.path + "/a.png"])
        #expect(result.exitCode == 0, "\(result.complaints)")
    }

    @Test(
        "A variable that is wrong is blamed by its name, without its value",
        arguments: [
            ("PHOTOTUI_STORAGE", "s3://AK:hushhush@bucket"), ("PHOTOTUI_STORAGE", "s3://AK:hush/hush@bucket"),
            ("PHOTOTUI_DATABASE", "postgres://app:hushhush@db/photos"),
            ("PHOTOTUI_DATABASE", "postgres://app:hush%hush@db/photos"),
            ("PHOTOTUI_DATABASE", "host=db password=hushhush"), ("PHOTOTUI_BROKER", "amqp://me:hushhush@queue"),
            ("PHOTOTUI_OWNER", "hush hush"),
        ])
    func variables(_ name: String, _ value: String) async throws {
        let (program, home) = try program(Self.profile, [name: value])
        let result = try await program.run(["months"])
        #expect(result.exitCode == 1 && !result.complaints.contains(home.path))
        #expect(result.complaints.hasPrefix("phototui: \(name): "), "\(result.complaints)")
        for wrong in ["hush", "there is no profile", "config.toml: profiles"] {
            #expect(!result.complaints.contains(wrong), "\(result.complaints)")
        }
    }
}
