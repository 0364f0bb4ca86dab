import Core
import Grid
import Testing
import Widgets

@testable import App

@Suite("The screens of jobs, inbox and health")
struct JobScreenTests {
    private func running(
        _ broker: SampleBroker, columns: Int = 80, rows: Int = 24, isReadOnly: Bool = false, look: Look = Look(),
        hasLibrary: Bool = false, hasBroker: Bool = true, hasCatalog: Bool? = nil
    ) -> RunningConsole {
        var app = RunningConsole(
            broker, columns: columns, rows: rows, isReadOnly: isReadOnly, look: look, hasLibrary: hasLibrary,
            hasBroker: hasBroker, hasCatalog: hasCatalog)
        app.start()
        return app
    }

    // Jobs

    @Test("The tasks of a broker: what runs, failed, was retried and revoked, hostile text escaped") func jobs() throws
    {
        var app = running(.watchedShop)
        app.press("7 j")
        try expectGolden(app.frame(), "jobs-80x24")
    }

    @Test("Jobs at 120x40, the newest followed") func wide() throws {
        var app = running(.watchedShop, columns: 120, rows: 40)
        app.press("7")
        try expectGolden(app.frame(), "jobs-120x40")
    }

    @Test("One task with its attempts as a timeline, error, trace and arguments, scrolled") func job() throws {
        var app = running(.watchedShop, columns: 100, rows: 30)
        app.press("7 j enter j j")
        try expectGolden(app.frame(), "job-100x30")
    }

    @Test(
        "A library's job with the photo it is for, its picture and its trail, in a console as in the app",
        arguments: [true, false])
    func photo(isWhole: Bool) throws {
        var app = running(.library, columns: 100, rows: 30, hasLibrary: isWhole, hasCatalog: true)
        app.press("7 j j enter")
        guard let key = app.state.timeline.wanted.first else {
            Issue.record("no thumbnail is wanted")
            return
        }
        var picture = Grid(size: GridSize(columns: key.columns, rows: key.rows))
        picture.fill(picture.bounds, with: Cell("#", paint: .role(.text)))
        app.send(.thumbnailLoaded(key, picture))
        #expect(app.screen.contains("########################"))
        if isWhole { try expectGolden(app.frame(), "job-photo-100x30") }
    }

    @Test("Before anything was heard it is said how that comes about") func none() throws {
        var app = running(SampleBroker())
        app.press("7")
        try expectGolden(app.frame(), "jobs-empty")
    }

    @Test("A catalogue that falls silent leaves what it said, with its age, and the keys") func stale() throws {
        var app = running(.library, hasLibrary: true)
        app.press("7")
        app.answers = false
        app.pass(42)
        app.press("j j")
        try expectGolden(app.frame(), "jobs-stale")
        app.press("r")
        #expect(app.lastLine.contains("the jobs can't be read now") && app.state.layers.isEmpty, "\(app.lastLine)")
    }

    @Test("While nothing changes, nothing is sent to the terminal") func quiet() {
        for keys in ["7", "7 enter", "i", "8"] {
            var broker = SampleBroker.watchedShop
            (broker.findings, broker.health) = (SampleBroker.findingsOfShop, SampleBroker.healthOfShop)
            broker.jobs = [SampleBroker.job("a", state: "failed", .failed, changed: broker.now - 3600 * 5, error: "no")]
            broker.jobDetails["a"] = JobDetails(job: broker.jobs[0])
            broker.health.removeAll { $0.status == .fail }
            var app = running(broker)
            app.press(keys)
            for _ in 0..<130 {
                app.broker.watchedUntil = app.broker.now
                app.pass()
            }
            let terminal = HeadlessTerminal()
            terminal.present(app.frame(), cursor: nil, styles: .plain)
            let before = terminal.bytesWritten
            for _ in 0..<20 {
                app.broker.watchedUntil = app.broker.now
                app.pass()
                // The age of the inbox's findings and the count of looks are told, and go on.
                if keys == "i" || keys == "8" { continue }
                terminal.present(app.frame(), cursor: nil, styles: .plain)
            }
            #expect(terminal.bytesWritten == before, "\(keys)")
        }
    }

    @Test("The filter is asked for with enter, in the words of the command, and dropped with esc") func filter() {
        var app = running(.watchedShop)
        app.press("7 /")
        app.type("state:failed,retrying since:2h \"no space\" left")
        let before = app.questions
        #expect(before == 2)
        app.press("enter")
        let asked = app.effects.compactMap { effect -> [String]? in
            if case .loadJobs(_, let query, _, _) = effect { query.words } else { nil }
        }
        #expect(asked.last == ["--state", "failed,retrying", "--since", "2h", "--match", "no space left"])
        #expect(app.screen.contains("/state:failed,retrying"))
        app.press("esc")
        #expect(app.state.console?.filter(in: .jobs) == "")
    }

    @Test(
        "What is typed becomes the options of the command",
        arguments: [
            ("", []), ("no space", ["--match", "no space"]), ("/user \\d+/", ["--regex", "user \\d+"]),
            ("kind:process_* queue:high", ["--task", "process_*", "--queue", "high"]),
            ("worker:celery@a sort:runtime until:3d", ["--worker", "celery@a", "--sort", "runtime", "--until", "3d"]),
            ("\"state:failed\"", ["--match", "state:failed"]), ("http://x", ["--match", "http://x"]),
            ("state:", []), ("photo:7", ["--photo", "7"]),
        ] as [(String, [String])])
    func query(_ text: String, _ words: [String]) {
        #expect(JobQuery(text).words == words)
    }

    @Test("The newest is followed until one goes down; a new job then leaves the cursor on its row") func follow() {
        var app = running(.watchedShop)
        app.press("7")
        func add(_ id: String) {
            app.broker.jobs.insert(
                SampleBroker.job(id, state: "queued", .waiting, changed: app.broker.now), at: 0)
            app.pass()
        }
        add("n1")
        #expect(app.state.console?.jobs.cursorJob?.id == "n1")
        app.press("j")
        let chosen = app.state.console?.jobs.cursorJob?.id
        add("n2")
        #expect(app.state.console?.jobs.cursorJob?.id == chosen)
        app.press("f")
        #expect(app.state.console?.jobs.cursorJob?.id == "n2")
    }

    @Test("Near the end more are read") func paging() {
        var broker = SampleBroker.watchedShop
        broker.jobs = (0..<1000).map {
            SampleBroker.job("j\($0)", state: "succeeded", .succeeded, changed: broker.now)
        }
        var app = running(broker)
        app.press("7")
        #expect(app.state.console?.jobs.jobs.count == 200)
        app.press("G")
        #expect(app.state.console?.jobs.jobs.count == 600)
        app.press("G")
        #expect(app.state.console?.jobs.jobs.count == 1000)
    }

    // What is done to them

    @Test("A dead job is retried eight seconds later by its id, with the command that does the same") func retry() {
        var app = running(.library, hasLibrary: true)
        app.press("7 j j r")
        #expect(app.screen.contains("phototui jobs retry 0190a7c2-3f1e-7cc0-9a55-000000000013"))
        app.press("enter")
        #expect(app.acts.isEmpty)
        app.pass(8)
        #expect(
            app.acts.first?.action == .onJobs(JobChoice(.retry, ids: ["0190a7c2-3f1e-7cc0-9a55-000000000013"])))
    }

    @Test("All that the filter lets through are counted before they are agreed to, and kept by their ids") func all() {
        var app = running(.library, hasLibrary: true)
        app.press("7 C")
        #expect(app.screen.contains("The 1 job is cancelled") || app.screen.contains("is cancelled"))
        app.press("enter u")
        app.pass(9)
        #expect(app.acts.isEmpty)
        app.press("R enter")
        app.pass(8)
        #expect(
            app.acts.first?.action
                == .onJobs(
                    JobChoice(
                        .retry,
                        ids: ["0190a7c2-3f1e-7cc0-9a55-000000000013", "0190a7c2-3f1e-7cc0-9a55-000000000015"],
                        filter: [])))
    }

    @Test("All unfinished tasks of a broker that the filter lets through are revoked at once") func revokeAll() {
        var app = running(.watchedShop)
        app.press("7 /")
        app.type("task:shop.*")
        app.press("enter ctrl-x")
        let ids = SampleBroker.watchedShop.jobs
            .filter { ["queued", "received", "running", "retrying"].contains($0.state) }.map(\.id)
        #expect(!ids.isEmpty && app.screen.contains("phototui jobs revoke --all --task"))
        app.press("enter")
        app.pass(8)
        #expect(
            app.acts.first?.action
                == .onJobs(JobChoice(.revoke, ids: ids, filter: ["--task", "shop.*"])))
        // A library's are those of its catalogue, and it has a way back as everywhere.
        var library = running(.library, hasLibrary: true)
        library.press("7 ctrl-x")
        let unfinished = SampleBroker.library.jobs.filter { ["queued", "running", "retrying"].contains($0.state) }.map(
            \.id)
        #expect(!unfinished.isEmpty && library.screen.contains("phototui jobs revoke --all --yes"))
        library.press("enter u")
        library.pass(8)
        #expect(library.acts.isEmpty)
        library.press("ctrl-x enter")
        library.pass(8)
        #expect(library.acts.first?.action == .onJobs(JobChoice(.revoke, ids: unfinished, filter: [])))
        var alone = SampleBroker.library
        alone.jobSource = .library(hasBroker: false)
        var silent = running(alone, hasLibrary: true)
        silent.press("7 ctrl-x")
        #expect(silent.state.activity.notice?.text.contains("no worker to tell: C cancels") == true)
    }

    @Test("Another owner's jobs are asked for by the filter, and what is done to them names the owner") func owner() {
        var app = running(.library, hasLibrary: true)
        app.press("7 /")
        app.type("owner:bob state:dead")
        app.press("enter")
        let asked = app.effects.compactMap { effect -> JobQuery? in
            if case .loadJobs(_, let query, _, _) = effect { query } else { nil }
        }.last
        #expect(asked?.owner == "bob" && asked?.words == ["--owner", "bob", "--state", "dead"])
        app.press("j j r")
        #expect(app.screen.contains("phototui jobs retry --owner bob"))
        app.press("enter")
        app.pass(8)
        guard case .onJobs(let choice)? = app.acts.first?.action else {
            Issue.record("nothing was done")
            return
        }
        #expect(choice.owner == "bob" && choice.ids.count == 1)
    }

    @Test("A failed task of a broker is sent again, or all that the filter lets through, and what can't be says why")
    func resend() {
        var broker = SampleBroker.watchedShop
        broker.hindrances = [
            RetryHindrance(reason: "its arguments were cut when they were told", count: 2),
            RetryHindrance(reason: "\u{1b}[2Jhidden", count: 1),
        ]
        var app = running(broker)
        app.press("7 j r")
        #expect(app.screen.contains("1 task is sent again, as a new one"))
        #expect(app.screen.contains("phototui jobs retry 8c1d7f00-0008 --broker"))
        app.press("esc R")
        #expect(app.screen.contains("3 tasks can't be sent again: 2 its"), "\(app.screen)")
        #expect(app.screen.contains("phototui jobs retry --all --yes --broker") && !app.screen.contains("\u{1b}"))
        app.press("enter")
        #expect(app.acts.isEmpty)
        app.pass(8)
        guard case .onJobs(let choice)? = app.acts.first?.action else {
            Issue.record("nothing was done")
            return
        }
        #expect(choice.isOfHistory && choice.ids == ["8c1d7f00-0008"] && choice.filter == [])

        // None of them can be, or it was before.
        broker.jobs = [
            SampleBroker.job("f1", state: "succeeded", .succeeded, changed: broker.now),
            ListedJob(
                id: "f2", task: "shop.mail.send", state: "failed", standing: .failed, queue: nil, worker: nil,
                attempts: 1,
                waitSeconds: nil, runSeconds: nil, changedAt: broker.now, error: "busy", retriedAs: "f3"),
        ]
        app = running(broker)
        app.press("7 R")
        #expect(app.state.layers.isEmpty && app.lastLine.contains("3 tasks can't be sent again"))
        app.press("j r")
        #expect(app.lastLine.contains("retried before, as f3") && app.screen.contains("retried; busy"))
    }

    @Test("Tasks say the moment by which they stand in their order")
    func order() {
        var task = BrokerTask(id: "a", heardAt: 100)
        (task.lastHeardAt, task.endedAt) = (500, 400)
        #expect(ListedJob(task).changedAt == 500)
        #expect(ListedJob(task, in: .newest).changedAt == 100 && ListedJob(task, in: .oldest).changedAt == 100)
        #expect(ListedJob(task, in: .ended).changedAt == 400 && ListedJob(task, in: .runtime).changedAt == 100)
    }

    @Test("What can't be done says why") func reasons() {
        var app = running(.watchedShop)
        app.press("7 r")
        #expect(app.lastLine.contains("it is running"))
        app.press("j x")
        #expect(app.lastLine.contains("it is failed"))
        app.press("c")
        #expect(app.lastLine.contains("x revokes it"))
        app.press("v")
        #expect(app.lastLine.contains("only a broker"))
        app.press("k X enter")
        app.pass(8)
        #expect(app.acts.first?.action == .onJobs(JobChoice(.terminate, ids: ["8c1d7f00-0009"])))
        var looking = running(.watchedShop, isReadOnly: true)
        looking.press("7 x")
        #expect(looking.lastLine.contains("read only"))
        var inline = running(.library, hasLibrary: true, hasBroker: false)
        inline.press("6")
        #expect(inline.lastLine.contains("no broker") && inline.state.context == .timeline)
        inline.press("7 esc")
        #expect(inline.state.context == .timeline)
    }

    // Inbox and health

    @Test("What waits for a person, why, and what mends it") func inbox() throws {
        var broker = SampleBroker.shop
        broker.findings = SampleBroker.findingsOfShop
        var app = running(broker)
        app.press("i j")
        try expectGolden(app.frame(), "inbox-80x24")
    }

    @Test("An empty inbox") func emptyInbox() throws {
        var app = running(.shop)
        app.press("i")
        try expectGolden(app.frame(), "inbox-empty")
    }

    @Test("A finding is mended by its command, or goes to its screen, or says what a person has to do") func mend() {
        var broker = SampleBroker.shop
        broker.findings = SampleBroker.findingsOfShop
        var app = running(broker)
        app.press("i enter")
        #expect(app.state.context == .dead)
        app.press("i j enter")
        #expect(app.screen.contains("phototui queues resume --broker"))
        app.type("disk is back")
        app.press("enter")
        app.pass(8)
        guard case .mend(let fix)? = app.acts.first?.action else {
            Issue.record("nothing was run")
            return
        }
        #expect(fix.line(reason: "x") == fix.words + ["--reason", "x"] && fix.words.last == "mail")
        #expect(app.acts.first?.reason == "disk is back")
        if let request = app.lastAct { app.send(.acted(request, Notice(.success, "done: mail is resumed"))) }
        app.press("j enter")
        #expect(app.lastLine.contains("timedatectl"))
        var looking = running(broker, isReadOnly: true)
        looking.press("i j enter")
        #expect(looking.lastLine.contains("read only"))
    }

    @Test("A thorough look is asked for once, and what it found stays until the next") func thorough() {
        var broker = SampleBroker.library
        broker.findings = [InboxItem(.strayObjects, "objects", count: 3, "3 renditions belong to no photo.")]
        var app = running(broker, hasLibrary: true)
        app.press("i t")
        app.broker.findings = []
        app.pass(16)
        let asked = app.effects.compactMap { if case .loadInbox(_, let isThorough) = $0 { isThorough } else { nil } }
        #expect(asked.prefix(3) == [false, true, false])
        #expect(app.state.console?.inbox.items?.map(\.kind) == [.strayObjects])
    }

    @Test("Health with one that fails: what it means, since when, and what to do") func health() throws {
        var broker = SampleBroker.shop
        broker.health = SampleBroker.healthOfShop
        broker.health[1] = HealthEntry(
            name: "storage", status: .ok, seconds: 0.012, message: "s3.example answers", whatToDo: "")
        var app = running(broker)
        app.press("8")
        app.pass(2)
        app.broker.health = SampleBroker.healthOfShop
        app.pass(70)
        app.press("j")
        try expectGolden(app.frame(), "health-80x24")
    }

    @Test("Health at 120x40, all well") func healthWide() throws {
        var broker = SampleBroker.shop
        broker.health = SampleBroker.healthOfShop.filter { $0.status == .ok }
        var app = running(broker, columns: 120, rows: 40)
        app.press("8")
        for look in 0..<12 {
            app.broker.health[0] = HealthEntry(
                name: "database", status: .ok, seconds: 0.002 * Double(look + 1), message: "answers", whatToDo: "")
            app.pass()
        }
        try expectGolden(app.frame(), "health-120x40")
    }

    @Test("Error rate, wait and run times of each queue, where somebody watched") func rates() throws {
        var broker = SampleBroker.shop
        var rates = QueueRates(window: 300)
        (rates.errorShare, rates.wait, rates.run) = (0.034, .init([0.2, 0.4, 12]), .init([1.2, 1.4, 70]))
        broker.rates = ["celery": rates]
        try expectGolden(running(broker, columns: 120, rows: 40).frame(), "queues-rates-120x40")
        let narrow = running(broker)
        #expect(narrow.screen.contains("wait p50/p95 400 ms/12 s"))
    }
}
