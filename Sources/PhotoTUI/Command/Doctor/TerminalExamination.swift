import Foundation
import Glibc
import Grid
import PhotoEngine
import Terminal

/// What the environment and the terminal say of the terminal.
enum TerminalExamination {
    private static let area = "Terminal"

    /// `graphics` is the configuration's.
    static func checks(
        graphics: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [Check] {
        func value(_ name: String) -> String { environment[name, default: ""] }
        var checks: [Check] = []
        let isTerminal = isatty(STDIN_FILENO) == 1 && Console.isTerminal
        checks.append(
            Check(
                area, "stdin and stdout", .ok,
                isTerminal ? "a terminal: phototui opens the app" : "no terminal here: phototui prints text"))
        let term = value("TERM")
        checks.append(
            term.isEmpty || term == "dumb"
                ? Check(
                    area, "TERM", .warning, term.isEmpty ? "not set" : term,
                    whatToDo: "set it to what the terminal is, such as xterm-256color")
                : hasTerminfo(term, environment)
                    ? Check(area, "TERM", .ok, term)
                    : Check(
                        area, "TERM", .warning, "\(term), which this machine does not know",
                        whatToDo: "install ncurses-term, or set TERM=xterm-256color"))
        checks.append(colours(environment, graphics))
        if isTerminal { checks += pictures(environment, graphics) }
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            let isSmall = size.ws_col < 40 || size.ws_row < 10
            checks.append(
                Check(
                    area, "size", isSmall ? .warning : .ok, "\(size.ws_col)x\(size.ws_row)",
                    whatToDo: isSmall ? "the app is made for 80x24 and more" : nil))
        }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(value).first { !$0.isEmpty } ?? ""
        let isUTF8 = locale.lowercased().replacingOccurrences(of: "-", with: "").hasSuffix("utf8")
        checks.append(
            Check(
                area, "locale", isUTF8 ? .ok : .warning, locale.isEmpty ? "not set" : locale,
                whatToDo: isUTF8 ? nil : "set LANG=C.UTF-8, or names with accents may show as question marks"))
        if !value("TMUX").isEmpty {
            checks.append(Check(area, "tmux", .ok, "yes; for all colours add: set -as terminal-features ',*:RGB'"))
        } else if !value("STY").isEmpty {
            checks.append(Check(area, "screen", .warning, "yes", whatToDo: "GNU screen shows 256 colours at most"))
        }
        if !value("SSH_CONNECTION").isEmpty { checks.append(Check(area, "ssh", .ok, "yes")) }
        return checks
    }

    /// How pictures will be shown, with what the terminal answered.
    private static func pictures(_ environment: [String: String], _ graphics: String) -> [Check] {
        if graphics == Configuration.linearGraphics {
            return [Check(area, "pictures", .ok, "none: screens are told line by line, as asked for")]
        }
        guard let profile = try? TerminalProfile(environment: environment).limited(to: graphics) else { return [] }
        let (replies, roundTrip) = (try? TerminalProbe.ask(profile, patience: .seconds(2))) ?? (TerminalReplies(), nil)
        let choice = profile.choice(replies)
        var others = choice.possible.map(\.rawValue).filter { $0 != choice.way.rawValue }
        if choice.way == .symbols { others.removeAll { $0 == GraphicsProtocol.symbols.rawValue } }
        let more = others.isEmpty ? "" : "; --graphics could be \(others.joined(separator: ", "))"
        let raw = replies.raw.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        let milliseconds = roundTrip.map { max(1, Int($0 / .milliseconds(1))) }
        return [
            Check(
                area, "line", .ok,
                milliseconds.map { "answers within \($0) ms; where pictures take long, text goes first" }
                    ?? "tells nothing: pictures go as they come"),
            Check(area, "pictures", .ok, "\(choice.way.rawValue): \(choice.reason)\(more)"),
            Check(
                area, "answers", .ok, raw.isEmpty ? "none" : raw,
                whatToDo: replies.isComplete || choice.way != .symbols
                    ? nil
                    : "a terminal that does not answer shows pictures as characters, unless --graphics names a way"),
        ]
    }

    /// What the app will use, decided as the app decides it.
    private static func colours(_ environment: [String: String], _ graphics: String) -> Check {
        let profile: TerminalProfile
        do {
            profile = try TerminalProfile(environment: environment).limited(to: graphics)
        } catch {
            return Check(area, "colours", .fail, error.description)
        }
        let through = profile.entry == environment["TERM"] ? "" : ", through the description \(profile.entry)"
        let symbols = profile.isUnicode ? "" : "; pictures in ASCII"
        let isAsked = !environment["NO_COLOR", default: ""].isEmpty || ["256", "16", "mono"].contains(graphics)
        let advice = isAsked ? nil : profile.notice
        switch profile.colorDepth {
        case .truecolor:
            return Check(area, "colours", .ok, "24-bit\(through)\(symbols)", whatToDo: advice)
        case .indexed256:
            let hint = isAsked ? nil : "if the terminal has 24-bit colours, COLORTERM=truecolor tells so"
            return Check(area, "colours", .ok, "256\(through)\(symbols)", whatToDo: advice ?? hint)
        case .ansi16, .mono:
            let number = profile.colorDepth == .mono ? "none" : "16"
            return Check(
                area, "colours", isAsked ? .ok : .warning,
                "\(number)\(through)\(symbols)\(isAsked ? ", as NO_COLOR or graphics in the configuration asks" : "")",
                whatToDo: isAsked
                    ? nil
                    : "pictures need 256 colours to look like pictures: TERM=xterm-256color, if the terminal has them")
        }
    }

    /// Looks where ncurses looks (terminfo(5)).
    private static func hasTerminfo(_ term: String, _ environment: [String: String]) -> Bool {
        guard let first = term.utf8.first, !term.contains("/") else { return false }
        let folders =
            [environment["TERMINFO"], environment["HOME"].map { "\($0)/.terminfo" }].compactMap { $0 }
            + ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"]
        return folders.contains { folder in
            [String(term.prefix(1)), String(first, radix: 16)].contains { letter in
                FileManager.default.fileExists(atPath: "\(folder)/\(letter)/\(term)")
            }
        }
    }
}
