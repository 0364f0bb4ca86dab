/// Tags that phototui adds to those of a file, where the file holds more than one picture of eight bits a channel.
public enum PictureTag {
    /// How many pictures follow one another: an animation's frames, a document's pages, a camera's multi-picture file.
    public static let frames = "Picture.Frames"
    /// Bits a channel.
    public static let bits = "Picture.Bits"
}
