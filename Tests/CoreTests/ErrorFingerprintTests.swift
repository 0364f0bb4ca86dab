import Core
import Testing

@Suite("ErrorFingerprint")
struct ErrorFingerprintTests {
    @Test(
        "What differs in its particulars alone is one group",
        arguments: [
            ["user 17 not found", "user 4 not found", "user 0012 not found"],
            ["no key 'a b'", "no key 'it'"],
            ["ConnectionError: 10.0.0.1:5432 refused", "ConnectionError: 192.168.12.7:6543 refused"],
            [
                "photo 0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d is gone",
                "photo 0190a7c3-0000-7000-8000-0d5e8f1b2c3e is gone",
            ],
            ["open /srv/a/b.jpg: denied", "open /home/c.heic: denied"],
            ["took 3.5 s", "took 12 s"],
            ["first line 1\nTraceback 5", "first line 2\nother"],
            // As Python writes an exception, and as its trace ends.
            ["ValueError('user 17 not found')", "ValueError(\"user 4 not found\")", "ValueError: user 9 not found"],
            ["KeyError(\"no 'a b' in it\")", "KeyError('no \\'x\\' in it')"],
            ["OSError(28, 'No space left on device')", "OSError: No space left on device"],
            ["IntegrityError('duplicate key 1\\nDETAIL: (7)')", "IntegrityError: duplicate key 2"],
        ])
    func same(_ errors: [String]) {
        #expect(Set(errors.map(ErrorFingerprint.init)).count == 1, "\(errors.map { ErrorFingerprint($0).description })")
    }

    @Test(
        "What differs in kind is not",
        arguments: [
            ["disk full", "disk lost"], ["can't open it", "can't close it"], ["KeyError: 'a'", "ValueError: 'a'"],
            ["", "x"], ["ValueError('no such user')", "ValueError('no such card')"], ["ValueError()", "TypeError()"],
            ["f('a' + b)", "g('a' + b)"],
        ])
    func different(_ errors: [String]) {
        #expect(Set(errors.map(ErrorFingerprint.init)).count == errors.count)
    }

    @Test("A text of any length and any bytes has one, soon")
    func hostile() {
        let long = ErrorFingerprint(String(repeating: "'1.", count: 1_000_000))
        #expect(long.description.utf8.count <= 1200)
        #expect(ErrorFingerprint("\u{1B}[31m\u{0}").description.contains("["))
        // What Python escaped stays so, and is no letter more than the backslash that tells it.
        #expect(
            ErrorFingerprint(#"ValueError('bad \x1b]\t \'key\' C:\\dir')"#).description
                == #"ValueError: bad \xNb]\t '…' C:\dir"#)
        #expect(ErrorFingerprint("it's 5 o'clock").description == "it's N o'clock")
    }
}
