#include "CImageFiles.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

struct fb_png_reader {
    png_structp decoder;
    png_infop header;
    jmp_buf escape;
    const uint8_t *rest;
    size_t left;
    fb_image_status status;
    fb_image_info info;
    int passes;
};

static void leave(png_structp decoder, png_const_charp message) {
    fb_png_reader *reader = png_get_error_ptr(decoder);
    snprintf(reader->info.message, sizeof reader->info.message, "%s", message);
    if (reader->status == FB_IMAGE_OK) reader->status = FB_IMAGE_DAMAGED;
    longjmp(reader->escape, 1);
}

static void say_nothing(png_structp codec, png_const_charp message) { (void)codec, (void)message; }

static void take(png_structp decoder, png_bytep to, png_size_t count) {
    fb_png_reader *reader = png_get_io_ptr(decoder);
    if (count > reader->left) png_error(decoder, "the file ends too early");
    memcpy(to, reader->rest, count);
    reader->rest += count;
    reader->left -= count;
}

bool fb_png_chunks_fit(const uint8_t *bytes, size_t count) {
    enum { SIGNATURE = 8, HEADER = 8, CHECKSUM = 4 };
    size_t position = SIGNATURE;
    while (position < count && count - position >= HEADER) {
        const uint8_t *chunk = bytes + position;
        if (memcmp(chunk + 4, "IDAT", 4) == 0) return true;
        const uint32_t length = png_get_uint_32(chunk);
        if (length > count - position - HEADER) return false;
        position += HEADER + (size_t)length + CHECKSUM;
    }
    return true;
}

// What libpng is to make of the samples: the colours and the transparency asked for, at least a byte each.
static void choose_form(fb_png_reader *reader, fb_image_mode mode) {
    png_structp decoder = reader->decoder;
    png_infop header = reader->header;
    const int colours = png_get_color_type(decoder, header), depth = png_get_bit_depth(decoder, header);
    const bool is_palette = colours == PNG_COLOR_TYPE_PALETTE;
    if (colours == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(decoder);
    if (is_palette && mode == FB_IMAGE_UNCHANGED) png_set_packing(decoder);
    if (mode == FB_IMAGE_UNCHANGED) return;

    const bool wants_alpha = mode == FB_IMAGE_GRAY_ALPHA || mode == FB_IMAGE_RGB_ALPHA;
    const bool wants_colour = mode == FB_IMAGE_RGB || mode == FB_IMAGE_RGB_ALPHA;
    bool has_colour = colours & PNG_COLOR_MASK_COLOR, has_alpha = colours & PNG_COLOR_MASK_ALPHA;
    if (is_palette) {
        png_set_palette_to_rgb(decoder);
        // That also makes the palette's transparent entries an alpha channel.
        has_alpha = png_get_valid(decoder, header, PNG_INFO_tRNS) != 0;
    }
    if (wants_colour && !has_colour) png_set_gray_to_rgb(decoder);
    if (!wants_alpha && has_alpha) png_set_strip_alpha(decoder);
    if (wants_alpha && !has_alpha) png_set_add_alpha(decoder, depth == 16 ? 0xffff : 0xff, PNG_FILLER_AFTER);
    if (!wants_colour && has_colour) png_set_rgb_to_gray(decoder, 1, 0.2989, 0.587);
}

fb_png_reader *fb_png_open(const uint8_t *bytes, size_t count, fb_image_mode mode, fb_image_status *status) {
    fb_png_reader *reader = calloc(1, sizeof *reader);
    *status = reader ? FB_IMAGE_OK : FB_IMAGE_NO_MEMORY;
    if (!reader) return NULL;
    reader->rest = bytes;
    reader->left = count;
    if (setjmp(reader->escape)) {
        *status = reader->status;
        return reader;
    }
    reader->decoder = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, leave, say_nothing);
    if (reader->decoder) reader->header = png_create_info_struct(reader->decoder);
    if (!reader->header) {
        *status = FB_IMAGE_NO_MEMORY;
        return reader;
    }
    png_structp decoder = reader->decoder;
    png_infop header = reader->header;
    png_set_read_fn(decoder, reader, take);
    if (!fb_png_chunks_fit(bytes, count)) png_error(decoder, "a chunk is longer than the file");
    png_read_info(decoder, header);
    reader->info.width = png_get_image_width(decoder, header);
    reader->info.height = png_get_image_height(decoder, header);
    reader->info.is_wide = png_get_bit_depth(decoder, header) == 16;
    // Deflate makes at best one byte of 1032; each row begins with the number of its filter.
    reader->info.fewest_bytes = reader->info.height * ((uint64_t)png_get_rowbytes(decoder, header) + 1) / 1032;
    png_bytep exif = NULL;
    png_uint_32 exif_count = 0;
    if (png_get_eXIf_1(decoder, header, &exif_count, &exif)) {
        reader->info.exif = exif;
        reader->info.exif_count = exif_count;
    }
    choose_form(reader, mode);
    reader->passes = png_set_interlace_handling(decoder);
    const uint16_t probe = 1;
    if (reader->info.is_wide && *(const uint8_t *)&probe == 1) png_set_swap(decoder);
    png_read_update_info(decoder, header);
    reader->info.channels = png_get_channels(decoder, header);
    if (png_get_rowbytes(decoder, header) !=
        (size_t)reader->info.width * reader->info.channels * (reader->info.is_wide ? 2 : 1)) {
        reader->status = FB_IMAGE_UNSUPPORTED;
        png_error(decoder, "an unusual form of pixels");
    }
    return reader;
}

const fb_image_info *fb_png_info(const fb_png_reader *reader) { return &reader->info; }

fb_image_status fb_png_read(fb_png_reader *reader, void *pixels) {
    if (setjmp(reader->escape)) return reader->status;
    const size_t row = (size_t)reader->info.width * reader->info.channels, samples = row * reader->info.height;
    const size_t stride = reader->info.is_wide ? 2 * row : row;
    // Samples of 16 bits first fill the upper half of the memory, then are widened from below.
    uint8_t *to = (uint8_t *)pixels + (reader->info.is_wide ? 2 * samples : 0);
    for (int pass = 0; pass < reader->passes; pass++)
        for (uint32_t y = 0; y < reader->info.height; y++) png_read_row(reader->decoder, to + y * stride, NULL);
    if (reader->info.is_wide) {
        for (size_t i = 0; i < samples; i++) {
            uint16_t narrow;
            memcpy(&narrow, to + 2 * i, sizeof narrow);
            const int32_t wide = narrow;
            memcpy((uint8_t *)pixels + 4 * i, &wide, sizeof wide);
        }
    }
    return FB_IMAGE_OK;
}

void fb_png_close(fb_png_reader *reader) {
    if (!reader) return;
    if (reader->decoder) png_destroy_read_struct(&reader->decoder, &reader->header, NULL);
    free(reader);
}

typedef struct {
    png_structp encoder;
    png_infop header;
    jmp_buf escape;
    fb_image_status status;
    uint8_t *bytes;
    size_t count, capacity;
    char *message;
} writer;

static void leave_writing(png_structp encoder, png_const_charp message) {
    writer *writer = png_get_error_ptr(encoder);
    snprintf(writer->message, sizeof((fb_image_file *)0)->message, "%s", message);
    if (writer->status == FB_IMAGE_OK) writer->status = FB_IMAGE_UNSUPPORTED;
    longjmp(writer->escape, 1);
}

static void put(png_structp encoder, png_bytep from, png_size_t count) {
    writer *writer = png_get_io_ptr(encoder);
    if (count > writer->capacity - writer->count) {
        const size_t capacity = 2 * writer->capacity + count;
        uint8_t *bytes = realloc(writer->bytes, capacity);
        if (!bytes) {
            writer->status = FB_IMAGE_NO_MEMORY;
            png_error(encoder, "no memory left");
        }
        writer->bytes = bytes;
        writer->capacity = capacity;
    }
    memcpy(writer->bytes + writer->count, from, count);
    writer->count += count;
}

static void nothing_to_flush(png_structp encoder) { (void)encoder; }

fb_image_status fb_png_write(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int level, fb_image_file *file) {
    static const int colours[] = {
        PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    writer *writer = calloc(1, sizeof *writer);
    if (!writer) return FB_IMAGE_NO_MEMORY;
    writer->message = file->message;
    if (!setjmp(writer->escape)) {
        writer->encoder = png_create_write_struct(PNG_LIBPNG_VER_STRING, writer, leave_writing, say_nothing);
        if (writer->encoder) writer->header = png_create_info_struct(writer->encoder);
        if (writer->header) {
            png_set_write_fn(writer->encoder, writer, put, nothing_to_flush);
            png_set_IHDR(
                writer->encoder, writer->header, width, height, 8, colours[channels - 1], PNG_INTERLACE_NONE,
                PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
            png_set_compression_level(writer->encoder, level);
            png_write_info(writer->encoder, writer->header);
            for (uint32_t y = 0; y < height; y++)
                png_write_row(writer->encoder, pixels + (size_t)y * width * (size_t)channels);
            png_write_end(writer->encoder, writer->header);
        } else {
            writer->status = FB_IMAGE_NO_MEMORY;
        }
    }
    const fb_image_status status = writer->status;
    if (writer->encoder) png_destroy_write_struct(&writer->encoder, &writer->header);
    if (status == FB_IMAGE_OK) {
        file->bytes = writer->bytes;
        file->count = writer->count;
    } else {
        free(writer->bytes);
    }
    free(writer);
    return status;
}
