public import SystemPackage

extension EngineError {
    /// What a failed system call means to the caller. `doing` names the step: `"storing an object"`.
    public init(_ errno: Errno, doing: String) {
        let reason = "\(doing) failed: \(errno)"
        switch errno {
        case .noSuchFileOrDirectory, .notDirectory:
            self.init(.notFound, reason, cause: errno)
        case .permissionDenied, .notPermitted, .readOnlyFileSystem:
            self.init(
                .permissionDenied, reason, whatToDo: "change the permissions, or choose another folder", cause: errno)
        case .noSpace, .diskQuotaExceeded, .fileTooLarge:
            self.init(.noSpace, reason, whatToDo: "free some space, then start again", cause: errno)
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .resourceTemporarilyUnavailable, .noMemory, .interrupted,
            .resourceBusy:
            self.init(.unavailable, reason, whatToDo: "try again", isRetryable: true, cause: errno)
        case .ioError:
            self.init(.corrupt, reason, whatToDo: "check the disk", cause: errno)
        case .fileNameTooLong, .invalidArgument:
            self.init(.invalidInput, reason, cause: errno)
        default:
            self.init(.unavailable, reason, cause: errno)
        }
    }
}
