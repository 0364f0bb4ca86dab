#include "CMetadata.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exiv2/exiv2.hpp>
#include <string>
#include <vector>

// exiv2 throws; no exception may cross into Swift.

namespace {

constexpr size_t largestValue = 1000;
/// As much as a caption may have.
constexpr size_t longestText = 16384;
constexpr const char *emptyPacket =
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
    "<rdf:Description rdf:about=\"\"/></rdf:RDF></x:xmpmeta>\n";

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

/// What an iPhone writes into its maker note of the photos that belong together: what the shots of a burst share, and the two
/// parts of a live photo. An IFD in big-endian order behind 14 bytes, its offsets from the note's start (exiv2 0.27 knows none
/// of Apple's).
void visitApple(const std::vector<Exiv2::byte> &note, phototui_metadata_visitor visitor, void *context) {
    static const char start[] = "Apple iOS";
    if (note.size() < 16 || std::memcmp(note.data(), start, sizeof start) != 0) return;
    const auto number = [&](size_t place, size_t count) {
        uint32_t value = 0;
        for (size_t index = 0; index < count; ++index) value = value << 8 | note[place + index];
        return value;
    };
    const size_t entries = number(14, 2);
    for (size_t index = 0; index < entries && index < 1000; ++index) {
        const size_t entry = 16 + 12 * index;
        if (entry + 12 > note.size()) return;
        const uint32_t tag = number(entry, 2), type = number(entry + 2, 2);
        const char *key = tag == 0x000b   ? "Exif.Apple.BurstUUID"
                          : tag == 0x0011 ? "Exif.Apple.ContentIdentifier"
                                          : nullptr;
        const size_t count = number(entry + 4, 4), place = count > 4 ? number(entry + 8, 4) : entry + 8;
        if (!key || type != 2 || count < 2 || count > 100 || place > note.size() || count > note.size() - place) continue;
        const char *text = reinterpret_cast<const char *>(note.data() + place);
        visitor(context, key, text, strnlen(text, count));
    }
}

void visit(const Exiv2::ExifData &data, phototui_metadata_visitor visitor, void *context) {
    for (const auto &datum : data) {
        const auto largest = static_cast<long>(datum.tag() == 0x927c ? 1 << 20 : 16 * largestValue);
        if (!isWanted(datum.groupName()) || datum.size() > largest) continue;
        if (datum.tag() == 0x927c) {
            std::vector<Exiv2::byte> note(static_cast<size_t>(datum.size()));
            datum.copy(note.data(), Exiv2::bigEndian);
            visitApple(note, visitor, context);
            continue;
        }
        try {
            std::string text = datum.toString();
            visitor(context, datum.key().c_str(), text.data(), std::min(text.size(), largestValue));
        } catch (...) {
        }
    }
}

/// Of text in several languages the default one, else the first; as exiv2 writes one.
std::string text(const Exiv2::Value &value) {
    const auto *languages = dynamic_cast<const Exiv2::LangAltValue *>(&value);
    if (!languages || languages->value_.size() < 2) return value.toString();
    auto chosen = languages->value_.find("x-default");
    if (chosen == languages->value_.end()) chosen = languages->value_.begin();
    return "lang=\"" + chosen->first + "\" " + chosen->second;
}

template <typename Data>
void visitComponents(const Data &data, phototui_metadata_visitor visitor, void *context, size_t largest = largestValue) {
    for (const auto &datum : data) {
        if (datum.size() > static_cast<long>(64 * largest)) continue;
        try {
            const std::string key = datum.key();
            const bool isList = datum.typeId() == Exiv2::xmpBag || datum.typeId() == Exiv2::xmpSeq;
            const long count = isList ? std::min(datum.count(), 1000L) : 1;
            for (long index = 0; index < count; ++index) {
                const std::string value = isList ? datum.toString(index) : text(datum.value());
                visitor(context, key.c_str(), value.data(), std::min(value.size(), largest));
            }
        } catch (...) {
        }
    }
}

/// What follows the mark and the declaration that a file may begin with.
std::string packet(const uint8_t *bytes, size_t size) {
    std::string text(reinterpret_cast<const char *>(bytes), size);
    if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) text.erase(0, 3);
    if (text.compare(0, 5, "<?xml") == 0) {
        const size_t end = text.find("?>");
        if (end != std::string::npos) text.erase(0, end + 2);
    }
    return text;
}

Exiv2::XmpData decoded(const uint8_t *bytes, size_t size) {
    Exiv2::XmpData data;
    if (Exiv2::XmpParser::decode(data, packet(bytes, size)) != 0) throw std::runtime_error("not an XMP packet");
    return data;
}

/// A property with all that is below it.
void erase(Exiv2::XmpData &data, const std::string &key) {
    for (auto datum = data.begin(); datum != data.end();) {
        const std::string other = datum->key();
        const bool isBelow = other.size() > key.size() && (other[key.size()] == '/' || other[key.size()] == '[');
        const bool isIt = other.compare(0, key.size(), key) == 0 && (other.size() == key.size() || isBelow);
        datum = isIt ? data.erase(datum) : std::next(datum);
    }
}

/// The items of a list; what stands in place of one is its only item.
std::vector<std::string> list(Exiv2::XmpData &data, const std::string &key) {
    std::vector<std::string> items;
    const auto known = data.findKey(Exiv2::XmpKey(key));
    if (known == data.end()) return items;
    for (long index = 0; index < known->count(); ++index) items.push_back(known->toString(index));
    return items;
}

/// A list of the kind that it is there, else of `kind`.
void setList(
    Exiv2::XmpData &data, const std::string &key, const std::vector<std::string> &items, Exiv2::TypeId kind) {
    const auto known = data.findKey(Exiv2::XmpKey(key));
    if (known != data.end()) {
        const Exiv2::TypeId there = known->typeId();
        if (there == Exiv2::xmpBag || there == Exiv2::xmpSeq || there == Exiv2::xmpAlt) kind = there;
        data.erase(known);
    }
    if (items.empty()) return;
    Exiv2::XmpArrayValue value(kind);
    for (const auto &item : items) value.read(item);
    data.add(Exiv2::XmpKey(key), &value);
}

void apply(Exiv2::XmpData &data, const phototui_xmp_change &change) {
    const std::string key = change.key;
    if (change.unless_there && data.findKey(Exiv2::XmpKey(key)) != data.end()) return;
    switch (change.kind) {
    case PHOTOTUI_XMP_ERASE:
        return erase(data, key);
    case PHOTOTUI_XMP_TEXT: {
        Exiv2::XmpTextValue value(change.value);
        erase(data, key);
        data.add(Exiv2::XmpKey(key), &value);
        return;
    }
    case PHOTOTUI_XMP_DEFAULT_LANGUAGE: {
        const auto known = data.findKey(Exiv2::XmpKey(key));
        Exiv2::LangAltValue value;
        if (known != data.end()) {
            const auto *languages = dynamic_cast<const Exiv2::LangAltValue *>(&known->value());
            if (languages) value.value_ = languages->value_;
        }
        value.value_["x-default"] = change.value;
        erase(data, key);
        data.add(Exiv2::XmpKey(key), &value);
        return;
    }
    case PHOTOTUI_XMP_BAG_ITEM:
    case PHOTOTUI_XMP_SEQUENCE_ITEM: {
        auto items = list(data, key);
        if (std::find(items.begin(), items.end(), change.value) != items.end()) return;
        items.push_back(change.value);
        return setList(data, key, items, change.kind == PHOTOTUI_XMP_BAG_ITEM ? Exiv2::xmpBag : Exiv2::xmpSeq);
    }
    case PHOTOTUI_XMP_NO_ITEM: {
        auto items = list(data, key);
        const auto kept = std::remove(items.begin(), items.end(), change.value);
        if (kept == items.end()) return;
        items.erase(kept, items.end());
        return setList(data, key, items, Exiv2::xmpBag);
    }
    case PHOTOTUI_XMP_STRUCTURE:
    case PHOTOTUI_XMP_BAG: {
        Exiv2::XmpTextValue value("");
        if (change.kind == PHOTOTUI_XMP_BAG) {
            value.setXmpArrayType(Exiv2::XmpValue::xaBag);
        } else {
            value.setXmpStruct(Exiv2::XmpValue::xsStruct);
        }
        data.add(Exiv2::XmpKey(key), &value);
        return;
    }
    }
    throw std::runtime_error("an unknown change");
}

}  // namespace

void phototui_metadata_initialize(void) {
    Exiv2::enableBMFF(true);
    Exiv2::XmpParser::initialize();
    Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);
}

ptrdiff_t phototui_metadata_find(const uint8_t *bytes, size_t size, const uint8_t *pattern, size_t pattern_size) {
    const void *found = memmem(bytes, size, pattern, pattern_size);
    return found ? static_cast<const uint8_t *>(found) - bytes : -1;
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
        visitComponents(decoded(bytes, size), visitor, context);
    });
}

int phototui_metadata_read_sidecar(
    const uint8_t *bytes, size_t size, phototui_metadata_visitor visitor, void *context, char *error,
    size_t error_capacity) {
    return guarded(error, error_capacity, [&] {
        visitComponents(decoded(bytes, size), visitor, context, longestText);
    });
}

int phototui_metadata_change_sidecar(
    const uint8_t *bytes, size_t size, const phototui_xmp_change *changes, size_t count,
    phototui_metadata_visitor visitor, void *context, char *error, size_t error_capacity) {
    return guarded(error, error_capacity, [&] {
        Exiv2::XmpData data = size == 0 ? Exiv2::XmpData() : decoded(bytes, size);
        for (size_t index = 0; index < count; ++index) apply(data, changes[index]);
        std::string written;
        const auto format = Exiv2::XmpParser::omitPacketWrapper | Exiv2::XmpParser::useCompactFormat;
        if (Exiv2::XmpParser::encode(written, data, static_cast<uint16_t>(format)) != 0) {
            throw std::runtime_error("the XMP can't be written");
        }
        // Of no property at all exiv2 makes no packet, which nobody could read back.
        if (data.empty()) written = emptyPacket;
        written = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + written;
        visitor(context, "", written.data(), written.size());
    });
}
