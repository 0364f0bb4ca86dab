import Glibc
import Grid

/// What comes of a line that is slow.
extension NcursesTerminal {
    /// What is known of the line now, in two digits and tens of milliseconds.
    var currentLine: SlowLine? {
        guard governor.isSlow, let report = governor.report, let rate = report.rate else { return nil }
        var unit = 1
        while rate / unit >= 100 { unit *= 10 }
        let parts = report.roundTrip.components
        let tens = (parts.seconds * 100) + (parts.attoseconds + 5_000_000_000_000_000) / 10_000_000_000_000_000
        return SlowLine(
            roundTrip: .milliseconds(max(1, tens) * 10), bytes: (rate + unit / 2) / unit * unit, isBusy: hasMore)
    }

    /// When `line` is to be another; nil while it says what is known.
    var nextLineAt: ContinuousClock.Instant? { currentLine == line ? nil : lineToldAt + .seconds(1) }

    /// What of a grid's symbols and pictures may show now.
    func paced(_ goal: Grid) -> (grid: Grid, frame: ImageScreen.Frame?, symbols: SymbolPacing.Result) {
        var grid = goal
        var (room, symbols) = (governor.isOpen ? nil : governor.room(at: .now), SymbolPacing.Result())
        if let bytes = room {
            let pacing = SymbolPacing(
                shown: shown, colorDepth: capabilities.colorDepth, isSlow: governor.isSlow,
                isRefined: images == nil || supply == nil)
            symbols = pacing.pace(&grid, room: bytes) { images?.showsPixels($1, at: $0) == true }
            room = max(0, bytes - symbols.bytes)
        }
        let frame = imageFrame(of: grid, ImageScreen.Allowance(room: room, isSlow: governor.isSlow))
        return (frame?.grid ?? grid, frame, symbols)
    }

    /// How long what waits in the parser may.
    var patience: Duration {
        let isAnswer = parser.isInAnswer || (governor.isWaitingForAnswer && parser.isInSequence)
        return .milliseconds(isAnswer ? Self.replyDelay : Self.escapeDelay)
    }

    /// Takes answers that are on their way: whoever has the terminal next would take them for keys.
    func awaitAnswers() {
        // A terminal that has answered nothing yet may never do.
        let end = ContinuousClock.now + .milliseconds(governor.isGoverning ? 1500 : 300)
        while governor.isWaitingForAnswer, !device.isGone {
            var wait = pollfd(fd: device.descriptor, events: Int16(POLLIN), revents: 0)
            let left = Self.milliseconds(from: .now, to: end)
            guard left > 0, poll(&wait, 1, left) > 0, wait.revents & Int16(POLLIN) != 0 else { return }
            _ = parser.feed(device.read())
            _ = noteReplies()
        }
    }
}
