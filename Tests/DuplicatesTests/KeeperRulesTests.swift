import Core
import Duplicates
import Foundation
import SystemPackage
import Testing

@Suite("KeeperRules")
struct KeeperRulesTests {
    private func candidate(_ photo: Photo, path: String = "/photos/a.jpg", albums: Int = 0) -> KeeperCandidate {
        KeeperCandidate(photo: photo, paths: [.init(path)], albumCount: albums)
    }

    private func sent(_ number: Int, _ name: String = "IMG-20240501-WA0001.jpg") -> Photo {
        photo(number, name, width: 1600, height: 1200, camera: nil) { $0.byteCount = ByteCount(200_000) }
    }

    @Test("The camera's original is kept before a WhatsApp copy, for certain, and the sentence says so")
    func whatsApp() {
        let original = photo(9, "IMG_0001.HEIC", .heic)
        let copy = sent(1)
        for order in [[original, copy], [copy, original]] {
            let proposal = KeeperRules().proposal(among: order.map { candidate($0) })
            #expect(proposal.keeper == original.id)
            #expect(proposal.doubt == nil)
            #expect(proposal.choice == "4032x3024 HEIC original; the other is a 1600 px WhatsApp copy")
        }
    }

    @Test("A damaged photo is never kept before a sound one, whatever the rules, and never for certain")
    func damaged() {
        let cut = photo(1, "IMG_0001.jpg") { $0.problem = "Premature end of input file" }
        let export = photo(2, "export.jpg", camera: nil)
        let proposal = KeeperRules().proposal(among: [candidate(cut), candidate(export)])
        #expect(proposal.keeper == export.id)
        #expect(proposal.choice.contains("original, damaged"))
        #expect(proposal.doubt?.hasPrefix("IMG_0001.jpg has") == true)
        let small = sent(3)
        #expect(KeeperRules().proposal(among: [candidate(cut), candidate(small)]).keeper == small.id)
        var rules = KeeperRules()
        rules.referenceFolders = ["/photos"]
        let kept = rules.proposal(among: [candidate(cut), candidate(export, path: "/elsewhere/b.jpg")])
        #expect(kept.keeper == export.id && kept.alwaysKept == [cut.id])
        let both = photo(4, "IMG_0002.jpg", width: 5000, height: 4000) { $0.problem = "Premature end of input file" }
        let doubtful = KeeperRules().proposal(among: [candidate(cut), candidate(both)])
        #expect(doubtful.doubt == "IMG_0002.jpg is damaged")
    }

    @Test("A larger copy without the camera's data leaves the proposal uncertain")
    func largerCopy() {
        let small = photo(1, "IMG_0001.jpg", width: 2000, height: 1500)
        let large = photo(2, "IMG_0001_2.jpg", camera: nil)
        let proposal = KeeperRules().proposal(among: [candidate(small), candidate(large)])
        #expect(proposal.keeper == small.id)
        #expect(proposal.doubt == "IMG_0001_2.jpg has more pixels")
        var rules = KeeperRules()
        rules.order = [.resolution]
        #expect(rules.proposal(among: [candidate(small), candidate(large)]).keeper == large.id)
    }

    @Test("What nothing weighty tells apart is not certain, and the doubt names the other, escaped")
    func equallyGood() {
        let first = photo(1, "a.jpg")
        let second = photo(2, "b\u{1b}[31m.jpg")
        let doubt = KeeperRules().proposal(among: [candidate(first), candidate(second)]).doubt
        #expect(doubt?.hasPrefix("little tells it from ") == true)
        #expect(doubt?.unicodeScalars.contains("\u{1b}") == false)
    }

    @Test("Equal bytes are certain whatever else differs, and the plainer name wins")
    func equalBytes() {
        let plain = photo(2, "IMG_0001.jpg")
        let numbered = photo(1, "IMG_0001 (1).jpg") { $0.sha256 = plain.sha256 }
        let proposal = KeeperRules().proposal(among: [candidate(numbered), candidate(plain)])
        #expect(proposal.keeper == plain.id)
        #expect(proposal.doubt == nil)
        #expect(
            proposal.choice
                == "4032x3024 JPEG original (the plainer name); the other is a 4032 px numbered copy")
    }

    @Test("Every photo in a reference folder is kept, and one is the keeper though others are larger")
    func referenceFolders() {
        var rules = KeeperRules()
        rules.referenceFolders = ["/archive/"]
        let first = photo(1, "a.jpg", width: 800, height: 600)
        let second = photo(2, "b.jpg", width: 1000, height: 800)
        let outside = photo(3, "c.jpg")
        let proposal = rules.proposal(among: [
            candidate(outside, path: "/archives/c.jpg"), candidate(first, path: "/archive/2024/a.jpg"),
            candidate(second, path: "/archive/x/../b.jpg"),
        ])
        #expect(proposal.keeper == second.id)
        #expect(proposal.alwaysKept.subtracting([proposal.keeper]) == [first.id])
        #expect(proposal.choice.contains("in a folder that is always kept"))
        #expect(proposal.choice.contains("800 px original, kept too"))
        let escaping = rules.proposal(among: [
            candidate(outside), candidate(first, path: "/archive/../elsewhere/a.jpg"),
        ])
        #expect(escaping.keeper == outside.id)
    }

    @Test("Each rule decides between two that differ in nothing else", arguments: KeeperRule.allCases)
    func eachRule(rule: KeeperRule) {
        let plain = candidate(photo(1, "IMG_0001.jpg"))
        var better = candidate(photo(2, "IMG_0001.jpg"))
        var rules = KeeperRules()
        rules.referenceFolders = ["/archive"]
        var worse = plain
        switch rule {
        case .referenceFolder: better.paths = ["/archive/a.jpg"]
        case .original: worse.photo.metadata.tags["Exif.Image.Software"] = "Adobe Photoshop 25.1 (Windows)"
        case .extent: better.photo.metadata.tags["Picture.Frames"] = "6"
        case .resolution: better.photo.pixelSize = PixelSize(width: 4200, height: 3150)
        case .format: better.photo.mediaType = .png
        case .metadata: better.photo.metadata.position = GeoPosition(latitude: 47, longitude: 8)
        case .captureDate:
            worse.photo.captureTime = CaptureTime(
                wallMicroseconds: worse.photo.captureTime.wallMicroseconds - 1, offsetMinutes: nil, source: .filename)
        case .fileName: worse.photo.filename = "IMG_0001 copy.jpg"
        case .albums: better.albumCount = 1
        case .bytes: better.photo.byteCount = ByteCount(2_000_001)
        }
        #expect(rules.proposal(among: [worse, better]).keeper == better.photo.id)
        // Without the rule, and with nothing else between them, the earlier id stays.
        rules.order.removeAll { $0 == rule }
        #expect(rules.proposal(among: [worse, better]).keeper == worse.photo.id)
    }

    @Test(
        "What holds more than the picture that shows is never thrown away unseen",
        arguments: [
            (
                ["Picture.Frames": "6"], MediaType.gif, "b.gif has 6 frames",
                "b.gif has 6 frames, of which one was compared"
            ),
            (["Picture.Frames": "3"], .tiff, "b.gif has 3 pages", "b.gif has 3 pages, of which one was compared"),
            (["Picture.Bits": "16"], .png, "b.gif has 16 bits a channel", ""),
            (
                ["Xmp.GCamera.MicroVideo": "1"], .jpeg, "b.gif has a film behind its picture",
                "b.gif has a film behind its picture"
            ),
        ] as [([String: String], MediaType, String, String)])
    func extent(tags: [String: String], type: MediaType, doubt: String, unseen: String) {
        let original = photo(1, "a.jpg")
        let more = photo(2, "b.gif", type, width: 800, height: 600, camera: nil) { $0.metadata.tags = tags }
        #expect(KeeperRules().proposal(among: [candidate(original), candidate(more)]).doubt == doubt)
        let plain = photo(3, "c.jpg", camera: nil)
        #expect(KeeperRules().proposal(among: [candidate(plain), candidate(more)]).keeper == more.id)
        // As many of them may be others: only the first was compared.
        let likewise = photo(4, "d.gif", type) { $0.metadata.tags = tags }
        let equal = KeeperRules().proposal(among: [candidate(likewise), candidate(more)])
        #expect(equal.keeper == likewise.id)
        #expect(equal.doubt == (tags["Picture.Bits"] == nil ? unseen : nil))
    }

    @Test("Transparency is no reason to keep a smaller picture, but one to look at what would go")
    func alpha() {
        let large = photo(1, "a.jpg")
        let drawing = photo(2, "b.png", .png, width: 800, height: 600, camera: nil) {
            $0.metadata.tags = ["Picture.Alpha": "1"]
        }
        let proposal = KeeperRules().proposal(among: [candidate(large), candidate(drawing)])
        #expect(proposal.keeper == large.id && proposal.doubt == "b.png is transparent in parts")
    }

    @Test("More pixels in fewer bytes are no reason to be sure, unless a camera made them")
    func enlarged() {
        func doubt(_ camera: String?, bytes: Int64) -> String? {
            let large = photo(1, "a.jpg", camera: camera) { $0.byteCount = ByteCount(bytes) }
            let small = photo(2, "b.jpg", width: 1600, height: 1200, camera: nil) { $0.byteCount = ByteCount(400_000) }
            return KeeperRules().proposal(among: [candidate(large), candidate(small)]).doubt
        }
        #expect(doubt(nil, bytes: 300_000) == "b.jpg has more bytes for fewer pixels")
        #expect(doubt(nil, bytes: 500_000) == nil)
        #expect(doubt("Canon EOS R5", bytes: 300_000) == nil)
    }

    @Test("Of two whose dates are their files' the larger file is kept")
    func fileDates() {
        let early = photo(1, "a.jpg", camera: nil) {
            $0.captureTime = CaptureTime(wallMicroseconds: 1, offsetMinutes: nil, source: .modified)
            $0.byteCount = ByteCount(300_000)
        }
        let late = photo(2, "b.jpg", camera: nil) {
            $0.captureTime = CaptureTime(wallMicroseconds: 2, offsetMinutes: nil, source: .modified)
        }
        #expect(KeeperRules().proposal(among: [candidate(early), candidate(late)]).keeper == late.id)
    }

    @Test("The order that photos are given in doesn't matter")
    func order() {
        var photos = (0..<6).map { number in
            candidate(
                photo(number, number.isMultiple(of: 2) ? "IMG_1.jpg" : "IMG_1 (1).jpg", width: 1000 + 30 * number),
                albums: number % 3)
        }
        let keeper = KeeperRules().proposal(among: photos)
        for _ in 0..<20 {
            photos.shuffle()
            #expect(KeeperRules().proposal(among: photos) == keeper)
        }
    }

    @Test("Many others are counted, not listed")
    func many() {
        let others = (2..<9).map { candidate(sent($0)) }
        let proposal = KeeperRules().proposal(among: [candidate(photo(1, "a.jpg"))] + others)
        #expect(proposal.choice.hasSuffix("a 1600 px WhatsApp copy and 4 more"))
    }

    @Test("A pattern's words from a config file are shown escaped")
    func escaped() {
        var rules = KeeperRules()
        rules.namePatterns = [NamePattern("x*", "copy\u{1b}[2J\u{202e}")]
        let sentence = rules.proposal(among: [candidate(photo(1, "a.jpg")), candidate(sent(2, "x.jpg"))]).choice
        #expect(!sentence.contains("\u{1b}") && !sentence.contains("\u{202e}"))
    }

    @Test("Rules survive being written and read")
    func codable() throws {
        var rules = KeeperRules()
        rules.order = [.albums, .bytes]
        rules.referenceFolders = ["/archive"]
        #expect(try JSONDecoder().decode(KeeperRules.self, from: JSONEncoder().encode(rules)) == rules)
    }

    @Test(
        "Names are recognised",
        arguments: [
            ("IMG-20240101-WA0001.jpg", "WhatsApp copy"), ("img-20240101-wa0001(1).JPG", "WhatsApp copy"),
            ("IMG_0001 (1).jpg", "numbered copy"), ("IMG_0001(12).jpg", "numbered copy"), ("Sea copy.png", "copy"),
            ("Sea copy 2.png", "copy"), ("Copy of Sea.png", "copy"), ("PXL_1-edited.jpg", "edited version"),
            ("IMG_E0001.HEIC", "edited version"), ("IMG_0001.jpg", nil), ("IMG-2024-WA1.jpg", nil),
            ("copyright.jpg", nil), ("(1).jpg", "numbered copy"), (".copy", nil), ("", nil),
        ] as [(String, String?)])
    func names(name: String, meaning: String?) {
        #expect(NamePattern.standard.first { $0.matches(filename: name) }?.meaning == meaning)
    }

    @Test("A pattern of many stars and a long name take no time")
    func stars() {
        let pattern = NamePattern(String(repeating: "*a", count: 30) + "b", "")
        #expect(!pattern.matches(filename: String(repeating: "a", count: 255)))
        #expect(NamePattern("[ab", "x").matches(filename: "[ab"))
    }
}
