import CNcurses
import Glibc

/// Gives the terminal back on every way out of the program, also by a fatal signal or `exit`.
///
/// The only file that touches the shim's `nc_guard` state, which is why it is one.
enum TerminalGuard {
    private static let registration: Void = nc_guard_restore_at_exit()

    /// Catches the signals. Call before newterm, which leaves handlers alone that are set already.
    static func install() {
        _ = registration
        nc_guard_forget()
        nc_guard_install()
    }

    static func uninstall() { nc_guard_uninstall() }

    /// From now on an ending program writes `restore` to the terminal and sets these modes.
    static func arm(terminal: Int32, wake: Int32, modes: termios, restore: [UInt8]) {
        var modes = modes
        // SAFETY: the shim copies both within the call.
        restore.withUnsafeBytes { bytes in
            nc_guard_arm(terminal, wake, &modes, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
    }

    static func disarm() { nc_guard_disarm() }

    /// Stops the job until the shell continues it.
    static func stop() { nc_guard_stop() }

    static var isEnding: Bool { nc_guard_ending() != 0 }
    static func takeStopping() -> Bool { nc_guard_take_stopping() }
    static func takeContinued() -> Bool { nc_guard_take_continued() }
    static func takeResized() -> Bool { nc_guard_take_resized() }
}
