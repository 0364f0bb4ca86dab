#pragma once
#include <archive.h>
#include <archive_entry.h>

// It reads `libarchive 3.6.2`.
static inline const char *phototui_archive_version(void) { return archive_version_string() + sizeof "libarchive"; }

// File types are macros with casts, which Swift doesn't import.
static inline int phototui_archive_is_file(unsigned int type) { return type == AE_IFREG; }
static inline int phototui_archive_is_folder(unsigned int type) { return type == AE_IFDIR; }
static inline int phototui_archive_is_link(unsigned int type) { return type == AE_IFLNK; }
