import CArchive
import CMetadata
import CRaw
import CVips
import Core
import Glibc
import Imaging

extension DecoderDescription {
    /// This process.
    static var current: DecoderDescription {
        // SAFETY: each library returns a string of its own that lives as long as the process.
        let versions = [
            ("libvips", vips_version_string()), ("exiv2", phototui_metadata_version()), ("LibRaw", libraw_version()),
            ("libarchive", phototui_archive_version()),
        ]
        return DecoderDescription(
            version: ProgramVersion.decoder,
            libraries: versions.map { name, version in
                LinkedLibrary(name: name, version: version.map { String(cString: $0) } ?? "unknown")
            }, isRefusedFiles: isRefusedFiles)
    }

    private static var isRefusedFiles: Bool {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == EPERM }
        close(descriptor)
        return false
    }
}
