/// A decoder that runs, by its own word and by the kernel's.
public struct DecoderExamination: Hashable, Sendable {
    public let description: DecoderDescription
    /// As proc(5) has it: 0 without seccomp, 2 under a filter; nil where the kernel doesn't tell.
    public let seccompMode: Int?

    /// Whether both say that the sandbox holds.
    public var isConfined: Bool { description.isRefusedFiles && seccompMode == 2 }
}
