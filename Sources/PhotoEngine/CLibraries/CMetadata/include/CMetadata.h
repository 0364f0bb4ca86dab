#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Called for each value read: its exiv2 key, then `size` bytes of text (not terminated), in file order. A value with
/// several components that stand for themselves (XMP bags, IPTC repeats) comes once a component.
typedef void (*phototui_metadata_visitor)(void *context, const char *key, const char *text, size_t size);

/// Must be called once, before the others, on the first thread.
void phototui_metadata_initialize(void);

/// exiv2's version, as it is loaded; lives as long as the process.
const char *phototui_metadata_version(void);

/// The place of `pattern` in `bytes`, or -1: memmem(3), which glibc shows to C alone.
ptrdiff_t phototui_metadata_find(const uint8_t *bytes, size_t size, const uint8_t *pattern, size_t pattern_size);

/// Reads EXIF, IPTC and XMP of a whole file in memory; `width` and `height` are the picture's as its container says, 0
/// where it doesn't. Returns 0, or -1 with a message in `error` when exiv2 knows no such format or cannot parse it.
int phototui_metadata_read(
    const uint8_t *bytes, size_t size, phototui_metadata_visitor visitor, void *context, int *width, int *height,
    char *error, size_t error_capacity);

/// Reads one EXIF block, that is a TIFF structure, with or without the leading "Exif\0\0".
int phototui_metadata_read_exif(
    const uint8_t *bytes, size_t size, phototui_metadata_visitor visitor, void *context, char *error,
    size_t error_capacity);

/// Reads one XMP packet.
int phototui_metadata_read_xmp(
    const uint8_t *bytes, size_t size, phototui_metadata_visitor visitor, void *context, char *error,
    size_t error_capacity);

/// Reads a sidecar: a file that is one XMP packet. Values of up to 16,384 bytes.
int phototui_metadata_read_sidecar(
    const uint8_t *bytes, size_t size, phototui_metadata_visitor visitor, void *context, char *error,
    size_t error_capacity);

enum phototui_xmp_change_kind {
    /// The property with all that is below it.
    PHOTOTUI_XMP_ERASE,
    PHOTOTUI_XMP_TEXT,
    /// The default of a text in several languages; the others stay.
    PHOTOTUI_XMP_DEFAULT_LANGUAGE,
    /// An item of a list, behind the last, unless it has it already.
    PHOTOTUI_XMP_BAG_ITEM,
    PHOTOTUI_XMP_SEQUENCE_ITEM,
    /// Out of a list, which goes with its last item.
    PHOTOTUI_XMP_NO_ITEM,
    /// What others are below of.
    PHOTOTUI_XMP_STRUCTURE,
    PHOTOTUI_XMP_BAG,
};

/// One change of a sidecar; the texts are terminated.
typedef struct {
    enum phototui_xmp_change_kind kind;
    const char *key;
    const char *value;
    /// Leaves alone what the sidecar has under the key, also what could not be read of it.
    bool unless_there;
} phototui_xmp_change;

/// Makes changes in a sidecar, or in an empty one where `size` is 0, and hands its new bytes to `visitor`, once.
int phototui_metadata_change_sidecar(
    const uint8_t *bytes, size_t size, const phototui_xmp_change *changes, size_t count,
    phototui_metadata_visitor visitor, void *context, char *error, size_t error_capacity);

#ifdef __cplusplus
}
#endif
