import Core

/// What the info pane says of a photo: labels and values, all foreign text escaped.
struct PhotoInfo {
    struct Row {
        let label: String
        let value: String
        var isProblem = false
    }

    let rows: [Row]

    init(_ details: PhotoDetails) {
        let photo = details.photo
        let metadata = photo.metadata
        var rows: [Row] = []
        func add(_ label: String, _ value: String?) {
            if let value, !value.isEmpty { rows.append(Row(label: label, value: value)) }
        }
        if let problem = photo.problem {
            rows.append(Row(label: "Problem", value: displayEscaped(problem), isProblem: true))
        }
        if photo.isMissing {
            rows.append(
                Row(label: "Missing", value: "no file with these bytes is at a known path", isProblem: true))
        }
        add("Name", displayEscaped(photo.filename))
        add("Taken", takenText(photo.captureTime))
        add("From", sourceText(photo.captureTime.source))
        let size = photo.pixelSize.map(metadata.orientation.upright)
        add("Size", size.map { "\($0.width)×\($0.height), \(megapixels($0))" })
        add("File", "\(photo.mediaType.rawValue), \(photo.byteCount)")
        let camera = [metadata.cameraMake, metadata.cameraModel].compactMap { $0 }
        let isRepeated = camera.count == 2 && camera[1].lowercased().hasPrefix(camera[0].lowercased())
        add("Camera", displayEscaped((isRepeated ? [camera[1]] : camera).joined(separator: " ")))
        add("Lens", metadata.lens.map { displayEscaped($0) })
        add("Exposure", exposureText(metadata.exposure))
        add("Position", metadata.position.map(positionText))
        add("Place", metadata.place.map { displayEscaped($0) })
        add("Rating", metadata.rating.map { String(repeating: "★", count: min(5, max(0, $0))) })
        add("Favourite", photo.isFavourite ? "yes" : nil)
        add("Caption", metadata.caption.map { displayEscaped($0) })
        add("Albums", details.collections.albums.map { displayEscaped($0) }.joined(separator: ", "))
        add("Tags", details.collections.tags.map { displayEscaped($0) }.joined(separator: ", "))
        add("Keywords", metadata.keywords.map { displayEscaped($0) }.joined(separator: ", "))
        add("Faces", Face.summary(details.faces).map { displayEscaped($0) })
        for file in details.files {
            add(file.isMissing ? "Was at" : "Path", displayEscaped(file.path))
        }
        add("pHash", photo.perceptualHash.map { "\($0)" })
        add("SHA-256", photo.sha256.description)
        add("Id", photo.id.description)
        for (name, value) in metadata.tags.sorted(by: { $0.key < $1.key }) {
            rows.append(Row(label: displayEscaped(name), value: displayEscaped(value)))
        }
        self.rows = rows
    }
}

/// `12 Jul 2024 18:03`.
func shortTime(_ time: CaptureTime) -> String {
    let part = time.fields
    return
        "\(part.day) \(monthNames[part.month - 1].prefix(3)) \(part.year) \(twoDigits(part.hour)):\(twoDigits(part.minute))"
}

func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

func takenText(_ time: CaptureTime) -> String {
    let seconds = ":" + twoDigits(time.fields.second)
    guard let offset = time.offsetMinutes else { return shortTime(time) + seconds }
    let zone = "\(offset < 0 ? "-" : "+")\(twoDigits(abs(offset) / 60)):\(twoDigits(abs(offset) % 60))"
    return "\(shortTime(time))\(seconds) \(zone)"
}

private func sourceText(_ source: CaptureTimeSource) -> String {
    switch source {
    case .exif: "the camera (EXIF)"
    case .gps: "the GPS fix"
    case .xmp: "XMP"
    case .iptc: "IPTC"
    case .sidecar: "a sidecar"
    case .filename: "the file's name"
    case .modified: "the file's modification time"
    }
}

func megapixels(_ size: PixelSize) -> String {
    let tenths = (size.pixels + 50_000) / 100_000
    return "\(tenths / 10).\(tenths % 10) MP"
}

func exposureText(_ exposure: Exposure) -> String {
    var parts: [String] = []
    if let seconds = exposure.seconds, seconds > 0 {
        parts.append(seconds < 0.3 ? "1/\(whole(1 / seconds)) s" : "\(decimal(seconds)) s")
    }
    if let aperture = exposure.aperture { parts.append("f/\(decimal(aperture))") }
    if let iso = exposure.iso { parts.append("ISO \(iso)") }
    if let length = exposure.focalLength {
        let film = exposure.focalLength35mm.map { " (\(decimal($0)) mm on film)" } ?? ""
        parts.append("\(decimal(length)) mm\(film)")
    }
    if exposure.flashFired == true { parts.append("flash") }
    return parts.joined(separator: ", ")
}

func positionText(_ position: GeoPosition) -> String {
    func degrees(_ value: Double, _ positive: String, _ negative: String) -> String {
        let units = Int((abs(value) * 100_000).rounded())
        let fraction = String(units % 100_000)
        let padding = String(repeating: "0", count: 5 - fraction.count)
        return "\(units / 100_000).\(padding)\(fraction)° \(value < 0 ? negative : positive)"
    }
    let altitude = position.altitude.map { ", \(whole($0)) m" } ?? ""
    return degrees(position.latitude, "N", "S") + " " + degrees(position.longitude, "E", "W") + altitude
}

/// Photos can hold any number: what doesn't fit an Int is cut.
private func whole(_ value: Double) -> Int {
    value.isFinite ? Int(min(max(value.rounded(), -1e15), 1e15)) : 0
}

private func decimal(_ value: Double) -> String {
    let tenths = whole(value * 10)
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
}
