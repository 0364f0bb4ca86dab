/// How far what a scan takes for the same picture can be trusted in this library: what people answered, and what they made of it.
public protocol CalibrationCatalog: Sendable {
    /// Clusters that no answer is about, for a person to be asked about, at most `limit`: as many of each distance (the largest
    /// of a cluster's evidence) as there are, in turns, and of one distance such as chance chose, always the same ones.
    func clustersToCalibrate(limit: Int) async throws -> [ClusterID]
    /// Keeps answers; a new one on a pair stands in place of the old. Throws `.notFound`, and keeps none, where a photo is unknown.
    func keep(_ answers: [CalibrationAnswer]) async throws
    /// Of each cluster an answer that two photos which are in it now are not the same; nil where there is none.
    func denials(in clusters: [ClusterID]) async throws -> [CalibrationAnswer?]
    /// How many answers there are of each distance that has any, nearest first.
    func calibrationCounts() async throws -> [CalibrationCount]
    /// Decides how far apart photos may be to be resolved many at a time, from the answers there are; in place of what was
    /// decided before, and noted in the journal with the person's `reason`.
    func calibrate(precision: Double, distance: Int?, actor: String, reason: String) async throws -> Calibration
    /// What was decided last; nil where nobody has.
    func calibration() async throws -> Calibration?
}
