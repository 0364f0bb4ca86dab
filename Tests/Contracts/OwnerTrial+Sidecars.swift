import Core
import SystemPackage

extension OwnerTrial {
    static let sidecars: [OwnerTrial] = [
        OwnerTrial("recordSidecars(_:)") { own, other in
            let beside = FilePath("/photos/\(other.number).xmp")
            let found = try await own.catalog.recordSidecars([Sidecar(path: beside, marks: WrittenMarks())])
            try requireEqual(found, [[]], "the photos beside the other's file")
        } use: { own in
            var marks = WrittenMarks()
            marks.caption = "\(own.number)"
            let found = try await own.catalog.recordSidecars([Sidecar(path: "/photos/1.jpg.xmp", marks: marks)])
            try requireEqual(found, [[own.photos[0]]], "the photos beside the file of both")
            try requireEqual(
                try await own.catalog.photo(own.photos[0])?.metadata.caption, "\(own.number)", "what it says")
        },
        OwnerTrial("editedMarks(of:)") { own, other in
            try requireEqual(
                try await own.catalog.editedMarks(of: other.photos[0]), EditedMarks(), "the other's edited marks")
        } use: { own in
            let photo = own.photos[1]
            _ = try await own.catalog.edit(
                EditRequest(.rating(Int(own.number) % 5 + 1), photos: [photo], actor: "anna"))
            try requireEqual(try await own.catalog.editedMarks(of: photo).marks, [.rating], "what was edited")
        },
    ]
}
