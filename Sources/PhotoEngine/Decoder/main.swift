import Core
import Imaging

// Answers one request after another until the app closes the socket. Started by DecoderPool alone.
do {
    try Sandbox.prepare()
    VipsLibrary.start()
    MetadataReader.start()
    try Sandbox.enter()
} catch {
    Log.line("\(error)")
    exitDecoder(1)
}

let socket = DecoderSocket.inherited
while let (request, _, file) = try? socket.receive(DecoderRequest.self) {
    let (reply, payload) = RequestHandler.answer(request, file: file)
    guard (try? socket.send(reply, payload: payload)) != nil else { break }
}
exitDecoder(0)
