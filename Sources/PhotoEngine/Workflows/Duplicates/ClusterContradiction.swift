import Core
internal import Duplicates

extension ClusterProposal {
    /// Kilometres within which two positions may be one place, rounded by a program.
    private static let onePlace = 1.0

    /// What the photos that would go say of themselves that no copy of the keeper could, for a person, safe to show: another
    /// place, another moment of the camera's clock, or that somebody put them together with others.
    /// - Parameter stacked: photos that are in a stack, and why.
    func contradiction(stacked: [PhotoID: StackReason]) -> String? {
        guard let keeper = photos.first(where: { $0.id == keeper }) else { return nil }
        let kept = kept
        return photos.lazy.filter { !kept.contains($0.id) && $0.sha256 != keeper.sha256 }.compactMap { photo in
            let name = displayEscaped(photo.filename)
            if let reason = stacked[photo.id] { return "\(name) is kept together with others: \(reason.words)" }
            if let gap = StackRecognition.gap(photo, keeper), gap > 0 {
                return "\(name) was taken at another time, says its camera"
            }
            if let one = photo.metadata.position, let other = keeper.metadata.position,
                Sphere.kilometres(one, other) > Self.onePlace
            {
                return "\(name) was taken elsewhere, it says"
            }
            return nil
        }.first
    }
}
