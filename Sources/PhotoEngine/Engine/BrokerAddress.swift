internal import Core
internal import Foundation
public import Jobs

extension RedisAddress {
    /// The broker that a worker is asked to take: `option`, else `PHOTOTUI_BROKER`, else the profile's; nil where that is
    /// `inline` or nothing. Its password, where it has none, is had as the profile says, or from
    /// `PHOTOTUI_BROKER_PASSWORD`.
    public static func broker(
        option: String?, profile: Profile?, environment: [String: String]
    ) async throws -> RedisAddress? {
        if option == nil, let profile {
            return try await BlockingQueue(label: "phototui.secrets").run { try profile.readBroker(environment) }
        }
        guard let address = try Profile.broker(option ?? environment["PHOTOTUI_BROKER"]) else { return nil }
        if address.hasPassword { return address }
        return try Secret.brokerPassword().read(environment).map(address.authenticated) ?? address
    }
}
