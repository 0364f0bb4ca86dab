import Core
import Duplicates
import Testing

@Suite("StackRecognition")
struct StackRecognitionTests {
    private func bias(_ value: String) -> (inout Photo) -> Void {
        { $0.metadata.tags["Exif.Photo.ExposureBiasValue"] = value }
    }

    @Test("Shots of one camera within seconds are a burst")
    func burst() {
        let shots = [photo(1, "DSC_0041.jpg"), photo(2, "DSC_0042.jpg"), photo(3, "DSC_0043.jpg", at: 1.5)]
        #expect(
            StackRecognition().stacks(among: shots.reversed()) == [
                RecognisedStack(photos: shots.map(\.id), reason: .burst)
            ])
    }

    @Test("A camera's name for a burst goes before the clock, and is no more than a hint for copies")
    func namedBursts() {
        func shot(_ number: Int, _ name: String, at seconds: Double = 0, burst: String?) -> Photo {
            photo(number, name, at: seconds) { $0.metadata.tags["Exif.Apple.BurstUUID"] = burst }
        }
        let first = shot(1, "IMG_0001.JPG", burst: "A")
        #expect(StackRecognition().reason(first, shot(2, "IMG_0002.JPG", at: 8, burst: "A")) == .burst)
        #expect(StackRecognition().reason(first, shot(3, "IMG_0003.JPG", at: 1, burst: "B")) == nil)
        #expect(StackRecognition().reason(first, shot(4, "IMG_0004.JPG", at: 1, burst: nil)) == .burst)
        #expect(StackRecognition().reason(first, shot(5, "IMG_0001 copy.JPG", burst: "A")) == nil)
    }

    @Test("A copy has the shot's time and another name, and is no burst")
    func copies() {
        let shot = photo(1, "DSC_0041.jpg")
        for name in ["DSC_0041 (1).jpg", "DSC_0041 copy.jpg", "holiday.jpg", "DSC_0041.jpg"] {
            #expect(StackRecognition().reason(shot, photo(2, name)) == nil)
        }
        let equal = photo(2, "DSC_0042.jpg") { $0.sha256 = shot.sha256 }
        #expect(StackRecognition().reason(shot, equal) == nil)
    }

    @Test("What has another shot's pixels is no shot of its own; a raw file and its picture are two")
    func samePixels() {
        let (one, two, three) = (photo(1, "DSC_0041.jpg"), photo(2, "DSC_0042.jpg"), photo(3, "DSC_0043.jpg", at: 1))
        let all = Set([one, two, three].map(\.id))
        #expect(StackRecognition().stacks(among: [one, two, three], copies: all).isEmpty)
        #expect(
            StackRecognition().stacks(among: [one, two, three], copies: [one.id, two.id]).map(\.reason) == [.burst])
        let raw = photo(4, "DSC_0041.NEF") { $0.mediaType = .raw }
        #expect(StackRecognition().reason(one, raw, areCopies: true) == .rawAndJPEG)
    }

    @Test("A copy of a burst's shot is no further shot of it, however near its time is to the others'")
    func copiesBesideBursts() {
        let burst = (1...3).map { photo($0, "B\($0).jpg", at: Double($0)) }
        let copies = [
            photo(4, "B2 (1).jpg", at: 2) { $0.byteCount = ByteCount($0.byteCount.bytes + 900) },
            photo(5, "B3-small.jpg", at: 3) { $0.pixelSize = PixelSize(width: 100, height: 75) },
            photo(6, "export.jpg", at: 1) { $0.byteCount = ByteCount($0.byteCount.bytes - 1) },
        ]
        let expected = [RecognisedStack(photos: burst.map(\.id), reason: .burst)]
        for _ in 0..<4 {
            #expect(StackRecognition().stacks(among: (burst + copies).shuffled()) == expected)
        }
        // Equal pixels tell a copy, whatever its number.
        let numbered = photo(7, "B7.jpg", at: 2)
        let same: Set = [burst[1].id, numbered.id]
        #expect(StackRecognition().stacks(among: burst + [numbered], copies: same) == expected)
        // One without the fraction may be a copy of any shot of its second, none of which is one of another.
        let fast = (1...4).map { photo($0, "F\($0).jpg", at: Double($0) / 5) }
        let late = photo(9, "whole.jpg", at: 0) { $0.byteCount = ByteCount($0.byteCount.bytes * 2) }
        #expect(
            StackRecognition().stacks(among: fast + [late]) == [
                RecognisedStack(photos: fast.map(\.id), reason: .burst)
            ])
    }

    @Test("A copy that lost the fraction of its second is no burst; a shot of another second is")
    func fractions() {
        let shot = photo(1, "DSC_7000.jpg", at: 0.47)
        #expect(StackRecognition().reason(shot, photo(2, "DSC_7000-small.jpg")) == nil)
        #expect(StackRecognition().reason(shot, photo(3, "DSC_7000-small.jpg", at: 1)) == .burst)
        #expect(StackRecognition().reason(shot, photo(4, "DSC_7000 2.jpg", at: 0.61)) == .burst)
        #expect(StackRecognition().reason(shot, photo(5, "DSC_7001.jpg")) == .burst)
    }

    @Test("A name alone tells nothing: not without a camera, not of two cameras, not by another clock")
    func namesAlone() {
        #expect(
            StackRecognition().reason(photo(1, "DSC_0041.jpg", camera: nil), photo(2, "DSC_0042.jpg", camera: nil))
                == nil
        )
        #expect(StackRecognition().reason(photo(1, "DSC_0041.jpg"), photo(2, "DSC_0042.jpg", camera: "D850")) == nil)
        let dated = photo(2, "DSC_0042.jpg") {
            $0.captureTime = CaptureTime(
                wallMicroseconds: $0.captureTime.wallMicroseconds, offsetMinutes: nil, source: .modified)
        }
        #expect(StackRecognition().reason(photo(1, "DSC_0041.jpg"), dated) == nil)
        #expect(StackRecognition().reason(photo(1, "DSC_0041.jpg"), photo(2, "DSC_0050.jpg", at: 60)) == nil)
    }

    @Test("Other exposures of one camera are a bracket, by the bias or by the values")
    func bracket() {
        let middle = photo(1, "DSC_0041.jpg", change: bias("0/1"))
        #expect(
            StackRecognition().reason(middle, photo(2, "DSC_0042.jpg", at: 5, change: bias("-2/3"))) == .exposureBracket
        )
        let dark = photo(3, "DSC_0043.jpg", at: 1) { $0.metadata.exposure.seconds = 0.0025 }
        #expect(StackRecognition().reason(photo(1, "DSC_0041.jpg"), dark) == .exposureBracket)
        // Half the time at twice the ISO is the same exposure.
        let same = photo(4, "DSC_0044.jpg", at: 1) {
            $0.metadata.exposure.seconds = 0.005
            $0.metadata.exposure.iso = 200
        }
        #expect(StackRecognition().reason(photo(1, "DSC_0041.jpg"), same) == .burst)
    }

    @Test("RAW and JPEG of one shot, an edited version and the parts of a live photo are told apart")
    func pairs() {
        let jpeg = photo(1, "DSC_0041.jpg")
        #expect(StackRecognition().reason(jpeg, photo(2, "DSC_0041.NEF", .raw)) == .rawAndJPEG)
        #expect(StackRecognition().reason(jpeg, photo(2, "DSC_0047.NEF", .raw, at: 2)) == .burst)
        let edited = photo(3, "DSC_0041.jpg") { $0.metadata.tags["Exif.Image.Software"] = "darktable 4.6" }
        #expect(StackRecognition().reason(jpeg, edited) == .editedVersion)
        let named = photo(7, "IMG_E0041.jpg")
        #expect(StackRecognition().reason(photo(8, "IMG_0041.jpg"), named) == .editedVersion)
        #expect(StackRecognition(names: []).reason(photo(8, "IMG_0041.jpg"), named) == nil)
        #expect(StackRecognition().reason(jpeg, photo(9, "DSC_0041-edited.jpg")) == .editedVersion)
        let firmware = photo(4, "DSC_0041.jpg") { $0.metadata.tags["Exif.Image.Software"] = "17.4.1" }
        #expect(StackRecognition().reason(jpeg, firmware) == nil)
        let still = photo(5, "IMG_1.HEIC", .heic) { $0.metadata.tags["Exif.Apple.ContentIdentifier"] = "A-B" }
        let frame = photo(6, "IMG_1.JPG", at: 900, camera: nil) {
            $0.metadata.tags["Exif.Apple.ContentIdentifier"] = "A-B"
        }
        #expect(StackRecognition().reason(still, frame) == .livePhoto)
        #expect(StackRecognition().stacks(among: [frame, still]).map(\.reason) == [.livePhoto])
    }

    @Test("A cluster's stacks leave out what may be a duplicate, and a photo is in one")
    func stacks() {
        let copy = photo(9, "IMG-20240501-WA0001.jpg", camera: nil)
        let shots = [
            photo(1, "DSC_0041.jpg"), photo(2, "DSC_0041.NEF", .raw), photo(3, "DSC_0100.jpg", at: 100),
            photo(4, "DSC_0101.jpg", at: 101), copy,
        ]
        let stacks = StackRecognition().stacks(among: shots)
        #expect(stacks.map(\.reason) == [.rawAndJPEG, .burst])
        #expect(stacks.map(\.photos) == [[shots[0].id, shots[1].id], [shots[2].id, shots[3].id]])
        #expect(StackRecognition().stacks(among: []).isEmpty)
    }

    @Test("A burst of thousands is one stack")
    func longBurst() {
        let shots = (0..<3000).map { photo($0, "DSC_\(10_000 + $0).jpg", at: Double($0) * 0.1) }
        let stacks = StackRecognition().stacks(among: shots.shuffled())
        #expect(stacks == [RecognisedStack(photos: shots.map(\.id), reason: .burst)])
    }
}
