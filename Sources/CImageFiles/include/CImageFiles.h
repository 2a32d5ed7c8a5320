// JPEG and PNG files through libjpeg-turbo and libpng.
//
// Both libraries leave a failed call with longjmp, which must not cross Swift frames: here it ends inside the function that
// was called, which returns a failure and leaves the library's words in the reader's `message`.
//
// A reader is opened on the bytes of a file, which must outlive it; opening reads the header and decides the form of the
// pixels. Reading fills the caller's memory: height rows of width pixels of channels samples.
#ifndef FIREBRAND_CIMAGEFILES_H
#define FIREBRAND_CIMAGEFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    FB_IMAGE_OK,
    FB_IMAGE_DAMAGED,      // contradicts the format, or ends too early
    FB_IMAGE_UNSUPPORTED,  // sound, but of a kind the library does not read
    FB_IMAGE_NO_MEMORY,
} fb_image_status;

// What the pixels are to be, whatever the file holds.
typedef enum { FB_IMAGE_UNCHANGED, FB_IMAGE_GRAY, FB_IMAGE_GRAY_ALPHA, FB_IMAGE_RGB, FB_IMAGE_RGB_ALPHA } fb_image_mode;

typedef struct {
    uint32_t width, height, channels;
    bool is_wide;            // samples of 16 bits, read as int32_t; else of 8, read as uint8_t
    uint64_t fewest_bytes;   // no whole file of these dimensions is shorter
    const uint8_t *exif;     // the TIFF structure of EXIF data, valid until pixels are read; NULL if there is none
    size_t exif_count;
    char message[256];
} fb_image_info;

typedef struct fb_jpeg_reader fb_jpeg_reader;
typedef struct fb_png_reader fb_png_reader;

// Open returns NULL only where there is no memory; whatever it returns is to be closed.
fb_jpeg_reader *fb_jpeg_open(const uint8_t *bytes, size_t count, fb_image_mode mode, bool with_exif, fb_image_status *status);
const fb_image_info *fb_jpeg_info(const fb_jpeg_reader *reader);
fb_image_status fb_jpeg_read(fb_jpeg_reader *reader, uint8_t *pixels);
void fb_jpeg_close(fb_jpeg_reader *reader);

fb_png_reader *fb_png_open(const uint8_t *bytes, size_t count, fb_image_mode mode, fb_image_status *status);
const fb_image_info *fb_png_info(const fb_png_reader *reader);
fb_image_status fb_png_read(fb_png_reader *reader, void *pixels);
void fb_png_close(fb_png_reader *reader);

// Whether all chunks before the pixels end within the file. libpng reserves what a chunk says of its length, up to 2 GiB,
// before it reads any of it.
bool fb_png_chunks_fit(const uint8_t *bytes, size_t count);

// A file of 8-bit pixels, grey or RGB (PNG: with or without alpha), in memory that the caller frees with `free`.
typedef struct {
    uint8_t *bytes;
    size_t count;
    char message[256];
} fb_image_file;

fb_image_status fb_jpeg_write(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, fb_image_file *file);
fb_image_status fb_png_write(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int level, fb_image_file *file);

#endif
