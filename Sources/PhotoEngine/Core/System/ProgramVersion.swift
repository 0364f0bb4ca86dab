/// What `phototui` and `phototui-decoder` are told by; both are built and installed together.
public enum ProgramVersion {
    public static let text = "0.1.0"
    /// What the two say to each other; counted up when that changes.
    static let messages = 1
    /// What a decoder must say of itself to fit.
    public static let decoder = "\(text), messages \(messages)"
}
