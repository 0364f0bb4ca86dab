import Catalog
import Core
import Foundation
import Objects
import PhotoEngine
import SystemPackage
import Testing
import Workflows

/// What scripts/services/start.sh runs.
enum Servers {
    static let environment = ProcessInfo.processInfo.environment
    static let areAvailable = environment["PHOTOTUI_TEST_PGBOUNCER"] != nil
    static let absence: Comment = "no servers: scripts/services/start.sh starts them"

    static func variable(_ name: String) throws -> String { try #require(environment["PHOTOTUI_TEST_\(name)"]) }
}

/// A home with `count` pictures and a profile on a database and a prefix of its own.
struct NetworkedPlace {
    let home: FilePath
    let photos: FilePath
    let environment: [String: String]

    /// `endpoint` is for a proxy in front of the S3 server.
    init(count: Int, endpoint: String? = nil) async throws {
        home = FilePath(FileManager.default.temporaryDirectory.path).appending("networked-\(UUID().uuidString)")
        photos = home.appending("photos")
        try FileManager.default.createDirectory(atPath: photos.string, withIntermediateDirectories: true)
        for shade in 0..<UInt8(count) {
            try Data(Self.gif(shade)).write(to: URL(fileURLWithPath: photos.appending("shade\(shade).gif").string))
        }
        func word(_ name: String, of connection: String) -> String {
            connection.split(separator: " ").first { $0.hasPrefix("\(name)=") }.map {
                String($0.dropFirst(name.count + 1))
            } ?? ""
        }
        let bouncer = try Servers.variable("PGBOUNCER")
        let database = "host=\(word("host", of: bouncer)) port=6432 user=phototui_app dbname=phototui"
        let config = """
            [profiles.test]
            database = "\(database)"
            storage = "s3://\(try Servers.variable("S3_BUCKET"))?endpoint=\(try endpoint ?? Servers.variable("S3_ENDPOINT"))"
            storage_access_key = "\(try Servers.variable("S3_ACCESS_KEY"))"
            storage_secret_key_command = "printenv PHOTOTUI_TEST_S3_SECRET_KEY"
            owner = "o\(UUID().uuidString.lowercased())"
            """
        try config.write(toFile: home.appending("config.toml").string, atomically: true, encoding: .utf8)
        environment = [
            "HOME": home.string, "PHOTOTUI_CONFIG": home.appending("config.toml").string,
            "PHOTOTUI_DATABASE_PASSWORD": word("password", of: bouncer),
        ]
        _ = try await PostgresCatalog.migrate(
            PostgresSettings(connection: try Servers.variable("POSTGRES_OWNER")), applicationRole: "phototui_app")
    }

    func open() async throws -> Library {
        let configuration = Configuration.load(environment: environment)
        #expect(configuration.problems == [])
        return try await Library.open(
            try #require(configuration.profiles["test"]), configuration: configuration, environment: environment,
            unknownOwner: .added)
    }

    /// The store and the uploader that `open` gives the library, with `traits` where they are not the server's own.
    func uploader(_ library: Library, traits: StoreTraits? = nil, clock: any EngineClock = SystemClock()) throws -> (
        Uploader, S3ObjectStore
    ) {
        let profile = try #require(Configuration.load(environment: environment).profiles["test"])
        let store = S3ObjectStore(
            try S3Location(profile.storage),
            credentials: S3Credentials(
                accessKey: profile.storageAccessKey, secretKey: try Servers.variable("S3_SECRET_KEY")),
            traits: traits, attempts: 2)
        let uploader = Uploader(
            catalog: library.catalog, store: store, owner: profile.owner, waiting: WaitingFiles(home.appending("list")),
            clock: clock)
        return (uploader, store)
    }

    func remove() { try? FileManager.default.removeItem(atPath: home.string) }

    /// One pixel, whose colour makes the bytes differ.
    static func gif(_ shade: UInt8) -> [UInt8] {
        [
            0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, shade, shade, shade, 0, 0, 0, 0x2C, 0, 0, 0,
            0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
        ]
    }
}
