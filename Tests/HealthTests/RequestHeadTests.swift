import Testing

@testable import Health

@Suite("The head of a request")
struct RequestHeadTests {
    private func read(_ text: String) -> RequestHead.Reading { RequestHead.read(Array(text.utf8)) }

    @Test("GET and HEAD are read, with the query left out")
    func complete() {
        #expect(
            read("GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n")
                == .complete(RequestHead(path: "/metrics", isHead: false)))
        #expect(read("HEAD / HTTP/1.0\r\n\r\n") == .complete(RequestHead(path: "/", isHead: true)))
        #expect(
            read("GET / HTTP/1.1\r\nhost:\ta \r\nContent-Length: 0\r\n\r\nmore")
                == .complete(RequestHead(path: "/", isHead: false)))
    }

    @Test("However it is cut, a request is complete at its empty line and not before")
    func cuts() {
        let whole = Array("GET /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n".utf8)
        for count in 0..<whole.count {
            #expect(RequestHead.read(Array(whole[..<count])) == .incomplete, "\(count)")
        }
        #expect(RequestHead.read(whole) == .complete(RequestHead(path: "/a", isHead: false)))
    }

    @Test(
        "What is wrong is refused by its own status",
        arguments: [
            ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405), ("get / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
            ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /\r\n\r\n", 400), ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
            ("GET / HTTP/1.1\nHost: a\n\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", 400),
            ("GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 413),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 3\r\n\r\n", 413),
            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413),
        ])
    func refused(_ text: String, _ status: Int) {
        #expect(read(text) == .refused(status), "\(text.debugDescription)")
    }

    @Test("A line or a head that does not end is refused once it is too long")
    func tooLong() {
        let line = "GET /" + String(repeating: "a", count: RequestHead.longestLine)
        #expect(read(line) == .refused(414))
        #expect(read(line + " HTTP/1.1\r\nHost: a\r\n\r\n") == .refused(414))
        #expect(read(String(line.prefix(RequestHead.longestLine))) == .incomplete)
        let fields = "GET / HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: RequestHead.longestHead / 6)
        #expect(read(fields + "X: y\r\n") == .refused(431))
        #expect(read(fields + "\r\n") == .refused(431))
    }
}
