internal import Core
internal import Objects

/// The CDN before a profile's storage, which is told what was replaced or deleted.
struct ProfileCDN: Sendable {
    /// The keys of `[profiles.NAME]` that are its own.
    static let keys = ["cdn", "cdn_zone", "cdn_url", "cdn_api", "cdn_token_file", "cdn_token_command"]

    private let profile: String
    private let api: String?
    private let zone: String
    private let publicAddress: String
    private let token: Secret

    /// nil where the profile has none.
    init?(profile: String, values: [String: String]) throws {
        guard let kind = values["cdn"], !kind.isEmpty, kind != "off" else { return nil }
        guard kind == "cloudflare" else {
            throw EngineError(
                .invalidInput, "profile \(profile) has a cdn that phototui doesn't know",
                whatToDo: "write cdn = \"cloudflare\", or \"off\"")
        }
        func required(_ key: String) throws -> String {
            guard let value = values[key], !value.isEmpty else {
                throw EngineError(
                    .invalidInput, "profile \(profile) has a cdn and no \(key)", whatToDo: "see docs/production.md")
            }
            return value
        }
        self.profile = profile
        api = values["cdn_api"]
        zone = try required("cdn_zone")
        publicAddress = try required("cdn_url")
        token = Secret(
            variable: "PHOTOTUI_CDN_TOKEN", file: values["cdn_token_file"], command: values["cdn_token_command"])
        _ = try cache(token: "")
    }

    /// Blocks while the token is read.
    func open(_ environment: [String: String]) throws -> CloudflareCache {
        guard let token = try token.read(environment) else {
            throw EngineError(
                .permissionDenied, "profile \(profile) has no token for its CDN",
                whatToDo: "set PHOTOTUI_CDN_TOKEN, cdn_token_file or cdn_token_command")
        }
        return try cache(token: token)
    }

    private func cache(token: String) throws -> CloudflareCache {
        guard let api else { return try CloudflareCache(zone: zone, publicAddress: publicAddress, token: token) }
        return try CloudflareCache(api: api, zone: zone, publicAddress: publicAddress, token: token)
    }
}
