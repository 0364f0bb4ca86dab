public import SystemPackage

/// Where a library's own files are: one folder that holds its catalogue and its objects.
public struct LibraryLocation: Hashable, Sendable {
    public let folder: FilePath

    /// What the one owner of a library in a folder is called.
    static let owner = "local"

    public init(folder: FilePath) {
        self.folder = folder
    }

    /// The folder named by `option` (`--library DIR`), else `PHOTOTUI_LIBRARY`, else `$XDG_DATA_HOME/phototui`, else
    /// `~/.local/share/phototui`. A relative XDG_DATA_HOME is ignored, as the XDG Base Directory Specification asks.
    public init(option: String?, environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let chosen = option ?? value("PHOTOTUI_LIBRARY") {
            folder = FilePath(chosen)
        } else if let data = value("XDG_DATA_HOME"), data.hasPrefix("/") {
            folder = FilePath(data).appending("phototui")
        } else {
            folder = FilePath(value("HOME") ?? "/").appending(".local/share/phototui")
        }
    }

    /// The SQLite database.
    public var catalog: FilePath { folder.appending("catalog.sqlite") }
    /// Renditions, and originals that were copied in.
    public var objects: FilePath { folder.appending("objects") }
}
