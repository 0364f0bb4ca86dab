#pragma once
#include <vips/vips.h>

// Every libvips operation is variadic (name, value, …, NULL), and VIPS_INIT is a macro: Swift imports neither.

static inline int phototui_vips_init(const char *program) { return VIPS_INIT(program); }

// fail_on: 0 takes what can be decoded, 2 (VIPS_FAIL_ON_TRUNCATED) fails at a missing end.
static inline int phototui_vips_load_jpeg(const void *bytes, size_t size, int shrink, int fail_on, VipsImage **out) {
    return vips_jpegload_buffer(
        (void *)bytes, size, out, "shrink", shrink, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
}
static inline int phototui_vips_load_webp(const void *bytes, size_t size, double scale, int fail_on, VipsImage **out) {
    return vips_webpload_buffer(
        (void *)bytes, size, out, "scale", scale, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
}
static inline int phototui_vips_load_png(const void *bytes, size_t size, int fail_on, VipsImage **out) {
    return vips_pngload_buffer(
        (void *)bytes, size, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
}
static inline int phototui_vips_load_heif(const void *bytes, size_t size, int fail_on, VipsImage **out) {
    return vips_heifload_buffer(
        (void *)bytes, size, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
}
static inline int phototui_vips_load_tiff(const void *bytes, size_t size, int fail_on, VipsImage **out) {
    return vips_tiffload_buffer(
        (void *)bytes, size, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
}
static inline int phototui_vips_load_gif(const void *bytes, size_t size, int fail_on, VipsImage **out) {
    return vips_gifload_buffer(
        (void *)bytes, size, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
}
static inline int phototui_vips_load_jxl(const void *bytes, size_t size, int fail_on, VipsImage **out) {
    return vips_jxlload_buffer(
        (void *)bytes, size, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
}
// A picture in memory whose 8-bit grey or sRGB pixels are not set yet; NULL where there is no memory for it.
static inline VipsImage *phototui_vips_memory(int width, int height, int bands) {
    VipsImage *image = vips_image_new_memory();
    vips_image_init_fields(
        image, width, height, bands, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
        bands == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, 1, 1);
    if (vips_image_write_prepare(image) == 0) return image;
    g_object_unref(image);
    return NULL;
}
static inline int phototui_vips_resize(VipsImage *in, VipsImage **out, double scale) {
    return vips_resize(in, out, scale, NULL);
}
// Of 8-bit grey or sRGB pixels in memory, computed here and now, without metadata: libvips' own way to memory starts a thread
// and its queues for each picture, which takes longer than a small picture itself.
static inline int phototui_vips_resize_here(VipsImage *in, VipsImage **out, double scale) {
    VipsImage *lazy = NULL;
    if (vips_resize(in, &lazy, scale, NULL) != 0) return -1;
    VipsRect whole = {.left = 0, .top = 0, .width = lazy->Xsize, .height = lazy->Ysize};
    VipsRegion *region = vips_region_new(lazy);
    *out = NULL;
    if (region != NULL && vips_region_prepare(region, &whole) == 0) *out = phototui_vips_memory(whole.width, whole.height, lazy->Bands);
    for (int row = 0; *out != NULL && row < whole.height; row++) {
        memcpy(VIPS_IMAGE_ADDR(*out, 0, row), VIPS_REGION_ADDR(region, 0, row), VIPS_IMAGE_SIZEOF_LINE(*out));
    }
    if (region != NULL) g_object_unref(region);
    g_object_unref(lazy);
    return *out == NULL ? -1 : 0;
}
static inline int phototui_vips_crop(VipsImage *in, VipsImage **out, int left, int top, int width, int height) {
    return vips_extract_area(in, out, left, top, width, height, NULL);
}
static inline int phototui_vips_to_srgb(VipsImage *in, VipsImage **out) {
    return vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB, NULL);
}
// Profiles: from the picture's own (with a built-in one for CMYK without), perceptual intent, to 8-bit sRGB.
static inline int phototui_vips_icc_to_srgb(VipsImage *in, VipsImage **out) {
    return vips_icc_transform(
        in, out, "srgb", "embedded", TRUE, "input_profile", "cmyk", "intent", VIPS_INTENT_PERCEPTUAL, NULL);
}
static inline int phototui_vips_flatten(VipsImage *in, VipsImage **out, double red, double green, double blue) {
    double ground[3] = {red, green, blue};
    VipsArrayDouble *background = vips_array_double_new(ground, in->Bands > 2 ? 3 : 1);
    int code = vips_flatten(in, out, "background", background, NULL);
    vips_area_unref(VIPS_AREA(background));
    return code;
}
static inline int phototui_vips_cast_uchar(VipsImage *in, VipsImage **out) { return vips_cast_uchar(in, out, NULL); }
static inline int phototui_vips_extract_bands(VipsImage *in, VipsImage **out, int count) {
    return vips_extract_band(in, out, 0, "n", count, NULL);
}
// Of the last band, which is the alpha of those that have one.
static inline int phototui_vips_least_alpha(VipsImage *in, double *least) {
    VipsImage *alpha;
    if (vips_extract_band(in, &alpha, in->Bands - 1, NULL) != 0) return -1;
    int code = vips_min(alpha, least, NULL);
    g_object_unref(alpha);
    return code;
}
static inline int phototui_vips_rotate(VipsImage *in, VipsImage **out, int quarter_turns) {
    return vips_rot(in, out, (VipsAngle)quarter_turns, NULL);
}
static inline int phototui_vips_mirror(VipsImage *in, VipsImage **out) {
    return vips_flip(in, out, VIPS_DIRECTION_HORIZONTAL, NULL);
}
// A copy without EXIF, XMP, IPTC and profile: libvips 8.14's savers write some of them in spite of "strip".
static inline int phototui_vips_without_metadata(VipsImage *in, VipsImage **out) {
    if (vips_copy(in, out, NULL) != 0) return -1;
    gchar **fields = vips_image_get_fields(*out);
    for (gchar **field = fields; field != NULL && *field != NULL; ++field) {
        if (g_str_has_prefix(*field, "exif") || g_str_has_prefix(*field, "xmp") || g_str_has_prefix(*field, "iptc") ||
            g_str_has_prefix(*field, "icc") || g_str_has_prefix(*field, "orientation")) {
            vips_image_remove(*out, *field);
        }
    }
    g_strfreev(fields);
    return 0;
}

static inline int phototui_vips_save_jpeg(VipsImage *in, void **bytes, size_t *size, int quality) {
    return vips_jpegsave_buffer(in, bytes, size, "Q", quality, "optimize_coding", TRUE, "strip", TRUE, NULL);
}
static inline int phototui_vips_save_avif(VipsImage *in, void **bytes, size_t *size, int quality, int effort) {
    return vips_heifsave_buffer(
        in, bytes, size, "Q", quality, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", effort, "strip", TRUE,
        NULL);
}
