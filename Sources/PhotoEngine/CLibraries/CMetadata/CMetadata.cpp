#include "CMetadata.h"

#include <cstdio>
#include <cstring>
#include <exiv2/exiv2.hpp>
#include <string>

// exiv2 throws; no exception may cross into Swift.

namespace {

constexpr size_t largestValue = 1000;

void report(const char *what, char *error, size_t capacity) { std::snprintf(error, capacity, "%s", what); }

template <typename Body>
int guarded(char *error, size_t capacity, Body body) {
    try {
        body();
        return 0;
    } catch (const std::exception &problem) {
        report(problem.what(), error, capacity);
    } catch (...) {
        report("unknown exception", error, capacity);
    }
    return -1;
}

/// Maker notes, thumbnails and raw sub-images: hundreds of values that nobody asks for.
bool isWanted(const std::string &group) {
    return group == "Image" || group == "Photo" || group == "GPSInfo" || group == "Iop";
}

void visit(const Exiv2::ExifData &data, phototui_metadata_visitor visitor, void *context) {
    for (const auto &datum : data) {
        if (!isWanted(datum.groupName()) || datum.size() > 16 * largestValue) continue;
        if (datum.tag() == 0x927c) continue;
        try {
            std::string text = datum.toString();
            visitor(context, datum.key().c_str(), text.data(), std::min(text.size(), largestValue));
        } catch (...) {
        }
    }
}

template <typename Data>
void visitComponents(const Data &data, phototui_metadata_visitor visitor, void *context) {
    for (const auto &datum : data) {
        if (datum.size() > 64 * largestValue) continue;
        try {
            const std::string key = datum.key();
            const bool isList = datum.typeId() == Exiv2::xmpBag || datum.typeId() == Exiv2::xmpSeq;
            const long count = isList ? std::min(datum.count(), 1000L) : 1;
            for (long index = 0; index < count; ++index) {
                std::string text = isList ? datum.toString(index) : datum.toString();
                visitor(context, key.c_str(), text.data(), std::min(text.size(), largestValue));
            }
        } catch (...) {
        }
    }
}

}  // namespace

void phototui_metadata_initialize(void) {
    Exiv2::enableBMFF(true);
    Exiv2::XmpParser::initialize();
    Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);
}

const char *phototui_metadata_version(void) { return Exiv2::version(); }

int phototui_metadata_read(
    const uint8_t *bytes, size_t size, phototui_metadata_visitor visitor, void *context, int *width, int *height,
    char *error, size_t error_capacity) {
    *width = 0;
    *height = 0;
    return guarded(error, error_capacity, [&] {
        auto image = Exiv2::ImageFactory::open(bytes, static_cast<long>(size));
        image->readMetadata();
        *width = image->pixelWidth();
        *height = image->pixelHeight();
        visit(image->exifData(), visitor, context);
        visitComponents(image->iptcData(), visitor, context);
        visitComponents(image->xmpData(), visitor, context);
    });
}

int phototui_metadata_read_exif(
    const uint8_t *bytes, size_t size, phototui_metadata_visitor visitor, void *context, char *error,
    size_t error_capacity) {
    return guarded(error, error_capacity, [&] {
        if (size >= 6 && std::memcmp(bytes, "Exif\0\0", 6) == 0) {
            bytes += 6;
            size -= 6;
        }
        Exiv2::ExifData data;
        Exiv2::ExifParser::decode(data, bytes, static_cast<uint32_t>(size));
        visit(data, visitor, context);
    });
}

int phototui_metadata_read_xmp(
    const uint8_t *bytes, size_t size, phototui_metadata_visitor visitor, void *context, char *error,
    size_t error_capacity) {
    return guarded(error, error_capacity, [&] {
        Exiv2::XmpData data;
        if (Exiv2::XmpParser::decode(data, std::string(reinterpret_cast<const char *>(bytes), size)) != 0) {
            throw std::runtime_error("not an XMP packet");
        }
        visitComponents(data, visitor, context);
    });
}
