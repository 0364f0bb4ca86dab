import Core
import Foundation
import Imaging
import SystemPackage
import Testing

@Suite("Faces that files tell of", .enabled(if: Fixtures.isAvailable))
struct FaceTests {
    /// As digiKam writes them: in both vocabularies, with what is no face among them.
    private static let regions = """
        "XMP-mwg-rs:RegionInfo": {"AppliedToDimensions": {"W": 640, "H": 400, "Unit": "pixel"}, "RegionList": [
            {"Area": {"X": 0.25, "Y": 0.5, "W": 0.25, "H": 0.5, "Unit": "normalized"}, "Name": "Ana \u{202e}", "Type": "Face"},
            {"Area": {"X": 0.75, "Y": 0.5, "W": 0.125, "H": 0.25, "Unit": "normalized"}, "Type": "Face"},
            {"Area": {"X": 0.5, "Y": 0.5, "W": 0.5, "H": 0.5, "Unit": "normalized"}, "Name": "Rex", "Type": "Pet"},
            {"Area": {"X": 0.5, "Y": 0.5, "Unit": "normalized"}, "Name": "a point", "Type": "Face"}]},
        "XMP-MP:RegionInfoMP": {"Regions": [
            {"PersonDisplayName": "Ana \u{202e}", "Rectangle": "0.125, 0.25, 0.25, 0.5"},
            {"PersonDisplayName": "Ben", "Rectangle": "0, 0, 0.125, 0.125"},
            {"PersonDisplayName": "nowhere", "Rectangle": "nan, 0, 1e999, 0.125"},
            {"PersonDisplayName": "three numbers", "Rectangle": "0, 0, 0.125"}]}
        """

    private func faces(of file: Tagged) async throws -> [Face] {
        let photo = try await makePool().process(file.path, options: ProcessingOptions())
        return FaceRegion.faces(photo.faces, photo.metadata.orientation, stored: photo.pixelSize)
    }

    @Test(
        "Regions of the Metadata Working Group and Microsoft's people tags are the faces of a photo, each person once")
    func both() async throws {
        let file = try Tagged(tags: Self.regions)
        let found = try await faces(of: file)
        let judged = try file.exiftool([
            "-s3", "-sep", "|", "-XMP-mwg-rs:RegionName", "-XMP-MP:RegionPersonDisplayName",
        ])
        #expect(judged.contains("Rex") && judged.contains("Ben"), "exiftool sees them all: \(judged)")
        #expect(found.count == 3)
        func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> PictureRegion {
            PictureRegion(x: x, y: y, width: width, height: height)
        }
        #expect(
            found == [
                Face(box: box(0.125, 0.25, 0.25, 0.5), name: "Ana \u{202e}", source: .mwg),
                Face(box: box(0.6875, 0.375, 0.125, 0.25), name: nil, source: .mwg),
                Face(box: box(0, 0, 0.125, 0.125), name: "Ben", source: .microsoft),
            ])
    }

    @Test("A box follows the picture as it is turned upright", arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func turned(orientation: Int) async throws {
        let file = try Tagged(tags: Self.regions)
        try file.exiftool(["-q", "-overwrite_original", "-n", "-Orientation=\(orientation)"])
        let ben = try #require(try await faces(of: file).first { $0.name == "Ben" }).box
        // Which corner of the upright picture the stored one's first is (EXIF 2.32, Orientation).
        let corner = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0), (1, 0), (1, 1), (0, 1)][orientation - 1]
        #expect(ben.x == (corner.0 == 0 ? 0 : 0.875))
        #expect(ben.y == (corner.1 == 0 ? 0 : 0.875))
    }

    @Test("Regions told of the picture as it is shown are not turned once more")
    func shown() async throws {
        let document = Self.regions.replacing("\"W\": 640, \"H\": 400", with: "\"W\": 400, \"H\": 640")
        let file = try Tagged(tags: document)
        try file.exiftool(["-q", "-overwrite_original", "-n", "-Orientation=6"])
        let ana = try #require(try await faces(of: file).first { $0.source == .mwg && $0.name != nil })
        #expect(ana.box == PictureRegion(x: 0.125, y: 0.25, width: 0.25, height: 0.5))
    }
}
