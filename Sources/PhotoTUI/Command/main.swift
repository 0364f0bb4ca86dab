import ArgumentParser
import Core
import Glibc
import SystemPackage

// A reader that goes away, and a file that may grow no more (ulimit -f), are errors where they are met, not the end of the
// process.
signal(SIGPIPE, SIG_IGN)
signal(SIGXFSZ, SIG_IGN)

let invocation = Invocation(RawArguments.current)
invocation.heedSignals()
if let folder = invocation.library {
    _ = RawArguments.path(folder).withPlatformString { setenv("PHOTOTUI_LIBRARY", $0, 1) }
}
let code = await invocation.run()
// exit() destroys what threads of the libraries still use, and so could turn a finished command into a crash.
fflush(nil)
_exit(code)
