/// Tags that phototui adds to those of a file, where the file holds more than one picture of eight bits a channel.
public enum PictureTag {
    /// How many pictures follow one another: an animation's frames, a document's pages, a camera's multi-picture file.
    public static let frames = "Picture.Frames"
    /// How many pictures a multi-picture file has that add to its own, as a gain map does (HDR); no previews.
    public static let added = "Picture.Added"
    /// "1" where a film follows the picture in its file.
    public static let film = "Picture.Film"
    /// "1" where some pixel is less than opaque.
    public static let alpha = "Picture.Alpha"
    /// Bits a channel.
    public static let bits = "Picture.Bits"
}
