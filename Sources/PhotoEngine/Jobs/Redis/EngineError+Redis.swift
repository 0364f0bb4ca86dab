internal import Core

extension EngineError {
    /// What a server's refusal of `command` means. `script` is what it runs, where it runs one.
    init(redisRefusal text: String, of command: RedisCommand, script: RedisScript? = nil, address: RedisAddress) {
        let kind = text.prefix { $0 != " " }
        if kind == "NOPERM" || text.contains("The user executing the script can't") {
            self.init(redisForbids: text, command, script, address: address)
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

    /// Names the right that the user lacks, as it is written in an ACL rule. No value is among it: only commands, keys and
    /// channels.
    private init(redisForbids text: String, _ command: RedisCommand, _ script: RedisScript?, address: RedisAddress) {
        let (name, places) = command.rights
        let shown = places.prefix(4).joined(separator: " or ")
        let lacks: String
        if text.contains("channels") {
            lacks = "\(name) on the channel \(shown) (a rule with &)"
        } else if text.contains("keys") {
            lacks = "\(name) on the key \(shown) (a rule with ~)"
        } else if let inner = script?.command(refusedIn: text) {
            lacks = "the command \(inner) (+\(inner.lowercased()))"
        } else {
            lacks = "the command \(name) (+\(name.lowercased()))"
        }
        self.init(
            .permissionDenied, "Redis at \(address) does not permit its user \(lacks)",
            whatToDo: "give the user the rights of docs/production.md with ACL SETUSER")
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
