internal import Core
internal import Foundation

/// A picture on a page: what is said of it, and where it is.
struct GalleryPicture: Sendable {
    /// Untrusted.
    let name: String
    let caption: String?
    /// `2024-07-12 18:03`
    let takenAt: String
    /// Upright.
    let size: PixelSize?
    /// Escaped where that is needed.
    let small: String
    let large: String
}

/// Photos as a page of HTML that needs no script and nothing from elsewhere, by keyboard, pointer or voice.
struct GalleryPage: Sendable {
    let title: String
    let description: String
    let pictures: [GalleryPicture]
    /// How many pictures are on the pages before.
    let first: Int
    let total: Int
    /// The addresses of all pages, and which this is.
    let pages: [String]
    let number: Int

    /// By which a page of ours is known.
    static let mark = "<meta name=\"generator\" content=\"phototui\">"
    static let picturesPerPage = 200

    var html: String {
        let heading = Self.text(title)
        let place = pages.count > 1 ? " (page \(number + 1) of \(pages.count))" : ""
        return """
            <!DOCTYPE html>
            <html>
            <head>
            <meta charset="utf-8">
            \(Self.mark)
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex, nofollow">
            <meta name="referrer" content="no-referrer">
            <meta http-equiv="Content-Security-Policy" content="script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'">
            <title>\(heading)\(place)</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <header>
            <h1><bdi>\(heading)</bdi></h1>
            \(description.isEmpty ? "" : "<p><bdi>\(Self.text(description))</bdi></p>\n")\
            <p>\(total == 1 ? "1 photo" : "\(total) photos")\(place)</p>
            \(links)</header>
            <main>
            <ul class="wall">
            \(pictures.indices.map(onWall).joined())</ul>
            \(pictures.indices.map(alone).joined())</main>
            \(pages.count > 1 ? "<footer>\(links)</footer>\n" : "")</body>
            </html>

            """
    }

    /// A page of ours without what it shows under names that hold `name`, of which it says that it was removed; the same page
    /// where there is none.
    static func page(_ html: String, without name: String) -> String {
        var rest = html[...]
        var page = ""
        // Foreign text on it has no `<` of its own.
        while let place = rest.range(of: name) {
            guard let start = rest[..<place.lowerBound].range(of: "<figure>", options: .backwards),
                let end = rest[place.upperBound...].range(of: "</figure>")
            else { break }
            page += rest[..<start.lowerBound] + "<figure><p>This photo was removed.</p></figure>"
            rest = rest[end.upperBound...]
        }
        return page + rest
    }

    private var links: String {
        guard pages.count > 1 else { return "" }
        let items = pages.indices.map { index in
            index == number
                ? "<b aria-current=\"page\">\(index + 1)</b>"
                : "<a href=\"\(Self.attribute(pages[index]))\">\(index + 1)</a>"
        }
        return "<nav aria-label=\"Pages\">\(items.joined(separator: " "))</nav>\n"
    }

    private func onWall(_ index: Int) -> String {
        let picture = pictures[index]
        return """
            <li><figure><a id="t\(index + 1)" href="#p\(index + 1)">\(image(picture, picture.small, longest: 256))</a>
            <figcaption>\(words(picture))</figcaption></figure></li>

            """
    }

    /// In front of the wall, while its address is the one that was asked for.
    private func alone(_ index: Int) -> String {
        let picture = pictures[index]
        let number = index + 1
        let back = index > 0 ? "<a href=\"#p\(number - 1)\" rel=\"prev\">Previous</a>" : "<span>Previous</span>"
        let onward =
            index + 1 < pictures.count ? "<a href=\"#p\(number + 1)\" rel=\"next\">Next</a>" : "<span>Next</span>"
        return """
            <section class="alone" id="p\(number)" aria-label="Photo \(first + number) of \(total)">
            <nav aria-label="Photos">\(back) <a href="#t\(number)">Close</a> \(onward)</nav>
            <figure>\(image(picture, picture.large, longest: nil))<figcaption>\(words(picture))</figcaption></figure>
            </section>

            """
    }

    private func image(_ picture: GalleryPicture, _ address: String, longest: Int?) -> String {
        var size = ""
        if let longest, let whole = picture.size, whole.width > 0, whole.height > 0 {
            let scale = min(1, Double(longest) / Double(max(whole.width, whole.height)))
            func scaled(_ edge: Int) -> Int { max(1, Int((Double(edge) * scale).rounded())) }
            size = " width=\"\(scaled(whole.width))\" height=\"\(scaled(whole.height))\""
        }
        let words = picture.caption ?? "Photo \(picture.name), \(picture.takenAt)"
        return "<img src=\"\(Self.attribute(address))\" alt=\"\(Self.text(words))\"\(size) loading=\"lazy\">"
    }

    private func words(_ picture: GalleryPicture) -> String {
        (picture.caption.map { "<bdi>\(Self.text($0))</bdi> " } ?? "")
            + "<small><bdi>\(Self.text(picture.name))</bdi> <time>\(Self.text(picture.takenAt))</time></small>"
    }

    /// Foreign text: what a terminal could obey, or a reader not see, is shown; what HTML could obey is escaped.
    static func text(_ text: String) -> String {
        attribute(
            text.split(separator: "\n", omittingEmptySubsequences: false).map { displayEscaped(String($0)) }.joined(
                separator: " "))
    }

    static func attribute(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static let style = """
        :root{color-scheme:light dark}body{font:1rem/1.4 system-ui,sans-serif;margin:1rem}\
        .wall{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:1rem}.wall figure{margin:0;width:256px}\
        .wall a{display:flex;width:256px;height:256px;align-items:center;justify-content:center}\
        img{max-width:100%;max-height:100%;height:auto;object-fit:contain}figcaption{overflow-wrap:anywhere}\
        a:focus-visible{outline:3px solid;outline-offset:2px}\
        .alone{display:none}.alone:target{display:flex;flex-direction:column;position:fixed;inset:0;background:Canvas;padding:1rem}\
        .alone nav{display:flex;gap:2rem;justify-content:center;padding-bottom:1rem}.alone span{opacity:.5}\
        .alone figure{margin:0;flex:1;min-height:0;display:flex;flex-direction:column;align-items:center}\
        .alone img{flex:1;min-height:0}
        """
}

extension GalleryPicture {
    init(_ photo: Photo, small: String, large: String) {
        self.init(
            name: photo.filename, caption: photo.metadata.caption,
            takenAt: String(photo.captureTime.rfc3339.prefix(16)).replacing("T", with: " "),
            size: photo.pixelSize.map(photo.metadata.orientation.upright), small: small, large: large)
    }
}
