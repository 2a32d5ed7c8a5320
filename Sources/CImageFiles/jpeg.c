#include "CImageFiles.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// A progressive file goes over the whole image once a scan; no encoder writes nearly as many.
enum { MOST_SCANS = 100, APP1 = JPEG_APP0 + 1, EXIF_PREFIX = 6 };

typedef struct {
    struct jpeg_error_mgr manager;
    jmp_buf escape;
    fb_image_status status;
    char *message;  // of 256 bytes
} failure;

struct fb_jpeg_reader {
    struct jpeg_decompress_struct decoder;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    failure failure;
    fb_image_info info;
    uint8_t *inks;  // a row of cyan, magenta, yellow and black, where those become another colour
};

static void leave(j_common_ptr codec) {
    failure *failure = codec->client_data;
    char text[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, text);
    snprintf(failure->message, sizeof((fb_image_info *)0)->message, "%s", text);
    switch (codec->err->msg_code) {
    case JERR_OUT_OF_MEMORY: failure->status = FB_IMAGE_NO_MEMORY; break;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
    case JERR_IMAGE_TOO_BIG: failure->status = FB_IMAGE_UNSUPPORTED; break;
    default: failure->status = FB_IMAGE_DAMAGED;
    }
    longjmp(failure->escape, 1);
}

static _Noreturn void fail(j_common_ptr codec, fb_image_status status, const char *message) {
    failure *failure = codec->client_data;
    snprintf(failure->message, sizeof((fb_image_info *)0)->message, "%s", message);
    failure->status = status;
    longjmp(failure->escape, 1);
}

// Warnings (a bad marker that was skipped, say) are torchvision's to print; the pixels are what matters.
static void say_nothing(j_common_ptr codec, int level) {
    if (level < 0) codec->err->num_warnings++;
}

static void prepare(failure *failure, char *message) {
    jpeg_std_error(&failure->manager);
    failure->manager.error_exit = leave;
    failure->manager.emit_message = say_nothing;
    failure->status = FB_IMAGE_OK;
    failure->message = message;
}

// The source is all there from the start, so that asking for more means that the file is cut short.
static void nothing_to_do(j_decompress_ptr decoder) { (void)decoder; }

static boolean no_more(j_decompress_ptr decoder) { fail((j_common_ptr)decoder, FB_IMAGE_DAMAGED, "the file ends too early"); }

static void skip(j_decompress_ptr decoder, long count) {
    static const JOCTET end[2] = {0xff, JPEG_EOI};
    struct jpeg_source_mgr *source = decoder->src;
    if (count <= 0) return;
    if ((size_t)count > source->bytes_in_buffer) {
        source->next_input_byte = end;
        source->bytes_in_buffer = sizeof end;
        return;
    }
    source->next_input_byte += count;
    source->bytes_in_buffer -= (size_t)count;
}

static void count_scans(j_common_ptr codec) {
    if (((j_decompress_ptr)codec)->input_scan_number > MOST_SCANS)
        fail(codec, FB_IMAGE_DAMAGED, "the file has more than 100 scans");
}

static void find_exif(fb_jpeg_reader *reader) {
    for (jpeg_saved_marker_ptr marker = reader->decoder.marker_list; marker; marker = marker->next) {
        if (marker->marker != APP1 || marker->data_length <= EXIF_PREFIX) continue;
        if (memcmp(marker->data, "Exif\0", EXIF_PREFIX) != 0) continue;
        reader->info.exif = marker->data + EXIF_PREFIX;
        reader->info.exif_count = marker->data_length - EXIF_PREFIX;
        return;
    }
}

static void choose_colours(fb_jpeg_reader *reader, fb_image_mode mode) {
    struct jpeg_decompress_struct *decoder = &reader->decoder;
    const bool is_inks = decoder->jpeg_color_space == JCS_CMYK || decoder->jpeg_color_space == JCS_YCCK;
    switch (mode) {
    case FB_IMAGE_UNCHANGED: reader->info.channels = (uint32_t)decoder->num_components; return;
    case FB_IMAGE_GRAY:
        decoder->out_color_space = is_inks ? JCS_CMYK : JCS_GRAYSCALE;
        reader->info.channels = 1;
        break;
    case FB_IMAGE_RGB:
        decoder->out_color_space = is_inks ? JCS_CMYK : JCS_RGB;
        reader->info.channels = 3;
        break;
    default: fail((j_common_ptr)decoder, FB_IMAGE_UNSUPPORTED, "JPEG files have no transparency to read");
    }
    if (!is_inks) return;
    reader->inks = malloc(4 * (size_t)decoder->image_width);
    if (!reader->inks) fail((j_common_ptr)decoder, FB_IMAGE_NO_MEMORY, "no memory left");
}

fb_jpeg_reader *fb_jpeg_open(const uint8_t *bytes, size_t count, fb_image_mode mode, bool with_exif, fb_image_status *status) {
    fb_jpeg_reader *reader = calloc(1, sizeof *reader);
    *status = reader ? FB_IMAGE_OK : FB_IMAGE_NO_MEMORY;
    if (!reader) return NULL;
    struct jpeg_decompress_struct *decoder = &reader->decoder;
    prepare(&reader->failure, reader->info.message);
    decoder->err = &reader->failure.manager;
    decoder->client_data = &reader->failure;
    if (setjmp(reader->failure.escape)) {
        *status = reader->failure.status;
        return reader;
    }
    jpeg_create_decompress(decoder);
    reader->source = (struct jpeg_source_mgr){
        .next_input_byte = bytes, .bytes_in_buffer = count, .init_source = nothing_to_do, .fill_input_buffer = no_more,
        .skip_input_data = skip, .resync_to_restart = jpeg_resync_to_restart, .term_source = nothing_to_do};
    decoder->src = &reader->source;
    reader->progress.progress_monitor = count_scans;
    decoder->progress = &reader->progress;
    if (with_exif) jpeg_save_markers(decoder, APP1, 0xffff);
    jpeg_read_header(decoder, TRUE);
    find_exif(reader);
    choose_colours(reader, mode);
    jpeg_calc_output_dimensions(decoder);
    reader->info.width = decoder->output_width;
    reader->info.height = decoder->output_height;
    // Of 64 pixels, at least one bit: the Huffman code of a block's first coefficient. An arithmetic code can be shorter.
    const uint64_t area = (uint64_t)decoder->output_width * decoder->output_height;
    reader->info.fewest_bytes = area / (decoder->arith_code ? 1 << 16 : 512);
    return reader;
}

const fb_image_info *fb_jpeg_info(const fb_jpeg_reader *reader) { return &reader->info; }

// Undercolour by black, in the rounding of Pillow: black - black * ink / 255.
static uint8_t without(int ink, int black) {
    int product = black * ink + 128;
    product = ((product >> 8) + product) >> 8;
    return (uint8_t)(black - product);
}

static void inks_to_rgb(const uint8_t *inks, uint8_t *to, uint32_t width) {
    for (uint32_t x = 0; x < width; x++, inks += 4, to += 3)
        for (int i = 0; i < 3; i++) to[i] = without(255 - inks[i], inks[3]);
}

static void inks_to_grey(const uint8_t *inks, uint8_t *to, uint32_t width) {
    for (uint32_t x = 0; x < width; x++, inks += 4, to++) {
        uint8_t rgb[3];
        inks_to_rgb(inks, rgb, 1);
        // ITU-R 601 in 16-bit fixed point.
        *to = (uint8_t)((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
    }
}

fb_image_status fb_jpeg_read(fb_jpeg_reader *reader, uint8_t *pixels) {
    struct jpeg_decompress_struct *decoder = &reader->decoder;
    if (setjmp(reader->failure.escape)) return reader->failure.status;
    jpeg_start_decompress(decoder);
    const uint32_t channels = reader->info.channels, width = reader->info.width;
    if (decoder->output_width != width || decoder->output_height != reader->info.height ||
        (uint32_t)decoder->output_components != (reader->inks ? 4 : channels))
        fail((j_common_ptr)decoder, FB_IMAGE_UNSUPPORTED, "the image has an unusual number of colours");
    while (decoder->output_scanline < decoder->output_height) {
        JSAMPROW to = pixels + (size_t)decoder->output_scanline * width * channels, row = reader->inks ? reader->inks : to;
        if (jpeg_read_scanlines(decoder, &row, 1) != 1) fail((j_common_ptr)decoder, FB_IMAGE_DAMAGED, "a row is missing");
        if (reader->inks && channels == 3) inks_to_rgb(reader->inks, to, width);
        if (reader->inks && channels == 1) inks_to_grey(reader->inks, to, width);
    }
    jpeg_finish_decompress(decoder);
    return FB_IMAGE_OK;
}

void fb_jpeg_close(fb_jpeg_reader *reader) {
    if (!reader) return;
    jpeg_destroy_decompress(&reader->decoder);
    free(reader->inks);
    free(reader);
}

typedef struct {
    struct jpeg_compress_struct encoder;
    failure failure;
    unsigned char *bytes;
    unsigned long count;
} writer;

fb_image_status fb_jpeg_write(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, fb_image_file *file) {
    writer *writer = calloc(1, sizeof *writer);
    if (!writer) return FB_IMAGE_NO_MEMORY;
    struct jpeg_compress_struct *encoder = &writer->encoder;
    prepare(&writer->failure, file->message);
    encoder->err = &writer->failure.manager;
    encoder->client_data = &writer->failure;
    if (!setjmp(writer->failure.escape)) {
        jpeg_create_compress(encoder);
        encoder->image_width = width;
        encoder->image_height = height;
        encoder->input_components = channels;
        encoder->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_set_defaults(encoder);
        jpeg_set_quality(encoder, quality, TRUE);
        jpeg_mem_dest(encoder, &writer->bytes, &writer->count);
        jpeg_start_compress(encoder, TRUE);
        while (encoder->next_scanline < height) {
            JSAMPROW row = (JSAMPROW)pixels + (size_t)encoder->next_scanline * width * (size_t)channels;
            jpeg_write_scanlines(encoder, &row, 1);
        }
        jpeg_finish_compress(encoder);
    }
    const fb_image_status status = writer->failure.status;
    jpeg_destroy_compress(encoder);
    if (status == FB_IMAGE_OK) {
        file->bytes = writer->bytes;
        file->count = writer->count;
    } else {
        free(writer->bytes);
    }
    free(writer);
    return status;
}
