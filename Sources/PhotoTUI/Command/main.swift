import ArgumentParser
import Core
import Glibc

// A decoder or a reader that goes away is an error where it is met, not the end of the process.
signal(SIGPIPE, SIG_IGN)

let invocation = Invocation(RawArguments.current)
if let folder = invocation.library { setenv("PHOTOTUI_LIBRARY", folder, 1) }
exit(await invocation.run())
