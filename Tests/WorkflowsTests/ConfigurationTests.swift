import Core
import Duplicates
import Foundation
import Jobs
import PhotoEngine
import SystemPackage
import Testing

@Suite("Configuration")
struct ConfigurationTests {
    private func load(_ toml: String?, _ variables: [String: String] = [:]) throws -> Configuration {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var environment = variables
        environment["PHOTOTUI_CONFIG"] = folder.appendingPathComponent("config.toml").path
        if let toml {
            try Data(toml.utf8).write(to: folder.appendingPathComponent("config.toml"))
        }
        return Configuration.load(environment: environment)
    }

    @Test("Without a file and variables every key has its default")
    func defaults() {
        let configuration = Configuration.load(environment: ["HOME": "/nowhere"])
        #expect(configuration.problems.isEmpty)
        #expect(configuration.theme == "auto")
        #expect(configuration.workers == 2)
        #expect(configuration.library == nil)
        #expect(configuration.watchesFolders)
        #expect(configuration.processingOptions == ProcessingOptions())
        #expect(configuration.file == "/nowhere/.config/phototui/config.toml")
        #expect(configuration.settings.allSatisfy { $0.source == .default && !$0.meaning.isEmpty })
    }

    @Test("Prices of the file stand over those that are built in, with their date; what is none is told")
    func prices() throws {
        let configuration = try load(
            """
            budget = "12.50"
            [prices.b2]
            date = "2026-11-22"
            storage_gb_month = 0.007
            class_c_million = 5
            """)
        #expect(configuration.problems.isEmpty && configuration.budget == 12.5)
        let b2 = try #require(configuration.prices.first { $0.provider == "b2" })
        #expect(b2.date == "2026-11-22" && b2.storagePerGBMonth == 0.007 && b2.egressPerGB == 0.01)
        #expect(b2.classes.map(\.perMillion) == [0, 0, 5])
        #expect(configuration.prices.dropFirst() == PriceList.known.dropFirst())
        let wrong = try load(
            """
            budget = "much"
            [prices.b2]
            storage_gb_month = -1
            class_z_million = 1
            [prices.tape]
            """)
        let told = wrong.problems.map(\.description).joined(separator: "\n")
        #expect(wrong.budget == nil && wrong.prices == PriceList.known)
        for word in ["\"much\" is no sum", "storage_gb_month", "class_z_million", "prices.tape", "date ="] {
            #expect(told.contains(word), "\(word)")
        }
        #expect(try load(nil, ["PHOTOTUI_BUDGET": "3"]).budget == 3)
    }

    @Test("Keeper rules are data; one that is not understood is a reason to decide nothing")
    func keeperRules() throws {
        let right = try load(
            """
            keeper_rules = "resolution file_name"
            keeper_formats = "heic jpeg"
            keeper_size_tolerance = 10
            reference_folders = "/archive:~/keepers"
            [keeper_names]
            "*-final" = "edited version"
            "scan####" = "scan"
            """, ["HOME": "/home/ana"])
        #expect(right.problems.isEmpty && right.keeperProblem == nil)
        let rules = right.keeperRules
        #expect(
            rules.order == [.resolution, .fileName] && rules.formats == [.heic, .jpeg] && rules.sizeTolerance == 0.1)
        #expect(rules.referenceFolders == ["/archive", "/home/ana/keepers"])
        #expect(rules.namePatterns.prefix(2).map(\.meaning) == ["edited version", "scan"])
        #expect(rules.namePatterns.prefix(2).map(\.isEdited) == [true, false])
        for line in [
            "keeper_rules = \"reslution\"", "keeper_rules = 3", "keeper_formats = \"jpg\"",
            "keeper_size_tolerance = 101", "reference_folders = \"keepers\"", "reference_folders = [[\"/a\"]]",
            "keeper_names = \"x\"", "[keeper_names]\n\"*-final\" = 3",
        ] {
            #expect(try load(line, ["HOME": "/home/ana"]).keeperProblem != nil, "\(line)")
        }
        #expect(try load("workers = 0").keeperProblem == nil)
    }

    @Test("What has several parts may be an array")
    func arrays() throws {
        let configuration = try load(
            """
            rendition_sizes = [1200, 150]
            rendition_formats = ["avif"]
            keeper_rules = ["resolution", "file_name"]
            reference_folders = ["/archive", "~/keepers"]
            [keys]
            next_photo = ["n", "space"]
            """, ["HOME": "/home/ana"])
        #expect(configuration.problems.isEmpty)
        #expect(configuration.processingOptions.sizes == [150, 256, 1200])
        #expect(configuration.processingOptions.formats == [.webp, .avif])
        #expect(configuration.keeperRules.order == [.resolution, .fileName])
        #expect(configuration.keeperRules.referenceFolders == ["/archive", "/home/ana/keepers"])
        #expect(configuration.keys == ["next_photo": "n space"])
    }

    @Test("A number out of its range is refused with the range, and what holds instead")
    func ranges() throws {
        let told = try load("scan_distance = 20").problems.map(\.description).joined()
        #expect(told.contains("0 to 16") && told.contains("8 holds"))
    }

    @Test("Renditions have the sizes of the configuration")
    func renditionSizes() throws {
        let configuration = try load("rendition_sizes = \"1200 150 x 5000\"")
        #expect(configuration.processingOptions.sizes == [150, 256, 1200])
        #expect(configuration.problems.count == 2)
        #expect(try load("rendition_sizes = \"150,300\"").processingOptions.sizes == [150, 256, 300])
        let none = try load("rendition_sizes = \"small\"")
        #expect(none.processingOptions.sizes == [256, 512, 1024] && none.problems.count == 1)
    }

    @Test("A variable wins over the file, the file over the default")
    func precedence() throws {
        let configuration = try load(
            "theme = \"light\"\nworkers = 3\nwatch = false\nlibrary = \"/photos\"\n[keys]\nnext_photo = \"n space\"\n",
            ["PHOTOTUI_WORKERS": "5"])
        #expect(configuration.problems.isEmpty)
        #expect(configuration.theme == "light")
        #expect(configuration.workers == 5)
        #expect(!configuration.watchesFolders)
        #expect(configuration.library == "/photos")
        #expect(configuration.keys == ["next_photo": "n space"])
        let sources = Dictionary(uniqueKeysWithValues: configuration.settings.map { ($0.key, $0.source) })
        #expect(sources["theme"] == .file)
        #expect(sources["workers"] == .environment)
        #expect(sources["graphics"] == .default)
    }

    @Test(
        "A value that is not understood is a problem with its place, and the default stays",
        arguments: [
            ("workers = 0", "workers"), ("workers = \"two\"", "workers"), ("watch = \"maybe\"", "watch"),
            ("graphics = \"crayon\"", "graphics"), ("graphics_pace = \"slow\"", "graphics_pace"),
            ("theme = 3", "theme"), ("colour = \"red\"", "colour"),
            ("rendition_formats = \"webp bmp\"", "rendition_formats"), ("keys = 3", "keys"),
            ("[keys]\nquit = 3", "keys.quit"),
        ])
    func misunderstood(toml: String, key: String) throws {
        let configuration = try load(toml)
        #expect(configuration.problems.count == 1)
        #expect(configuration.problems.first?.place.hasSuffix(key) == true)
        #expect(configuration.workers == 2)
        #expect(configuration.watchesFolders)
        #expect(configuration.graphics == "auto" && configuration.pacesGraphics)
    }

    @Test("A file that is not TOML is ignored whole, with its line")
    func notTOML() throws {
        let configuration = try load("theme = \"light\"\nworkers = = 3\n")
        #expect(configuration.theme == "auto")
        #expect(configuration.problems.first?.place.hasSuffix("config.toml:2") == true)
        #expect(try load("\u{FEFF}theme").problems.count == 1)
    }

    @Test("A file that PHOTOTUI_CONFIG names must be there")
    func missing() throws {
        #expect(try load(nil).problems.count == 1)
    }

    private static let networked = """
        [profiles.test]
        database = "postgres://app@db/photos"
        storage = "s3://bucket?endpoint=http://localhost:1"
        storage_access_key = "key"

        """

    @Test("A profile names its broker; without one, or with \"inline\", jobs run in each process")
    func broker() throws {
        let named = try load(Self.networked + "broker = \"rediss://worker@queue:7000/2\"")
        #expect(named.problems == [])
        #expect(named.profiles["test"]?.broker?.description == "rediss://queue:7000/2")
        for rest in ["", "broker = \"inline\""] {
            let inline = try load(Self.networked + rest)
            #expect(inline.problems == [] && inline.profiles["test"] != nil && inline.profiles["test"]?.broker == nil)
        }
        let variable = try load(
            Self.networked + "broker = \"inline\"", ["PHOTOTUI_BROKER": "redis://:hush@other/1"])
        #expect(variable.profiles["test"]?.broker?.description == "redis://other:6379/1")
        #expect(
            try load(Self.networked + "broker = \"redis://a/1\"", ["PHOTOTUI_BROKER": "inline"])
                .profiles["test"]?.broker == nil)
    }

    @Test(
        "A broker that is no address, or has a password in the file, is a problem that shows no password",
        arguments: ["amqp://me:hush@queue", "redis://me:hush@queue/0", "redis://queue/hush"])
    func wrongBroker(_ address: String) throws {
        let configuration = try load(Self.networked + "broker = \"\(address)\"")
        #expect(configuration.profiles["test"] == nil && configuration.problems.count == 1)
        let problem = try #require(configuration.problems.first)
        #expect(problem.description.contains("broker") && !problem.description.contains("hush"))
    }
}
