import App
import Core
import Foundation
import PhotoEngine

extension Configuration {
    /// What could not be understood, the names of themes and actions included, which only the app knows.
    var everyProblem: [ConfigurationProblem] {
        var found = problems
        let themes = ThemeFolder(environment: ProcessInfo.processInfo.environment, executable: CommandLine.arguments[0])
        do {
            _ = try themes.theme(named: theme)
        } catch {
            found.append(
                ConfigurationProblem(
                    place: "theme", whatHappened: error.description, whatToDo: "the theme dark is used instead"))
        }
        found += KeyMap(overrides: keys).problems.map {
            ConfigurationProblem(place: "keys", whatHappened: $0, whatToDo: "docs/keys.md lists actions and keys")
        }
        return found
    }
}
