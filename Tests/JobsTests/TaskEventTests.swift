import Core
import Foundation
import Testing

@testable import Jobs

/// What comes on the channel of events, from whom ever.
@Suite("TaskEvent")
struct TaskEventTests {
    private let now = 1_780_000_000.0

    private func payload(_ body: String, encoding: String = "base64") -> CeleryEventListener.Payload {
        let text = encoding == "base64" ? Data(body.utf8).base64EncodedString() : ""
        return CeleryEventListener.Payload(
            bytes: Array(#"{"body":"\#(text)","properties":{"body_encoding":"\#(encoding)"}}"#.utf8), heardAt: now)
    }

    private func read(_ body: String) -> (events: [TaskEvent], unreadable: Int) { TaskEvent.reading(payload(body)) }

    @Test("A list of events is read in its order, with what each tells")
    func list() throws {
        let (events, unreadable) = read(
            """
            [{"type":"task-received","uuid":"a","name":"t.add","args":"(1,)","kwargs":"{}","retries":2,"hostname":"w@h",
              "timestamp":1779999999.5,"eta":null,"root_id":"r","parent_id":null},
             {"type":"task-failed","uuid":"a","exception":"ValueError('no')","traceback":"Traceback\\n x","timestamp":1780000000},
             {"type":"task-revoked","uuid":"b","terminated":true,"signum":"SIGTERM","expired":false,"timestamp":1780000000},
             {"type":"worker-heartbeat","hostname":"w@h"}, {"type":"task-progress","uuid":"a"}]
            """)
        #expect(unreadable == 0 && events.map(\.kind) == [.received, .failed, .revoked])
        let first = try #require(events.first)
        #expect(first.id == "a" && first.name == "t.add" && first.arguments == "(1,)" && first.retries == 2)
        #expect(first.worker == "w@h" && first.at == 1_779_999_999.5 && first.root == "r" && first.parent == nil)
        #expect(events[1].error == "ValueError('no')" && events[1].trace == "Traceback\n x")
        #expect(events[2].error == "terminated by SIGTERM")
    }

    @Test("A worker's clock that is off by years is not believed", arguments: [0, 4_102_444_800, -1e300, 1e300])
    func clocks(_ told: Double) throws {
        let event = try #require(read(#"{"type":"task-started","uuid":"a","timestamp":\#(told)}"#).events.first)
        #expect(event.at == now)
    }

    @Test(
        "What is no event is counted, and the others beside it are read",
        arguments: [
            "", "no JSON", "[1, null, \"x\"]", "{}", #"{"type":"task-started"}"#, #"{"type":"task-started","uuid":7}"#,
            #"{"type":"task-started","uuid":""}"#, #"{"type":"task-started","uuid":"a\u0000b"}"#,
            #"{"type":7,"uuid":"a"}"#,
            String(repeating: "[", count: 5000),
        ])
    func garbage(_ body: String) {
        let found = read(body)
        #expect(found.events.isEmpty && found.unreadable >= 1)
        let mixed = read("[\(body.hasPrefix("{") ? body : "1"), {\"type\":\"task-started\",\"uuid\":\"a\"}]")
        #expect(mixed.events.count == 1 && mixed.unreadable == 1)
    }

    @Test("A message that is nothing of kombu's is counted once")
    func envelope() {
        for bytes in [
            [], [0xFF, 0xFE], Array("{}".utf8), Array(#"{"body":"!!","properties":{"body_encoding":"base64"}}"#.utf8),
        ] {
            let found = TaskEvent.reading(CeleryEventListener.Payload(bytes: bytes, heardAt: now))
            #expect(found.events.isEmpty && found.unreadable == 1)
        }
    }

    @Test("Long texts are cut between characters, values of other types are kept as JSON, and absurd numbers are not")
    func bounds() throws {
        let long = String(repeating: "ü", count: 100_000)
        let body = """
            {"type":"task-failed","uuid":"a","name":["x"],"exception":"\(long)","traceback":"\(long)","args":{"a":1},
             "runtime":1e300,"retries":-5,"timestamp":"now"}
            """
        let event = try #require(read(body).events.first)
        let error = try #require(event.error)
        #expect(error.utf8.count <= 2048 && error.hasSuffix("ü…"))
        #expect((event.trace?.utf8.count ?? 0) <= 16_384 && (event.trace?.utf8.count ?? 0) > 16_000)
        #expect(event.name == #"["x"]"# && event.arguments == #"{"a":1}"#)
        #expect(event.runSeconds == nil && event.retries == nil && event.at == now)
    }

    @Test("The same message has the same mark, another one another")
    func marks() {
        let one = payload(#"{"type":"task-started","uuid":"a"}"#)
        #expect(one.mark == payload(#"{"type":"task-started","uuid":"a"}"#).mark)
        #expect(one.mark != payload(#"{"type":"task-started","uuid":"b"}"#).mark)
    }
}
