import Core
import Grid
import Testing
import Widgets

@testable import App

@Suite("Golden screens of the console")
struct ConsoleScreenTests {
    private func running(
        _ broker: SampleBroker = .shop, columns: Int = 80, rows: Int = 24, isReadOnly: Bool = false, look: Look = Look()
    ) -> RunningConsole {
        var app = RunningConsole(broker, columns: columns, rows: rows, isReadOnly: isReadOnly, look: look)
        app.start()
        return app
    }

    @Test("The queues at 80x24: what is deep, paused, hostile") func queues80() throws {
        var app = running()
        app.pass(3)
        try expectGolden(app.frame(), "queues-80x24")
    }

    @Test("The queues at 120x40, the longest first, with a minute of looks") func queues120() throws {
        var app = running(columns: 120, rows: 40)
        for look in 0..<30 {
            app.broker.queues[1] = SampleBroker.queue("images", [40 + look * 5, 0, 0, 0], unacked: 8, arrived: 5)
            app.pass()
        }
        app.press("o j")
        try expectGolden(app.frame(), "queues-120x40")
    }

    @Test("Queues in which messages wait for nobody") func queuesLeft() throws {
        var broker = SampleBroker.shop
        for (index, consumption) in [QueueConsumption.nobody, .nobodyWhoAnswers, .nobody].enumerated() {
            broker.queues[index].consumption = consumption
        }
        try expectGolden(running(broker, columns: 120).frame(), "queues-left-120x24")
    }

    @Test("Before the first answer") func loading() throws {
        var app = RunningConsole()
        app.answers = false
        app.start()
        try expectGolden(app.frame(), "queues-loading")
        app.pass(2)
        #expect(app.screen.contains("redis://queue.example:6379/0 does not answer yet"))
    }

    @Test("A broker without queues says what would make one") func empty() throws {
        try expectGolden(running(SampleBroker()).frame(), "queues-empty")
    }

    @Test("A broker that refuses says why and what to do") func failure() throws {
        var broker = SampleBroker.shop
        broker.fault = EngineError(
            .permissionDenied, "Redis refuses the password", whatToDo: "set PHOTOTUI_BROKER_PASSWORD")
        try expectGolden(running(broker).frame(), "queues-error")
    }

    @Test("A broker that falls silent leaves what it said, with its age") func stale() throws {
        var app = running()
        app.answers = false
        app.pass(42)
        try expectGolden(app.frame(), "queues-stale")
    }

    @Test("Read only is said, and what changes anything is switched off") func readOnly() throws {
        var app = running(isReadOnly: true)
        app.press("p")
        try expectGolden(app.frame(), "queues-read-only")
    }

    @Test("A filter that matches nothing says how to drop it") func filtered() throws {
        var app = running()
        app.press("/")
        app.type("nothing")
        app.press("enter")
        try expectGolden(app.frame(), "queues-filter-empty")
    }

    @Test("ASCII lines on a terminal that has no others") func ascii() throws {
        var app = running(look: Look(lines: .ascii))
        app.pass(3)
        try expectGolden(app.frame(), "queues-ascii")
    }

    @Test("A narrow terminal keeps name and count") func narrow() throws {
        try expectGolden(running(columns: 40, rows: 12).frame(), "queues-narrow")
    }

    @Test("Waiting messages, poison marked, hostile text escaped") func messages() throws {
        var app = running()
        app.press("enter j")
        try expectGolden(app.frame(), "messages-80x24")
    }

    @Test("One message with all it carries") func message() throws {
        var app = running(columns: 120, rows: 40)
        app.press("enter enter")
        try expectGolden(app.frame(), "message-120x40")
    }

    @Test("Workers that are alive, silent and gone") func workers() throws {
        var app = running()
        app.press("w")
        app.broker.workers.removeLast()
        app.pass(75)
        try expectGolden(app.frame(), "workers-80x24")
    }

    @Test("Workers at 120x40, one that is gone looked at") func workers120() throws {
        var app = running(columns: 120, rows: 40)
        app.press("w")
        app.broker.workers.removeFirst()
        app.pass(70)
        try expectGolden(app.frame(), "workers-120x40")
    }

    @Test("Dead letters by what they have in common") func dead() throws {
        var app = running()
        app.press("D")
        try expectGolden(app.frame(), "dead-80x24")
    }

    @Test("An error wider than its column ends in an ellipsis and stands in full below the list")
    func wideError() throws {
        var app = running()
        let error = "PaymentDeclined: " + (1...20).map { "reason\($0)" }.joined(separator: " ")
        app.broker.groups = [SampleBroker.group("wide", error: error, count: 1)]
        app.press("D")
        func expectWhole(_ place: String) throws {
            let row = try #require(app.screen.split(separator: "\n").first { $0.contains("PaymentDecl") })
            #expect(row.contains("…") && !row.contains("reason10"), "\(place): \(row)")
            for word in error.split(separator: " ") { #expect(app.screen.contains(word), "\(place): \(word)") }
        }
        try expectWhole("groups")
        app.broker.members["wide"] = app.broker.groups[0].letters
        app.press("enter")
        try expectWhole("letters")
    }

    @Test("The letters of a group") func group() throws {
        var app = running(columns: 120, rows: 40)
        app.press("D enter j")
        try expectGolden(app.frame(), "dead-group-120x40")
    }

    @Test("Dead letters, dead jobs and failed tasks beside one another, with whose they are") func failures() throws {
        var app = RunningConsole(.failures)
        app.start()
        app.press("D")
        try expectGolden(app.frame(), "dead-sources-80x24")
        app = RunningConsole(.failures, columns: 120, rows: 30)
        app.start()
        app.press("D")
        try expectGolden(app.frame(), "dead-sources-120x30")
        app.press("j enter")
        try expectGolden(app.frame(), "dead-jobs-120x30")
        app.press("esc R")
        try expectGolden(app.frame(), "dead-retry-120x30")
    }

    @Test("A dead letter with error, trace and arguments, scrolled") func letter() throws {
        var app = running()
        app.press("D enter enter j j j")
        try expectGolden(app.frame(), "dead-letter-80x24")
    }

    @Test("Purging says what is lost, and wants the name typed") func purge() throws {
        var app = running()
        app.press("X")
        app.type("cele")
        try expectGolden(app.frame(), "queues-purge")
    }

    @Test("What waits to be done is told on any screen") func pending() throws {
        var app = running()
        app.press("D R")
        app.type("mail is back")
        app.press("enter")
        app.pass(3)
        try expectGolden(app.frame(), "dead-pending")
    }
}
