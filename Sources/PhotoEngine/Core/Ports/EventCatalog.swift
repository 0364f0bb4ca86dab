/// The photos that events are proposed of.
public protocol EventCatalog: Sendable {
    /// Photos of the timeline that are in no album, dated by more than their file, and not of a time whose event was refused
    /// (`EditChange.refuseEvent`); in the timeline's order behind `after`, at most `limit`.
    func eventPhotos(after: TimelinePosition?, limit: Int) async throws -> [EventPhoto]
}
