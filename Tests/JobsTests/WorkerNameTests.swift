import Foundation
import Jobs
import Testing

@Suite("WorkerName")
struct WorkerNameTests {
    @Test("A name reads back as it was written")
    func roundTrip() throws {
        let name = WorkerName.current()
        #expect(WorkerName(name.description) == name)
        #expect(WorkerName.current() != name, "two workers of one process share a name")
    }

    @Test("This process is not gone; one that has ended is")
    func gone() throws {
        let mine = WorkerName.current()
        #expect(!mine.isGone)
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/true")
        try child.run()
        let number = child.processIdentifier
        child.waitUntilExit()
        let ended = WorkerName(host: mine.host, namespace: mine.namespace, process: number, start: 1, serial: 0)
        #expect(ended.isGone)
    }

    @Test("Another process that was given the number of one that ended does not stand for it")
    func reused() {
        let mine = WorkerName.current()
        let earlier = WorkerName(
            host: mine.host, namespace: mine.namespace, process: mine.process, start: mine.start - 1, serial: 0)
        #expect(earlier.isGone)
    }

    @Test("Of processes on other machines and in other containers nothing is claimed")
    func elsewhere() {
        let mine = WorkerName.current()
        #expect(!WorkerName(host: "elsewhere", namespace: mine.namespace, process: 1, start: 1, serial: 0).isGone)
        #expect(!WorkerName(host: mine.host, namespace: "pid:[1]", process: 1, start: 1, serial: 0).isGone)
        #expect(!WorkerName(host: mine.host, namespace: "", process: 1, start: 1, serial: 0).isGone)
    }

    @Test(
        "A name of another form is none",
        arguments: ["", "w", "a/b/c/d/e", "host/ns/0/1/1", "host/ns/1/0/1", "host/ns/-5/1/1", "a/b/1/1/1/1"])
    func malformed(_ text: String) {
        #expect(WorkerName(text) == nil)
    }
}
