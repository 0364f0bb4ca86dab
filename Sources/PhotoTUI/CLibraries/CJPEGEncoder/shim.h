#pragma once
// Of libturbojpeg's API (turbojpeg.h, 2.1) what encodes, and nothing that decodes: only phototui-decoder may read what
// strangers wrote.

typedef void *tjhandle;

// Values of enum TJPF and enum TJSAMP.
enum { PHOTOTUI_TJPF_RGBX = 2, PHOTOTUI_TJSAMP_420 = 2 };

tjhandle tjInitCompress(void);
int tjCompress2(tjhandle handle, const unsigned char *pixels, int width, int pitch, int height, int pixelFormat,
                unsigned char **file, unsigned long *size, int subsampling, int quality, int flags);
int tjDestroy(tjhandle handle);
void tjFree(unsigned char *buffer);
