import Core
import Grid
import Testing

@testable import App

@Suite("What is done to a broker")
struct ConsoleActionTests {
    private func running(isReadOnly: Bool = false) -> RunningConsole {
        var app = RunningConsole(isReadOnly: isReadOnly)
        app.start()
        return app
    }

    @Test("An action says what it touches, waits eight seconds, is done once, and its outcome is told")
    func delayed() {
        var app = running()
        app.press("p")
        #expect(app.screen.contains("312 messages of celery will wait"))
        #expect(app.screen.contains("phototui queues pause celery --broker"))
        app.type("disk is full")
        #expect(app.screen.contains("--reason 'disk is full'"))
        app.press("enter")
        #expect(app.screen.contains("pausing queue celery in 8 s, u undoes"))
        app.pass(7)
        #expect(app.acts.isEmpty && app.screen.contains("in 1 s"))
        app.pass()
        #expect(app.acts.count == 1)
        #expect(app.acts.first?.action == .pause(queue: "celery") && app.acts.first?.reason == "disk is full")
        app.pass(5)
        #expect(app.acts.count == 1)
        guard let request = app.lastAct else { return }
        app.send(.acted(request, Notice(.success, "celery is paused")))
        #expect(app.lastLine.contains("celery is paused"))
        #expect(app.state.console?.acting.isEmpty == true)
    }

    @Test("What waits is taken back with u, on any screen, and nothing is done")
    func undone() {
        var app = RunningConsole(.shop, hasLibrary: true)
        app.start()
        app.press("6 p enter q")
        #expect(app.state.context == .timeline)
        #expect(app.screen.contains("pausing queue celery in 8 s"))
        app.press("u")
        #expect(app.lastLine.contains("taken back"))
        app.pass(20)
        #expect(app.acts.isEmpty && app.state.console?.pending == nil)
        // It is on record, each time.
        app.press("6 p")
        app.type("disk is full")
        app.press("enter u")
        let told = app.effects.compactMap { if case .recordRefusal(let refusal) = $0 { refusal } else { nil } }
        #expect(told.map(\.action) == ["pause queue", "pause queue"] && told[0].subject == "queue celery", "\(told)")
        #expect(told.allSatisfy { $0.reason == "taken back" } && told.map(\.purpose) == ["", "disk is full"])
    }

    @Test("What was done is shown over the screen, and closed again")
    func journal() {
        var app = running()
        app.press("J")
        let asked = app.effects.compactMap { if case .loadJournal(let request) = $0 { request } else { nil } }
        guard let request = asked.first else {
            Issue.record("the journal was not asked for")
            return
        }
        #expect(app.screen.contains("What was done"))
        app.send(.storyLoaded(request, ["2026-11-24T00:00:00  ann  purge queue: 3 messages", "    3 dropped"]))
        #expect(app.screen.contains("ann  purge queue") && app.screen.contains("3 dropped"))
        app.press("q")
        #expect(!app.screen.contains("purge queue: 3"))
    }

    @Test("esc in the question changes nothing")
    func refused() {
        var app = running()
        app.press("p esc")
        #expect(app.state.console?.pending == nil && app.lastLine.contains("nothing was changed"))
    }

    @Test("A paused queue is resumed by the same key")
    func resume() {
        var app = running()
        app.press("j j p enter")
        app.pass(8)
        #expect(app.acts.first?.action == .resume(queue: "mail"))
    }

    @Test("A purge wants the queue's name, to the letter")
    func purge() {
        var app = running()
        app.answers = false
        app.press("X")
        app.type("celery")
        app.press("enter")
        #expect(app.state.console?.pending == nil && app.lastLine.contains("what waits is not counted yet"))
        app.press("esc")
        app.answers = true
        app.press("X enter")
        #expect(app.state.console?.pending == nil && !app.state.layers.isEmpty)
        app.type("celer")
        app.press("enter")
        #expect(app.state.console?.pending == nil && app.screen.contains("type the queue's name: celery"))
        app.press("enter")
        #expect(
            app.refusals.map { [$0.action, $0.subject, $0.reason] } == [
                ["purge queue", "queue celery", "the name typed was celer"]
            ])
        app.type("y")
        app.press("tab")
        app.type("bad deploy")
        app.press("enter")
        #expect(app.screen.contains("purging 312 messages of celery in 8 s"))
        app.pass(8)
        #expect(
            app.acts.first?.action
                == .purge(queue: "celery", upTo: QueueMark(lists: [.init(length: 312, newest: "a1")]))
                && app.acts.first?.reason == "bad deploy")
    }

    @Test("A move wants another queue, and says where nobody is known to take from it")
    func move() {
        var app = running()
        app.press("m")
        app.type("celery")
        app.press("enter")
        #expect(app.state.console?.pending == nil && app.screen.contains("they are in celery already"))
        for _ in 0..<6 { app.press("backspace") }
        app.type("nowhere")
        #expect(app.screen.contains("There is no queue nowhere yet"))
        for _ in 0..<7 { app.press("backspace") }
        app.type("images")
        #expect(app.screen.contains("40 messages wait in images"))
        app.press("enter")
        app.pass(8)
        #expect(app.acts.first?.action == .move(queue: "celery", to: "images"))
    }

    @Test("A group, one letter, or all that the filter lets through go back, by the ids that were shown; poison stays")
    func retry() {
        var app = running()
        app.press("D r enter")
        app.pass(8)
        #expect(
            app.acts.last?.action
                == .retry(
                    DeadChoice(
                        extent: .group("3f2a91bc"), match: "", ids: ["3f2a91bc-2", "3f2a91bc-1", "3f2a91bc-0"],
                        poison: 0)))
        finish(&app)
        app.press("enter j r")
        #expect(app.screen.contains("phototui dead retry 3f2a91bc-1 --yes"))
        app.press("enter")
        app.pass(8)
        #expect(
            app.acts.last?.action
                == .retry(
                    DeadChoice(extent: .letter("3f2a91bc-1"), match: "", ids: ["3f2a91bc-1"], poison: 0)))
        finish(&app)
        app.press("esc R")
        #expect(app.screen.contains("4 dead letters go back") && app.screen.contains("1 letter of poison stays"))
        // One that dies while the question shows is not among them.
        app.broker.groups.append(SampleBroker.group("ffff0000", error: "new", count: 1))
        app.pass(2)
        app.press("enter")
        app.pass(8)
        guard case .retry(let choice)? = app.acts.last?.action else { return }
        #expect(choice.ids.count == 4 && !choice.ids.contains("ffff0000-0"))
        finish(&app)
    }

    @Test("Groups of dead jobs and failed tasks are retried by what is in them then; they are not deleted")
    func otherSources() {
        var app = RunningConsole(.failures)
        app.start()
        app.press("D")
        #expect(app.screen.contains("4 groups") && app.screen.contains("493 failures"), "\(app.screen)")
        app.press("r")
        #expect(app.screen.contains("2 tasks are sent again, as new ones") && app.screen.contains("1 task can't be"))
        #expect(app.screen.contains("phototui dead retry --group aa00000000000001 --yes"))
        app.press("enter")
        app.pass(8)
        guard case .retry(let choice)? = app.acts.last?.action else {
            Issue.record("nothing was retried")
            return
        }
        #expect(choice.tasks == ["t-1", "t-2"] && choice.ids.isEmpty && choice.jobs.isEmpty)
        #expect(choice.subject(.task) == "2 failed tasks (group aa00000000000001)" && choice.subject(.letter) == nil)
        finish(&app)
        app.press("j x")
        #expect(app.lastLine.contains("a dead job stays in the catalogue"))
        app.press("enter")
        #expect(app.screen.contains("no space left: 12 bytes"))
        app.press("j r")
        #expect(app.screen.contains("1 dead job is queued again") && app.screen.contains("dead retry j-2 --yes"))
        app.press("esc enter")
        #expect(app.screen.contains("Dead job") && app.screen.contains("photos1/4711"))
        app.press("esc esc R")
        #expect(app.screen.contains("2 dead letters go back") && app.screen.contains("2 dead jobs are queued again"))
        #expect(app.screen.contains("2 tasks are sent again") && app.screen.contains("phototui dead retry --all --yes"))
        // X: letters alone.
        app.press("esc X")
        #expect(app.screen.contains("3 dead letters will be lost"))
        app.press("esc /")
        app.type("NO SPACE")
        app.press("enter")
        #expect(app.screen.contains("1 group") && app.screen.contains("88 of 493 failures"))
    }

    @Test("Tasks whose queue nobody knows are sent again once it is named, and then all of the group go there")
    func queueless() {
        var broker = SampleBroker.failures
        broker.queueless = ["t-1", "t-2"]
        broker.hindrances = []
        var app = RunningConsole(broker)
        app.start()
        app.press("D r")
        #expect(app.screen.contains("Nobody knows which queue 2 tasks came from"), "\(app.screen)")
        app.press("enter")
        #expect(app.state.console?.pending == nil && app.lastLine.contains("type the queue that they go to"))
        app.type("celerx")
        #expect(app.screen.contains("There is no queue celerx"))
        app.press("backspace y")
        #expect(app.screen.contains("2 tasks are sent again") && app.screen.contains("They go to celery."))
        #expect(app.screen.contains("phototui dead retry --group aa00000000000001 --to celery --yes"))
        app.press("enter")
        app.pass(8)
        guard case .retry(let choice)? = app.acts.last?.action else {
            Issue.record("nothing was retried")
            return
        }
        #expect(choice.tasks == ["t-1", "t-2"] && choice.to == "celery" && choice.queueless.isEmpty)
        #expect(choice.subject(.task) == "2 failed tasks (group aa00000000000001)")
        finish(&app)

        // Of those whose queue is known nothing has to be typed: the others stay.
        broker.queueless = ["t-2"]
        app = RunningConsole(broker)
        app.start()
        app.press("D r")
        #expect(app.screen.contains("1 task is sent again") && app.screen.contains("Nobody knows which queue 1 task"))
        app.press("enter")
        app.pass(8)
        guard case .retry(let known)? = app.acts.last?.action else {
            Issue.record("nothing was retried")
            return
        }
        #expect(known.tasks == ["t-1"] && known.to.isEmpty)
    }

    @Test("A filter is part of the command that does the same")
    func filtered() {
        var app = running()
        app.press("D /")
        app.type("it's user")
        app.press("enter /")
        for _ in 0..<9 { app.press("backspace") }
        app.type("user 0")
        app.press("enter X")
        #expect(app.screen.contains("dead delete --all --match 'user 0' --yes"))
        #expect(app.screen.contains("1 dead letter will be lost"))
        app.press("enter")
        app.pass(8)
        guard case .delete(let choice)? = app.acts.last?.action else {
            Issue.record("nothing was deleted")
            return
        }
        #expect(choice.ids == ["77aa01ef-0"])
    }

    @Test("Poison is not put back from here")
    func poison() {
        var app = running()
        app.press("D j j r")
        #expect(app.state.layers.isEmpty && app.lastLine.contains("poison may end a worker"))
        app.press("x enter")
        #expect(app.screen.contains("deleting 1 dead letter in 8 s"))
    }

    @Test("One action at a time")
    func single() {
        var app = running()
        app.press("p enter X")
        #expect(app.state.layers.isEmpty && app.lastLine.contains("another action waits"))
        app.pass(8)
        app.press("X")
        #expect(app.state.layers.isEmpty && app.lastLine.contains("under way"))
    }

    @Test("Read only switches off every key that changes anything, with the reason")
    func readOnly() {
        for keys in ["p", "m", "X", "enter p", "enter X", "D r", "D R", "D x", "D X", "D enter enter r"] {
            var app = running(isReadOnly: true)
            app.press(keys)
            #expect(app.state.layers.isEmpty, "\(keys)")
            #expect(app.lastLine.contains("read only"), "\(keys): \(app.lastLine)")
            #expect(app.frame().textLines[0].contains("read only"))
            // It is on record, once.
            #expect(app.refusals.count == 1, "\(keys)")
            app.press(keys.split(separator: " ").last.map(String.init) ?? "")
            #expect(app.refusals.count == 1, "\(keys)")
        }
        var app = running(isReadOnly: true)
        app.press("X")
        #expect(
            app.refusals.map { [$0.action, $0.subject, $0.reason] } == [
                ["purge queue", "queue celery", "read only: phototui was started with --read-only"]
            ])
    }

    @Test("Where the broker's user may only look, the frame and the keys say so")
    func onlyLooking() {
        var app = running()
        #expect(!app.frame().textLines[0].contains("read only"))
        app.send(.onlyLookingAllowed)
        app.press("p")
        #expect(app.state.layers.isEmpty && app.lastLine.contains("Redis lets this user only look"))
        #expect(app.frame().textLines[0].contains("read only") && app.refusals.count == 1)
    }

    @Test("A move to a queue that nobody knows makes it, and the command line says so") func moveAnew() {
        var app = running()
        app.press("m")
        app.type("parked")
        #expect(app.screen.contains("--create"))
        app.press("enter")
        app.pass(8)
        #expect(app.acts.first?.action == .move(queue: "celery", to: "parked", creates: true))
    }

    @Test("A failure is told, and leaves the way free for the next action")
    func failure() {
        var app = running()
        app.press("p enter")
        app.pass(8)
        guard let request = app.lastAct else { return }
        app.send(.failed(request, EngineError(.permissionDenied, "NOPERM", whatToDo: "ask")))
        #expect(app.lastLine.contains("pausing failed"))
        app.press("p")
        #expect(!app.state.layers.isEmpty)
    }

    @Test("What waits while the broker falls silent is dropped, and said; how old the figures are shows all along")
    func silentMeanwhile() {
        var app = RunningConsole()
        app.start()
        app.press("p enter")
        #expect(app.screen.contains("pausing queue celery in 8 s"))
        app.answers = false
        app.pass(5)
        #expect(app.screen.contains("pausing queue celery in 3 s"))
        let heading = app.frame().textLines[1]
        #expect(heading.contains("5 s old") && heading.contains("waiting"), "\(heading)")
        app.pass(4)
        #expect(app.acts.isEmpty)
        #expect(app.screen.contains("not done, since the broker does not answer: pausing queue celery"))
        #expect(app.refusals.map(\.action) == ["pause queue"] && app.refusals[0].subject == "queue celery")
        #expect(app.refusals[0].reason == "the broker does not answer")
        // What is tried while it is silent is on record, too.
        app.press("X")
        #expect(app.refusals.map(\.action) == ["pause queue", "purge queue"] && app.state.layers.isEmpty)
        // On another screen, too.
        app = RunningConsole(hasLibrary: true)
        app.start()
        app.press("6")
        app.press("p enter")
        app.answers = false
        app.pass(5)
        app.press("1")
        app.pass(4)
        #expect(app.acts.isEmpty && app.refusals.count == 1)
    }

    @Test("A library's retry is quoted before it is agreed to") func price() {
        var app = RunningConsole(.failures, columns: 120, rows: 30, hasLibrary: true)
        app.broker.price = 0.0834
        app.start()
        app.press("D")
        app.press("R")
        #expect(app.screen.contains("It costs about $0.08"))
        app.press("esc")
        app.broker.jobs = [SampleBroker.job("j", state: "dead", .failed, changed: app.broker.now)]
        app.broker.jobSource = .library(hasBroker: true)
        app.press("7 R")
        #expect(app.screen.contains("It costs about $0.08"))
    }

    @Test("Leaving while something waits wants a second word, and what is not done is told")
    func leaving() {
        var app = running()
        app.press("p enter q")
        #expect(!app.effects.contains(.quit) && app.lastLine.contains("once more leaves"))
        #expect(app.state.leftUndone == "pausing queue celery")
        #expect(app.state.refusalOfLeaving?.reason == "left before it was done")
        app.press("q")
        #expect(app.effects.contains(.quit) && app.acts.isEmpty)
        var other = running()
        other.press("p enter q j q")
        #expect(!other.effects.contains(.quit))
    }

    @Test("A queue whose name is a command line stays one word of it")
    func quoting() {
        let action = ConsoleAction.purge(queue: "a'; rm -rf \u{1b}")
        let words = action.words(options: [], reason: "").map { shellQuoted($0) }
        #expect(words == ["queues", "purge", "$'a\\x27; rm -rf \\x1b'", "--yes"])
    }

    private func finish(_ app: inout RunningConsole) {
        for case .act(let request, _, _) in app.effects { app.send(.acted(request, Notice(.success, "done"))) }
    }
}

@Suite("What is done to workers")
struct WorkerActionTests {
    @Test("A worker is told to end, in eight seconds, with its tasks told before") func shutDown() {
        var app = RunningConsole()
        app.start()
        app.press("w S")
        #expect(app.screen.contains("celery@web1 finishes what it runs (1 task), and ends."))
        #expect(app.screen.contains("phototui workers shutdown celery@web1 --yes"))
        app.press("enter")
        app.pass(8)
        #expect(app.acts.first?.action == .shutDown(worker: "celery@web1"))
    }

    @Test("A rate is typed behind the task's name, and nothing else is taken") func rate() {
        var app = RunningConsole()
        app.start()
        app.press("w L")
        app.type("often")
        app.press("enter")
        #expect(app.state.console?.pending == nil && app.screen.contains("type the task and its rate"))
        for _ in 0..<40 { app.press("backspace") }
        app.type("shop.mail.send 10/m")
        app.press("enter")
        app.pass(8)
        #expect(
            app.acts.first?.action == .limitRate(task: "shop.mail.send", rate: "10/m", worker: "celery@web1"))
    }

    @Test("A silent worker is not told anything") func silent() {
        var app = RunningConsole()
        app.start()
        app.press("w j S")
        #expect(app.lastLine.contains("it does not answer") && app.state.layers.isEmpty)
    }
}
