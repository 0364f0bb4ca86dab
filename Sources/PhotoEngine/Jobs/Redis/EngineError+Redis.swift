internal import Core

extension EngineError {
    /// What a server's refusal of `command` means. `script` is what it runs, where it runs one.
    init(redisRefusal text: String, of command: RedisCommand, script: RedisScript? = nil, address: RedisAddress) {
        let kind = text.prefix { $0 != " " }
        if kind == "NOPERM" || kind == "EXECABORT" && text.contains("NOPERM")
            || text.contains("The user executing the script can't")
        {
            self = .redisUser(lacks: [command.right(missingIn: text, script: script)], address: address)
            return
        }
        switch kind {
        case _ where text.hasPrefix("ERR unknown command"):
            self.init(
                .unsupported, "Redis at \(address) knows no command \(command.rights.name)",
                whatToDo: "phototui needs Redis 6.2 or newer")
        case "NOAUTH", "WRONGPASS":
            self.init(
                .permissionDenied, "Redis at \(address) refuses: \(text)",
                whatToDo: "check the user's name and password")
        case "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "READONLY":
            self.init(.unavailable, "Redis at \(address) is not ready: \(text)", isRetryable: true)
        case "OOM", "MISCONF":
            self.init(
                .noSpace, "Redis at \(address) can't store anything: \(text)",
                whatToDo: "give it more memory or disk", isRetryable: true)
        default:
            self.init(.internal, "Redis at \(address) refuses a command: \(text)")
        }
    }

    /// A user may not do what workers or the console do.
    static func redisUser(lacks rights: [String], address: RedisAddress) -> EngineError {
        let more = rights.count > 4 ? " and \(rights.count - 4) more" : ""
        return EngineError(
            .permissionDenied,
            "Redis at \(address) does not permit its user \(rights.prefix(4).joined(separator: "; "))\(more)",
            whatToDo:
                "give them with ACL SETUSER: workers' rights are in docs/production.md, the console's in docs/console.md"
        )
    }

    init(_ fault: RedisFault, address: RedisAddress) {
        switch fault {
        case .refused(let reason):
            self.init(
                .permissionDenied, "Redis at \(address): \(reason)",
                whatToDo: "check the broker's address, user, password and certificates")
        default:
            self.init(
                .unavailable, "Redis at \(address) can't be reached: \(fault.reason)",
                whatToDo: "check that it runs and that the address is right", isRetryable: true)
        }
    }
}
