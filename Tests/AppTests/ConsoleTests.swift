import Core
import Grid
import Testing
import Widgets

@testable import App

@Suite("The console")
struct ConsoleTests {
    private func running(_ broker: SampleBroker = .shop, isReadOnly: Bool = false) -> RunningConsole {
        var app = RunningConsole(broker, isReadOnly: isReadOnly)
        app.start()
        return app
    }

    // Questions

    @Test("One question at a time, a second after the answer, and none once the screen is left")
    func polling() {
        var app = running()
        #expect(app.questions == 1)
        app.pass(5)
        #expect(app.questions == 6)
        app.answers = false
        app.pass()
        #expect(app.questions == 7)
        app.pass(20)
        #expect(app.questions == 7)
        let asked = app.state.console!.poll.underway
        app.press("w")
        for request in asked { #expect(app.effects.contains(.cancel(request))) }
        #expect(app.questions == 8)
    }

    @Test("An answer that nobody waits for any more changes nothing")
    func late() {
        var app = running()
        app.answers = false
        app.pass()
        guard let late = app.lastQueuesQuestion else {
            Issue.record("nothing was asked")
            return
        }
        app.press("w")
        app.send(.queuesLoaded(late, QueueListing(queues: [], isComplete: true), at: app.broker.now))
        app.press("6")
        #expect(app.screen.contains("celery"))
    }

    @Test("While nothing changes, nothing is sent to the terminal")
    func quiet() {
        for keys in ["", "enter", "enter enter", "w", "D", "D enter", "D enter enter"] {
            var app = running()
            app.broker.queues = app.broker.queues.map {
                SampleBroker.queue($0.name, $0.waitingByPriority, unacked: 1, isPaused: $0.isPaused, arrived: 0)
            }
            // Ages count whole minutes by then.
            app.broker.groups = [SampleBroker.group("0a", error: "no", count: 2, now: app.broker.now - 3600 * 5)]
            app.broker.workers = [SampleBroker.worker("celery@web1")]
            app.press(keys)
            app.pass(70)
            let terminal = HeadlessTerminal()
            terminal.present(app.frame(), cursor: nil, styles: .plain)
            let before = terminal.bytesWritten
            for _ in 0..<20 {
                app.pass()
                terminal.present(app.frame(), cursor: nil, styles: .plain)
            }
            #expect(terminal.bytesWritten == before, "\(keys)")
        }
    }

    @Test("A broker that does not answer leaves its last word and the keys, and how old that is shows until it is over")
    func silence() {
        var app = running()
        app.answers = false
        app.pass(40)
        #expect(app.screen.contains("40 s old: no answer from redis://queue.example:6379/0"))
        #expect(app.screen.contains("!312"))
        app.press("j")
        #expect(app.state.console?.queues.cursorQueue?.name == "images")
        app.press("p")
        #expect(app.lastLine.contains("the broker does not answer") && app.state.layers.isEmpty)
        app.answers = true
        guard let asked = app.lastQueuesQuestion else { return }
        app.send(.queuesLoaded(asked, QueueListing(queues: app.broker.queues, isComplete: true), at: app.broker.now))
        app.press("k")
        #expect(!app.screen.contains("answer"))
    }

    @Test("A screen one comes back to tells at once how old it is, and whether the broker was silent on the one before")
    func comingBack() {
        var app = running()
        app.press("w")
        app.pass(30)
        #expect(!app.screen.contains("old:"))
        app.answers = false
        app.press("6")
        #expect(app.screen.contains("30 s old: redis://queue.example:6379/0 is asked again"))
        app.pass(3)
        #expect(app.screen.contains("30 s old: no answer from redis://queue.example:6379/0"))
        app.press("w")
        #expect(app.screen.contains("<5 s old: redis://queue.example:6379/0 was silent, and is asked again"))
        app.press("S")
        #expect(app.lastLine.contains("the broker does not answer") && app.state.layers.isEmpty)
        app.press("6")
        #expect(app.screen.contains("old: redis://queue.example:6379/0 was silent"))
        app.answers = true
        app.press("w")
        #expect(!app.screen.contains("old:") && !app.screen.contains("silent,"))
    }

    @Test("A message before the start asks nothing, so that the start does")
    func start() {
        var app = RunningConsole()
        app.send(.themeUsed("light"))
        #expect(app.questions == 0)
        app.start()
        #expect(app.questions == 1 && app.screen.contains("celery"))
    }

    @Test("A refusal is told, and asked about again each second until it ends")
    func refusal() {
        var app = running()
        app.broker.fault = EngineError(.unavailable, "Redis is away", whatToDo: "start it", isRetryable: true)
        app.pass(3)
        #expect(app.screen.contains("Redis is away") && app.screen.contains("celery"))
        #expect(app.questions == 4)
        app.broker.fault = nil
        app.pass()
        #expect(!app.screen.contains("Redis is away"))
    }

    // Rows

    @Test("The cursor stays on its queue, whatever comes, goes and is sorted")
    func cursor() {
        var app = running()
        app.press("j")
        app.broker.queues.insert(SampleBroker.queue("aaa", [9, 0, 0, 0]), at: 0)
        app.pass()
        #expect(app.state.console?.queues.cursorQueue?.name == "images")
        app.press("o")
        #expect(app.state.console?.queues.rows.map(\.depth) == [312, 40, 9, 1, 0])
        #expect(app.state.console?.queues.cursorQueue?.name == "images")
        app.broker.queues.removeAll { $0.name == "images" }
        app.pass()
        #expect(app.state.console?.queues.cursorQueue != nil)
    }

    @Test("Rates are over the last ten looks, and never claim more than was seen")
    func rates() {
        var samples = QueueSamples()
        samples.take(SampleBroker.queue("a", [5, 0, 0, 0]), at: 0)
        #expect(samples.rates == nil)
        for look in 0..<30 {
            samples.take(SampleBroker.queue("a", [5, 0, 0, 0], arrived: 3, left: 3), at: Double(look))
        }
        #expect(samples.rates?.arriving == 3 && samples.rates?.leaving == 3 && samples.rates?.isAtLeast == false)
        samples.take(SampleBroker.queue("a", arrived: 0, left: 5, isAtLeast: true), at: 31)
        #expect(samples.rates?.isAtLeast == true)
        for look in 0..<10 { samples.take(SampleBroker.queue("a", arrived: 0), at: 32 + Double(look)) }
        #expect(samples.rates?.leaving == 0)
        #expect(ConsoleText.rate(0, isAtLeast: true, .unicode) == "-")
        #expect(ConsoleText.rate(12.4, isAtLeast: true, .unicode) == "≥12")
        #expect(ConsoleText.rate(0.04, isAtLeast: false, .unicode) == "0.1")
        #expect(ConsoleText.rate(2.0, isAtLeast: false, .unicode) == "2")
    }

    @Test("What becomes of a queue is told by the rates beside it, whatever the minutes before were like")
    func forecast() {
        var broker = SampleBroker.shop
        var past = QueueRates(window: 300)
        (past.inPerSecond, past.outPerSecond, past.growth) = (10, 0, 10)
        broker.queues.removeSubrange(1...)
        broker.rates = ["celery": past]
        var app = RunningConsole(broker, columns: 120, rows: 40)
        app.start()
        func row() -> String { app.frame().textLines.first { $0.contains("celery ") } ?? "" }
        #expect(row().contains("grows") && app.screen.contains("1 growing"), "\(row())")
        for look in 0..<20 {
            app.broker.queues[0] = SampleBroker.queue("celery", [3000 - 150 * look, 0, 0, 0], arrived: 0, left: 150)
            app.pass()
        }
        // 150 wait, and 150 go each second.
        #expect(row().contains(" 150 ") && row().contains("<5 s") && !row().contains("grows"), "\(row())")
        #expect(!app.screen.contains("growing") && app.screen.contains("empty in <5 s"))
        // It stands still.
        for _ in 0..<20 {
            app.broker.queues[0] = SampleBroker.queue("celery", [60, 0, 0, 0], arrived: 0)
            app.pass()
        }
        #expect(row().contains("never") && !app.screen.contains("grow"), "\(row())")
        // One that rested says at once that it does no more.
        for look in 1...5 {
            app.broker.queues[0] = SampleBroker.queue("celery", [60 + 900 * look, 0, 0, 0], arrived: 900)
            app.pass()
            #expect(
                row().contains("grows") && row().split(separator: " ").contains { $0 == "90" || look > 1 }, "\(row())")
        }
    }

    @Test("A queue that is drained between two looks has the rates and the trend of the history")
    func drained() {
        var broker = SampleBroker.shop
        broker.queues = [SampleBroker.queue("fast", arrived: 0, isAtLeast: true)]
        var past = QueueRates(window: 300)
        (past.recent, past.inPerSecond, past.outPerSecond, past.growth) = (60, 23, 23, 0)
        let now = QueueRates.step(of: broker.now)
        for step in 1...24 { past.ends[now - step] = 100 + step }
        broker.rates = ["fast": past]
        var app = RunningConsole(broker, columns: 120, rows: 40)
        app.start()
        app.pass(2)
        let row = app.frame().textLines.first { $0.contains("fast ") } ?? ""
        #expect(row.split(separator: " ").count { $0 == "23" } == 2 && row.contains("▇"), "\(row)")
        // Of many whose queue nobody told: at least so much.
        past.isAtLeast = true
        app.broker.rates = ["fast": past]
        app.pass(6)
        #expect(app.frame().textLines.contains { $0.contains("fast ") && $0.contains("≥23") })
    }

    @Test("Thirty queues that change each second cost under 2 KB a second, and such as rest nothing after ten looks")
    func traffic() {
        var broker = SampleBroker.shop
        var seed = 7
        func random(_ below: Int) -> Int {
            seed = (seed * 1_103_515_245 + 12345) % 2_147_483_648
            return seed / 65536 % below
        }
        var depths = (0..<30).map { 200 + 37 * $0 }
        func change() {
            broker.queues = depths.indices.map { index in
                let (arrived, left) = (random(60), random(60))
                depths[index] = max(0, depths[index] + arrived - left)
                return SampleBroker.queue("queue\(index)", [depths[index], 0, 0, 0], arrived: arrived, left: left)
            }
        }
        change()
        var app = RunningConsole(broker, columns: 120, rows: 40)
        app.start()
        let terminal = HeadlessTerminal()
        func seconds(_ count: Int, changing: Bool) -> Int {
            let before = terminal.bytesWritten
            for _ in 0..<count {
                if changing { change() }
                app.broker.queues = broker.queues
                app.pass()
                terminal.present(app.frame(), cursor: nil, styles: .plain)
            }
            return terminal.bytesWritten - before
        }
        _ = seconds(15, changing: true)
        let busy = seconds(60, changing: true)
        #expect(busy <= 60 * 2000, "\(busy / 60) bytes a second")
        broker.queues = depths.indices.map { SampleBroker.queue("queue\($0)", [depths[$0], 0, 0, 0], arrived: 0) }
        app = RunningConsole(broker, columns: 120, rows: 40)
        app.start()
        _ = seconds(12, changing: false)
        #expect(seconds(60, changing: false) == 0)
    }

    @Test("Ages change seldom")
    func ages() {
        let shown = [0, 4.9, 5, 9, 10, 19, 59, 60, 3599, 3600, 86_399, 86_400, 1e15].map(ConsoleText.age)
        #expect(
            shown == [
                "<5 s", "<5 s", "5 s", "5 s", "10 s", "10 s", "50 s", "1 min", "59 min", "1 h", "23 h", "1 d",
                "11574074 d",
            ])
    }

    @Test("Each list is filtered by its own text, which goes with esc before the screen does")
    func filter() {
        var app = running()
        app.press("/")
        app.type("MAI")
        #expect(app.state.console?.queues.rows.map(\.name) == ["mail"])
        app.press("enter w")
        #expect(app.state.console?.workers.rows.count == 3)
        app.press("/")
        app.type("silent")
        app.press("enter")
        #expect(app.state.console?.workers.rows.map(\.worker.name) == ["celery@web2"])
        app.press("esc")
        #expect(app.state.context == .workers && app.state.console?.workers.rows.count == 3)
        app.press("esc")
        #expect(app.state.context == .queues && app.screen.contains("/MAI"))
        app.press("/")
        app.type("x")
        app.press("esc")
        #expect(app.state.console?.filter(in: .queues) == "MAI")
        app.press("D /")
        app.type("user")
        app.press("enter")
        #expect(app.state.console?.dead.groups.map(\.id) == ["77aa01ef"])
    }

    @Test("A worker that neither answers nor beats is silent for a minute, and then gone, not forgotten")
    func gone() {
        var app = running()
        app.press("w")
        app.broker.workers.remove(at: 0)
        app.pass(30)
        var row = app.state.console?.workers.rows.first
        #expect(row?.presence == .silent && row?.worker.name == "celery@web1")
        #expect(app.screen.contains("neither answers nor beats since 30 s"))
        #expect(app.state.reasonUnavailable(.shutDownWorker) == "it does not answer")
        app.pass(31)
        row = app.state.console?.workers.rows.first
        #expect(row?.presence == .gone && row?.worker.name == "celery@web1")
        #expect(app.screen.contains("last heard of 1 min ago"))
        // One that falls silent before it goes still tells what its heart said last.
        app.broker.workers = [
            WorkerState(
                name: "images@gpu1", presence: .silent, hasAnswered: true, heartbeatSeconds: nil, software: nil,
                processID: 1, queues: [], concurrency: 1, active: [], reserved: nil, scheduled: nil, processed: nil,
                load: [], uptimeSeconds: nil, clockSkewSeconds: nil)
        ]
        app.pass(20)
        let silent = app.state.console?.workers.rows.first { $0.worker.name == "images@gpu1" }
        #expect(silent?.presence == .silent && silent?.software == "py-celery 5.7.0" && silent?.load.first == 0.42)
        #expect(app.frame().textLines.first { $0.contains("images@gpu1") }?.contains("20 s") == true)
        app.broker.workers.append(SampleBroker.worker("celery@web1"))
        app.pass()
        #expect(app.state.console?.workers.rows.first?.presence == .alive)
    }

    @Test("More messages are read at the end of those that were, up to a limit")
    func moreMessages() {
        var broker = SampleBroker.shop
        broker.queues[0] = SampleBroker.queue("celery", [5000, 0, 0, 0])
        broker.messages = (0..<5000).map { SampleBroker.message("m\($0)") }
        var app = running(broker)
        app.press("enter")
        #expect(app.state.console?.messages?.messages?.count == 200)
        app.press("G")
        #expect(app.state.console?.messages?.messages?.count == 400)
        #expect(app.state.console?.messages?.cursorMessage?.id == "m199")
        for _ in 0..<20 { app.press("G") }
        #expect(app.state.console?.messages?.messages?.count == MessagesState.mostListed)
    }

    @Test("What waits in a queue is read once, and again on a key; its age is told")
    func snapshot() {
        var app = running()
        app.press("enter")
        let asked = app.questions
        app.pass(130)
        #expect(app.questions == asked)
        #expect(app.screen.contains("as of 2 min ago"))
        app.press("ctrl-r")
        #expect(app.questions == asked + 1)
        #expect(app.screen.contains("as of <5 s ago"))
    }

    @Test("Dead letters are read anew when their number changes, and, where they are few, every few looks")
    func deadReading() {
        var app = running()
        app.press("D")
        app.effects = []
        app.pass(5)
        let known = app.effects.compactMap { effect -> Int?? in
            if case .loadDeadLetters(_, let count) = effect { count } else { nil }
        }
        #expect(known == [5, 5, 5, nil, 5])
        app.pass(12)
        #expect(
            app.effects.contains { if case .loadDeadLetters(_, unlessMark: nil) = $0 { true } else { false } })
        app.broker.groups.removeFirst()
        app.pass()
        #expect(app.state.console?.dead.total == 2)
    }

    @Test("A letter that somebody took meanwhile is told, and the list shows again")
    func letterGone() {
        var app = running()
        app.broker.details = nil
        app.press("D enter enter")
        #expect(app.lastLine.contains("somebody was faster"))
        #expect(app.state.console?.dead.letter == nil && app.state.console?.dead.group != nil)
    }

    // Text

    @Test(
        "No control character of a broker reaches the screen",
        arguments: ["", "enter", "enter j enter", "w", "D", "D enter", "D enter enter"])
    func hostile(keys: String) {
        var app = running()
        app.press(keys)
        let text = app.screen
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7f..<0xa0).contains($0.value) })
        #expect(!text.unicodeScalars.contains { (0x202a...0x202e).contains($0.value) })
    }

    @Test("Long text is wrapped in one pass, loses nothing, and scrolls to its end")
    func longText() {
        let long = String(repeating: "0123456789", count: 20_000)
        var pane = TextPane([.init(label: "args", text: long), .init(label: "trace", text: "one\n  two\r\nthree")])
        pane.wrap(to: 80, rows: 20)
        #expect(pane.lines.prefix { $0.label != "trace" }.map(\.text).joined() == long)
        #expect(pane.lines.suffix(3).map(\.text) == ["one", "  two", "three"])
        pane.scroll(to: .max, rows: 20)
        #expect(pane.offset == pane.lines.count - 20)
        var huge = TextPane([.init(label: "args", text: String(repeating: "x", count: 1 << 20))])
        huge.wrap(to: 80, rows: 20)
        #expect(huge.lines.last?.text.contains("in all") == true)
        #expect("東京 tokyo".pieces(atMost: 5) == ["東京 ", "tokyo"])
        #expect("".pieces(atMost: 5) == [""])
    }

    // Ways

    @Test("The number keys lead to screens that there are; the others say so")
    func numbers() {
        var app = RunningConsole(.shop, hasLibrary: true)
        app.start()
        app.press("6")
        #expect(app.state.context == .queues && app.screen.contains("celery"))
        app.press("3")
        #expect(app.state.context == .duplicates)
        app.press("1")
        #expect(app.state.context == .timeline)
        app.press("4")
        #expect(app.lastLine.contains("4 does nothing here"))
        for (key, screen) in [("7", KeyContext.jobs), ("8", .health), ("9", .costs), ("i", .inbox)] {
            app.press(key)
            #expect(app.state.context == screen)
        }
        app.press("6 tab tab tab")
        #expect(app.state.context == .jobs)
        app.press("tab tab tab tab")
        #expect(app.state.context == .timeline)
        app.press("6 q")
        #expect(app.state.context == .timeline)
        #expect(!app.effects.contains(.quit))
    }

    @Test("A library without a broker says how to get to one; a console without a library has no photos")
    func without() {
        var library = RunningApp(SampleLibrary([("2024-07", 3)]))
        library.start()
        library.press("6")
        #expect(library.state.context == .timeline && library.frame().textLines.last!.contains("phototui console"))
        var app = running()
        app.press("1")
        #expect(app.state.context == .queues && app.lastLine.contains("no library"))
        app.press("tab tab tab tab tab tab")
        #expect(app.state.context == .queues)
        app.press("esc")
        #expect(!app.effects.contains(.quit))
        app.press("q")
        #expect(app.effects.contains(.quit))
        #expect(!app.effects.contains { if case .loadMonths = $0 { true } else { false } })
    }
}
