/// The theme that is there even without a themes folder: `themes/dark.toml`, to the byte; a test compares them.
enum EmbeddedTheme {
    static let name = "dark"
    static let text = #"""
        # Easy on the eyes at night: soft text on near black.
        #
        # [colors] names colours: truecolor is exact, the 256-colour form is the nearest unless `indexed` says another,
        # ansi is one of the terminal's 16. "standard" is the terminal's own. [roles] says how each thing looks: foreground,
        # background and attributes (bold dim italic underline reverse), and the attributes where there are no colours (mono).

        [colors]
        background = { truecolor = "#14161b", ansi = "black" }
        raised = { truecolor = "#232731", ansi = "black" }
        text = { truecolor = "#d5d8df", ansi = "white" }
        strong = { truecolor = "#ffffff", ansi = "bright_white" }
        muted = { truecolor = "#9aa1af", ansi = "white" }
        faint = { truecolor = "#6b7280", ansi = "bright_black" }
        line = { truecolor = "#4b5160", ansi = "bright_black" }
        accent = { truecolor = "#7cc7e8", ansi = "bright_cyan" }
        on_accent = { truecolor = "#0c1013", ansi = "black" }
        mark = { truecolor = "#f2c14e", ansi = "bright_yellow" }
        good = { truecolor = "#8fd18f", ansi = "bright_green" }
        warn = { truecolor = "#f2b45c", ansi = "bright_yellow" }
        bad = { truecolor = "#ff8a80", ansi = "bright_red" }

        [roles]
        text = { foreground = "text", background = "background" }
        dim = { foreground = "muted", background = "background", mono = "dim" }
        title = { foreground = "accent", background = "background", attributes = "bold", mono = "bold" }
        tab = { foreground = "muted", background = "background" }
        tab_active = { foreground = "on_accent", background = "accent", mono = "reverse" }
        heading = { foreground = "strong", background = "background", attributes = "bold", mono = "bold" }
        subheading = { foreground = "muted", background = "background" }
        cursor = { foreground = "on_accent", background = "accent", mono = "reverse" }
        selection = { foreground = "strong", background = "raised", attributes = "bold", mono = "underline" }
        marked = { foreground = "mark", background = "background", attributes = "bold", mono = "bold" }
        border = { foreground = "line", background = "background", mono = "dim" }
        border_focused = { foreground = "accent", background = "background", mono = "bold" }
        status = { foreground = "muted", background = "background" }
        status_progress = { foreground = "accent", background = "background" }
        success = { foreground = "good", background = "background" }
        warning = { foreground = "warn", background = "background", attributes = "bold", mono = "bold" }
        error = { foreground = "bad", background = "background", attributes = "bold", mono = "bold underline" }
        badge = { foreground = "mark", background = "background", mono = "bold" }
        key = { foreground = "accent", background = "background", attributes = "bold", mono = "bold" }
        key_description = { foreground = "muted", background = "background" }
        disabled = { foreground = "faint", background = "background", mono = "dim" }
        scrubber = { foreground = "muted", background = "background", mono = "dim" }
        scrubber_current = { foreground = "accent", background = "background", attributes = "bold", mono = "reverse" }
        field = { foreground = "text", background = "raised", mono = "underline" }
        field_focused = { foreground = "strong", background = "raised", mono = "underline" }
        placeholder = { foreground = "muted", background = "background", mono = "dim" }
        dialog = { foreground = "text", background = "raised" }
        dialog_title = { foreground = "strong", background = "raised", attributes = "bold", mono = "bold" }
        dialog_border = { foreground = "accent", background = "raised" }
        button = { foreground = "text", background = "raised" }
        button_focused = { foreground = "on_accent", background = "accent", mono = "reverse" }
        match = { foreground = "mark", background = "background", attributes = "bold", mono = "bold underline" }
        table_header = { foreground = "muted", background = "background", attributes = "bold", mono = "bold" }
        sparkline = { foreground = "accent", background = "background" }
        progress = { foreground = "accent", background = "background" }
        progress_track = { foreground = "faint", background = "background", mono = "dim" }
        thumbnail_empty = { foreground = "muted", background = "raised", mono = "dim" }
        thumbnail_failed = { foreground = "bad", background = "raised", mono = "bold" }
        label = { foreground = "muted", background = "raised", mono = "dim" }
        value = { foreground = "text", background = "raised" }
        different = { foreground = "mark", background = "background", attributes = "bold", mono = "bold underline" }

        """#
}
