import Core
import Glibc
import Imaging

if CommandLine.arguments.dropFirst().first == "--version" {
    print("phototui-decoder \(ProgramVersion.decoder)")
    exit(0)
}

// Answers one request after another until the app closes the socket. Started by DecoderPool alone.
do {
    try Sandbox.prepare()
    // Names in archives are UTF-8; the locale is built into the C library, and can't be loaded later.
    setlocale(LC_CTYPE, "C.UTF-8")
    VipsLibrary.start()
    MetadataReader.start()
    try Sandbox.enter()
} catch {
    Log.line("\(error)")
    exitDecoder(1)
}

let socket = DecoderSocket.inherited
while let (request, _, file) = try? socket.receive(DecoderRequest.self) {
    if case .readArchive(let selection) = request.task {
        guard (try? ArchiveReading.run(selection, file: file, socket: socket)) != nil else { break }
        continue
    }
    let (reply, payload) = RequestHandler.answer(request, file: file)
    guard (try? socket.send(reply, payload: payload)) != nil else { break }
}
exitDecoder(0)
