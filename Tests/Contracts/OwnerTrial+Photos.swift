import Core
import SystemPackage

extension OwnerTrial {
    static let timeline: [OwnerTrial] = [
        OwnerTrial("months()") { own in
            try requireEqual(try await own.catalog.months(), [MonthCount(month: Holding.month, count: 5)], "months")
        },
        OwnerTrial("timeline(_:)") { own, other in
            for theirs in try await other.catalog.timeline(TimelineQuery(limit: 9)) {
                let page = try await own.catalog.timeline(TimelineQuery(after: theirs.position, limit: 9))
                try requireOwn(page.map(\.id), of: own.photos, "a page behind the other's photo")
            }
        } use: { own in
            let found = try await own.catalog.timeline(TimelineQuery(limit: 9))
            try requireEqual(Set(found.map(\.id)), Set(own.photos), "the timeline")
        },
        OwnerTrial("places(in:limit:)") { own in
            try requireEqual(try await own.catalog.places(in: Holding.month, limit: 9), ["Lisbon"], "the places")
        },
    ]

    static let photos: [OwnerTrial] = [
        OwnerTrial("photo(_:)") { own, other in
            for id in other.photos { try requireEqual(try await own.catalog.photo(id), nil, "the other's photo") }
        } use: { own in
            for id in own.photos { try requireEqual(try await own.catalog.photo(id)?.id, id, "the photo") }
        },
        OwnerTrial("photo(sha256:)") { own, other in
            try requireEqual(try await own.catalog.photo(sha256: digest(other.number)), nil, "the other's photo")
        } use: { own in
            for (number, id) in zip([1, 2, 3, 4, own.number], own.photos) {
                try requireEqual(try await own.catalog.photo(sha256: digest(number))?.id, id, "the photo of both")
            }
        },
        OwnerTrial("photos(after:limit:)") { own, other in
            for id in other.photos {
                let page = try await own.catalog.photos(after: id, limit: 99)
                try requireOwn(page.map(\.id), of: own.photos, "a page behind the other's photo")
            }
        } use: { own in
            try requireEqual(try await own.catalog.photos(after: nil, limit: 99).map(\.id), own.photos, "the photos")
        },
        OwnerTrial("photos(_:)") { own in
            let found = try await own.catalog.photos(TimelineQuery(limit: 99))
            try requireEqual(Set(found.map(\.id)), Set(own.photos), "the photos")
        },
        OwnerTrial("photos(idPrefix:limit:)") { own, other in
            for id in other.photos {
                let found = try await own.catalog.photos(idPrefix: id.description, limit: 99)
                try requireEqual(found.map(\.id), [], "the other's photo")
            }
        } use: { own in
            // What both owners' ids begin with: the moment of their making.
            let found = try await own.catalog.photos(idPrefix: String(own.photos[0].description.prefix(8)), limit: 99)
            try requireEqual(found.map(\.id), own.photos, "the photos")
        },
        OwnerTrial("files(of:)") { own, other in
            for id in other.photos { try requireEqual(try await own.catalog.files(of: id), [], "the other's files") }
        } use: { own in
            try requireEqual(try await own.catalog.files(of: own.photos[4]).map(\.path), [own.ownPath], "the files")
        },
        OwnerTrial("faces(of:)") { own, other in
            let found = try await own.catalog.faces(of: other.photos)
            try requireEqual(found, other.photos.map { _ in [] }, "the other's faces")
        } use: { own in
            let names = try await own.catalog.faces(of: [own.photos[0]])[0].compactMap(\.name)
            try requireEqual(names, ["Ana", "\(own.number)"], "the faces")
        },
    ]

    static let files: [OwnerTrial] = [
        OwnerTrial("folders()") { own in
            try requireEqual(
                try await own.catalog.folders(), [WatchedFolder(id: own.folder, path: "/photos")], "the folders")
        },
        OwnerTrial("addFolder(_:)") { own in
            try requireEqual(try await own.catalog.addFolder("/photos").id, own.folder, "the folder of both")
            _ = try await own.catalog.addFolder(own.ownPath)
            try requireEqual(try await own.catalog.folders().map(\.path), ["/photos", own.ownPath], "the folders")
        },
        OwnerTrial("removeFolder(_:)") { own, other in
            try await own.catalog.removeFolder(other.folder)
        } use: { own in
            try await own.catalog.removeFolder(own.folder)
            try requireEqual(try await own.catalog.folders().map(\.path), [own.ownPath], "the folders")
        },
        OwnerTrial("file(at:)") { own, other in
            try requireEqual(try await own.catalog.file(at: other.ownPath), nil, "the other's file")
        } use: { own in
            try requireEqual(try await own.catalog.file(at: "/photos/1.jpg")?.photo, own.photos[0], "the file of both")
        },
        OwnerTrial("files(under:after:limit:)") { own, other in
            try requireEqual(
                try await own.catalog.files(under: other.ownPath, after: nil, limit: 99), [], "the other's file")
        } use: { own in
            let found = try await own.catalog.files(under: "/photos", after: nil, limit: 99)
            try requireEqual(Set(found.compactMap(\.photo)), Set(own.photos), "the files' photos")
            try requireEqual(found.count, 5, "the files")
        },
        OwnerTrial("unusedKey(like:of:)") { own in
            try requireEqual(
                try await own.catalog.unusedKey(like: Holding.key(1), of: digest(1)), Holding.key(1), "the key")
        },
        OwnerTrial("record(_:)") { own in
            let changed = scanned(own.number + 1, path: "/photos/1.jpg")
            guard case .imported(let id) = try await own.catalog.record([changed])[0] else {
                throw ContractViolation("a photo is not new")
            }
            try requireEqual(try await own.catalog.file(at: "/photos/1.jpg")?.photo, id, "the file of both")
            try requireEqual(try await own.catalog.photo(own.photos[0])?.isMissing, true, "the photo that lost it")
        },
        OwnerTrial("markMissing(_:)") { own, other in
            try await own.catalog.markMissing([other.ownPath])
        } use: { own in
            try await own.catalog.markMissing(["/photos/2.jpg"])
            try requireEqual(try await own.catalog.photo(own.photos[1])?.isMissing, true, "missing")
        },
        OwnerTrial("markPresent(_:)") { own, other in
            try await own.catalog.markPresent([other.ownPath])
        } use: { own in
            try await own.catalog.markPresent(["/photos/2.jpg"])
            try requireEqual(try await own.catalog.photo(own.photos[1])?.isMissing, false, "missing")
        },
        OwnerTrial("films(of:)") { own, other in
            try requireEqual(try await own.catalog.films(of: "LIVE-1"), [], "films")
        } use: { own in
            let path = FilePath("/films/\(own.number).mov")
            let film = ScannedFile(
                path: path, fingerprint: FileFingerprint(byteCount: 9, modified: 1),
                content: .film(
                    identifier: "LIVE-1",
                    copy: StoredFilm(
                        identifier: "LIVE-1", sha256: digest(700 + own.number),
                        fingerprint: FileFingerprint(byteCount: 9, modified: 1), key: Holding.key(700 + own.number))))
            _ = try await own.catalog.record([film])
            try requireEqual(try await own.catalog.films(of: "LIVE-1").map(\.path), [path], "the film")
            try requireEqual(try await own.catalog.films(of: "LIVE-2"), [], "the film of another photo")
            try await own.catalog.markMissing([path])
            try requireEqual(try await own.catalog.films(of: "LIVE-1"), [], "a film that is gone")
        },
        OwnerTrial("storedFilms(of:)") { own in
            try requireEqual(
                try await own.catalog.storedFilms(of: "LIVE-1").map(\.sha256), [digest(700 + own.number)], "its own")
        },
        OwnerTrial("storedFilm(_:)") { own, other in
            try requireEqual(try await own.catalog.storedFilm(digest(700 + other.number)), nil, "the other's")
        } use: { own in
            try require(try await own.catalog.storedFilm(digest(700 + own.number)) != nil, "its own film is not there")
        },
        OwnerTrial("livePhotos(of:)") { own in
            try requireEqual(try await own.catalog.livePhotos(of: "LIVE-1"), [], "live photos")
        },
    ]
}
