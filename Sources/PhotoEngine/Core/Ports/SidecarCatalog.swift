/// What sidecars beside originals say.
public protocol SidecarCatalog: Sendable {
    /// Takes up what sidecars say, in place of what they said before, of the photos they are beside: those it names
    /// itself, else the file that is called as
    /// the sidecar without its ending, else those that are so but for their own. A photo that was processed by an older phototui
    /// is processed again. What somebody edited here stays. Returns the photos of each.
    func recordSidecars(_ sidecars: [Sidecar]) async throws -> [[PhotoID]]

    /// What of a photo's marks is as somebody edited it here, whatever its files tell.
    func editedMarks(of photo: PhotoID) async throws -> EditedMarks
}
