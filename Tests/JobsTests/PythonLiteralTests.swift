import Foundation
import Testing

@testable import Jobs

@Suite("PythonLiteral")
struct PythonLiteralTests {
    @Test(
        "A plain value is read as Celery's JSON has it",
        arguments: [
            ("()", "[]"), ("(1,)", "[1]"), ("(1, 'a')", #"[1,"a"]"#), ("{}", "{}"),
            ("{'a': [None, True, False], 'b': -1.5e-07}", #"{"a":[null,true,false],"b":-1.5e-07}"#),
            (#"('it\'s', "it's")"#, #"["it's","it's"]"#), ("({1: 2, None: 3},)", #"[{"1":2,"null":3}]"#),
            ("('a\nb',)", #"["a\u000ab"]"#),
            ("(12345678901234567890123456789012345678901,)", "[12345678901234567890123456789012345678901]"),
            ("((1, 2), [3])", "[[1,2],[3]]"), ("('',)", #"[""]"#), ("('ä😀',)", #"["ä😀"]"#),
        ])
    func plain(_ text: String, _ json: String) throws {
        #expect(try PythonLiteral.parse(text) == JSONValue(parsing: Array(json.utf8)))
    }

    @Test(
        "What is cut, hidden, ambiguous, or no plain value is refused, and why is told",
        arguments: [
            ("(1, 2, ...)", PythonLiteral.Fault.cut), ("('abc...',)", .cut), ("(1, '", .cut), ("", .cut),
            ("(1, …", .cut),
            ("('***',)", .masked), ("({'card': '**** **** **** 5678'},)", .masked), ("(***)", .masked),
            (#"('C:\new',)"#, .backslash), (#"('a\\',)"#, .backslash), ("(b'ab',)", .bytes), ("({1, 2},)", .set),
            ("({1},)", .set), ("(set(),)", .set),
            ("(<Foo object at 0x7f>,)", .object), ("(datetime.datetime(2024, 1, 2),)", .object),
            ("(Decimal('1'),)", .object), ("(inf,)", .object), ("(1j,)", .object), ("(1 2)", .object),
            ("(01,)", .object),
            ("(True_,)", .object), ("('a' 'b',)", .object), ("(1)", .object), ("() ()", .object),
            ("({(1,): 2},)", .object),
            (String(repeating: "(", count: 5000), .cut),
        ])
    func refused(_ text: String, _ fault: PythonLiteral.Fault) {
        #expect(throws: fault) { try PythonLiteral.parse(text) }
    }
}

/// Celery's own writing of arguments as the judge: what is read back is what was sent, or nothing is.
@Suite("PythonLiteral and Celery", .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
struct PythonLiteralInteropTests {
    @Test("Of thousands of values as Celery writes them none is read as another", .timeLimit(.minutes(5)))
    func judged() async throws {
        let output = try await CeleryPeer().run(
            #"""
            import random, datetime, decimal, uuid
            from celery.utils.saferepr import saferepr
            from kombu.utils.json import dumps
            r = random.Random(5)
            letters = ["a", "Z", "0", " ", "'", '"', "\\", "\n", "n", "x", ",", ", ", "(", ")", "[", "]", "{", "}", ":", ".", "...",
                       "é", "😀", "\t", "None", "b'", "*"]
            def text(): return "".join(r.choice(letters) for _ in range(r.randint(0, 6)))
            def value(depth):
                kind = r.randint(0, 13 if depth < 4 else 8)
                if kind <= 1: return r.randint(-10**r.randint(1, 30), 10**r.randint(1, 30))
                if kind == 2: return r.choice([0.1, -1.5e-7, 1e16, 1e300, 5.0, r.random()])
                if kind == 3: return r.choice([None, True, False])
                if kind <= 6: return text()
                if kind == 7: return r.choice([b"ab", b"\xff", "x" * 1500, datetime.date(2024, 1, 2), decimal.Decimal("1.5"), uuid.UUID(int=5)])
                if kind == 8: return r.choice(["plain", "also plain", 7])
                if kind == 9: return tuple(value(depth + 1) for _ in range(r.randint(0, 3)))
                if kind <= 11: return [value(depth + 1) for _ in range(r.randint(0, 3))]
                return {r.choice([text(), "key", 3]): value(depth + 1) for _ in range(r.randint(0, 3))}
            for number in range(6000):
                args = tuple(value(1) for _ in range(r.randint(0, 4)))
                print(json.dumps([saferepr(args, 1024), dumps(args)]))
            """#)
        var read = 0
        let lines = output.split(separator: "\n")
        #expect(lines.count == 6000)
        for line in lines {
            let pair = try #require(JSONValue(parsing: Array(line.utf8))?.array)
            let (text, json) = (try #require(pair[0].string), try #require(pair[1].string))
            guard let found = try? PythonLiteral.parse(text) else { continue }
            read += 1
            #expect(found == JSONValue(parsing: Array(json.utf8)), "\(text)")
        }
        // A third of them, at least, is plain.
        #expect(read > 2000, "\(read)")
    }
}
