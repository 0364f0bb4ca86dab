import ArgumentParser
import Core
import Foundation
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui upload …`: uploads by other clients.
struct UploadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload",
        abstract: "Let another client upload a photo, or send what waits for the storage.",
        subcommands: [Presign.self, Confirm.self, Resume.self])

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send this machine's photos that wait for the storage.",
            discussion: """
                An import that can't reach the storage remembers its photos; this sends them, as the next import does.

                Examples:
                  phototui upload resume --profile prod

                Exit codes: 0 nothing waits any more, 2 some photos still wait or were rejected, 130 stopped by Ctrl-C.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var budget: BudgetOptions

        func run() async throws {
            let report = try await libraryOptions.withLibrary { library in
                _ = try library.requiredUploader()
                try await budget.check(library, for: "upload", on: "files that wait")
                return try await ImportRun(library: library).run(ImportRequest(paths: []))
            }
            if output.json {
                try Console.line(ImportSummary.json(report, isDryRun: false, markedMissing: nil).encoded())
            } else {
                let advice = ImportSummary.Advice(
                    OwnCommand(library: libraryOptions.library), paths: [], showsPhotos: true,
                    place: libraryOptions.networked)
                try Console.write(ImportSummary.text(report, isDryRun: false, advice: advice))
            }
            if report.isInterrupted { throw ExitCode.interrupted }
            if report.waiting > 0 || report.left > 0 || report.rejected > 0 || !report.skipped.isEmpty {
                throw ExitCode.inPart
            }
        }
    }

    struct Presign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin an upload, and print the request that sends it, good for 15 minutes.",
            discussion: """
                The same upload id again goes on with the same upload. Nothing is to be sent when the library has the photo.

                Examples:
                  phototui upload presign --profile prod --sha256 "$(sha256sum a.jpg | cut -d' ' -f1)" \
                --bytes "$(stat -c %s a.jpg)" --name a.jpg --json
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var budget: BudgetOptions

        @Option(help: ArgumentHelp("The file's SHA-256, in hex.", valueName: "digest"))
        var sha256: String
        @Option(help: ArgumentHelp("The file's size.", valueName: "n"))
        var bytes: Int64
        @Option(help: ArgumentHelp("The file's name.", valueName: "name"))
        var name: String
        @Option(help: ArgumentHelp("Its media type.", valueName: "type"))
        var type = "image/jpeg"
        @Option(help: ArgumentHelp("The upload's id, a UUID; a new one where none is given.", valueName: "uuid"))
        var id: String?

        func validate() throws {
            if Hex.bytes(sha256)?.count != 32 { throw ValidationError("--sha256 takes 64 hex digits") }
            if bytes < 1 { throw ValidationError("--bytes takes a number above 0") }
            if MediaType(rawValue: type) == nil { throw ValidationError("\(type) is no picture type phototui knows") }
            if let id, UploadID(id) == nil { throw ValidationError("--id takes a UUID") }
        }

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                let uploader = try library.requiredUploader()
                try await budget.check(library, for: "upload", on: "a client's file")
                guard let digest = Hex.bytes(sha256).flatMap({ SHA256Digest(bytes: $0) }),
                    let mediaType = MediaType(rawValue: type)
                else { return }
                let id = id.flatMap { UploadID($0) } ?? UploadID(clock: SystemClock(), random: SystemRandom())
                let presigned = try await uploader.presign(
                    id, sha256: digest, byteCount: ByteCount(bytes), mediaType: mediaType, filename: name)
                let request = presigned?.request
                let begun = presigned?.id ?? id
                if output.json {
                    let headers = request?.headers.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
                    try Console.line(
                        JSON.object([
                            "id": .string(begun.description), "known": .bool(request == nil),
                            "method": .text(request?.method), "url": .text(request?.url),
                            "headers": headers.map { .object($0) } ?? .null,
                        ]).encoded())
                } else if let request {
                    try Console.line("\(begun)\n\(request.method) \(request.url)")
                    for (name, value) in request.headers.sorted(by: { $0.key < $1.key }) {
                        try Console.line("\(name): \(value)")
                    }
                } else {
                    try Console.line("\(begun)\nThe library has this photo already")
                }
            }
        }
    }

    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End an upload that was sent: its photo appears.",
            discussion: """
                Examples:
                  phototui upload confirm --profile prod 01a1fd00-a60c-76de-a379-b83706a26fed
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        @Argument(help: "The upload's id.")
        var id: String

        func validate() throws {
            if UploadID(id) == nil { throw ValidationError("\(id) is no upload id") }
        }

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                guard let id = UploadID(id) else { return }
                let outcome = try await library.requiredUploader().confirm(id)
                let (photo, word): (PhotoID?, String) =
                    switch outcome {
                    case .imported(let photo): (photo, "imported")
                    case .known(let photo), .moved(let photo): (photo, "known")
                    case .unsupported, .rejected, .overQuota: (nil, "rejected")
                    }
                if output.json {
                    try Console.line(
                        JSON.object(["photo_id": .text(photo?.description), "outcome": .string(word)]).encoded())
                } else {
                    try Console.line("\(photo?.description ?? "") \(word)")
                }
            }
        }
    }
}

extension Library {
    fileprivate func requiredUploader() throws -> Uploader {
        guard let uploader else {
            throw EngineError(
                .unsupported, "an embedded library takes no uploads",
                whatToDo: "name a networked one with --profile NAME")
        }
        return uploader
    }
}
