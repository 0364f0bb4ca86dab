internal import Core

extension EngineError {
    /// What a server's refusal of `command` means. The cause comes before the place, which may be long. `script` is what it runs,
    /// where it runs one.
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
                .unsupported, "the command \(command.rights.name) is not known to Redis at \(address)",
                whatToDo: "phototui needs Redis 6.2 or newer")
        case "NOAUTH", "WRONGPASS":
            self.init(
                .permissionDenied, "\(text): Redis at \(address) refuses",
                whatToDo: "check the user's name and password")
        case "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "READONLY":
            self.init(.unavailable, "\(text): Redis at \(address) is not ready", isRetryable: true)
        case "OOM", "MISCONF":
            self.init(
                .noSpace, "\(text): Redis at \(address) can't store anything",
                whatToDo: "give it more memory or disk", isRetryable: true)
        default:
            self.init(.internal, "\(text): Redis at \(address) refuses a command")
        }
    }

    /// A user may not do what workers or the console do.
    static func redisUser(lacks rights: [String], address: RedisAddress) -> EngineError {
        let more = rights.count > 4 ? " and \(rights.count - 4) more" : ""
        return EngineError(
            .permissionDenied,
            "the user may not use \(rights.prefix(4).joined(separator: "; "))\(more): Redis at \(address) refuses",
            whatToDo: rightsAdvice)
    }

    private static let rightsAdvice =
        "ACL SETUSER grants what is in brackets: docs/production.md has what workers use, docs/console.md the console"

    init(_ fault: RedisFault, address: RedisAddress) {
        switch fault {
        case .refused(let reason) where reason.hasPrefix("NOPERM"):
            // Met while connecting: 'script|load'.
            let words = reason.split(separator: "'", omittingEmptySubsequences: false)
            let name = words.count > 2 ? String(words[1]) : "what it is asked for"
            self = .redisUser(lacks: ["the command \(name.uppercased()) (+\(name))"], address: address)
        case .refused(let reason):
            self.init(
                .permissionDenied, "\(reason): Redis at \(address) refuses",
                whatToDo: "check the broker's address, user, password and certificates")
        default:
            self.init(
                .unavailable, "\(fault.reason): Redis at \(address) can't be reached",
                whatToDo: "check that it runs and that the address is right", isRetryable: true)
        }
    }
}
