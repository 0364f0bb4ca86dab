internal import Core
internal import Foundation
internal import SystemPackage
internal import TOMLKit

/// The configuration file as it was read: nothing when there is none.
struct ConfigurationFile {
    let path: FilePath?
    let table: TOMLTable?
    let problem: ConfigurationProblem?

    static func read(environment: [String: String]) -> ConfigurationFile {
        guard let path = path(environment: environment) else {
            return ConfigurationFile(path: nil, table: nil, problem: nil)
        }
        func failed(_ whatHappened: String, _ whatToDo: String) -> ConfigurationFile {
            ConfigurationFile(
                path: path, table: nil,
                problem: ConfigurationProblem(
                    place: path.string, whatHappened: whatHappened, whatToDo: whatToDo))
        }
        guard FileManager.default.fileExists(atPath: path.string) else {
            let isNamed = environment["PHOTOTUI_CONFIG", default: ""] != ""
            return isNamed
                ? failed("there is no such file", "correct PHOTOTUI_CONFIG")
                : ConfigurationFile(path: path, table: nil, problem: nil)
        }
        guard let data = FileManager.default.contents(atPath: path.string),
            let text = String(validating: data, as: UTF8.self)
        else { return failed("it can't be read as UTF-8 text", "check its permissions and encoding") }
        do {
            return ConfigurationFile(path: path, table: try TOMLTable(string: text), problem: nil)
        } catch let error as TOMLParseError {
            return ConfigurationFile(
                path: path, table: nil,
                problem: ConfigurationProblem(
                    place: "\(path.string):\(error.source.begin.line)", whatHappened: error.description,
                    whatToDo: "correct that line; until then nothing of the file holds"))
        } catch {
            return failed("it is not TOML", "correct it; until then nothing of it holds")
        }
    }

    private static func path(environment: [String: String]) -> FilePath? {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let named = value("PHOTOTUI_CONFIG") { return FilePath(named) }
        if let folder = value("XDG_CONFIG_HOME"), folder.hasPrefix("/") {
            return FilePath(folder).appending("phototui/config.toml")
        }
        return value("HOME").map { FilePath($0).appending(".config/phototui/config.toml") }
    }
}
