// Sliding windows laid out as matrices, and their sum: what convolutions become products of matrices by.
#include "kernels.h"

// The places at which one element of the window is inside the volume, in one dimension: [first, last).
typedef struct { ptrdiff_t first, last, start; } span;

INLINE span span_of(const fb_sliding *w, int d, ptrdiff_t tap) {
    const ptrdiff_t shift = tap * w->dilation[d] - w->padding[d];  // position = place * stride + shift
    const ptrdiff_t stride = w->stride[d];
    span s = {shift < 0 ? (-shift + stride - 1) / stride : 0, 0, shift};
    const ptrdiff_t room = w->size[d] - shift;
    s.last = room > 0 ? (room + stride - 1) / stride : 0;
    if (s.last > w->places[d]) s.last = w->places[d];
    if (s.first > s.last) s.first = s.last;
    return s;
}

INLINE void gather_line(
    const fb_sliding *w, span x, char *to, const char *from, const ptrdiff_t stride, const int item_size) {
    memset(to, 0, (size_t)(x.first * item_size));
    const ptrdiff_t n = x.last - x.first;
    char *out = to + x.first * item_size;
    const char *a = from + (x.first * stride + x.start) * item_size;
    if (stride == 1) {
        memcpy(out, a, (size_t)(n * item_size));
    } else {
        for (ptrdiff_t i = 0; i < n; i++) memcpy(out + i * item_size, a + i * stride * item_size, (size_t)item_size);
    }
    memset(to + x.last * item_size, 0, (size_t)((w->places[2] - x.last) * item_size));
}

void fb_gather_columns(
    const fb_sliding *w, void *columns, const void *volume, ptrdiff_t first, ptrdiff_t last, int item_size) {
    const ptrdiff_t taps = w->kernel[0] * w->kernel[1] * w->kernel[2];
    const ptrdiff_t line = w->places[2] * item_size, row_length = w->places[0] * w->places[1] * line;
    const ptrdiff_t source_line = w->size[2] * item_size, plane = w->size[1] * source_line;
    for (ptrdiff_t row = first; row < last; row++) {
        const ptrdiff_t tap = row % taps;
        const span z = span_of(w, 0, tap / (w->kernel[1] * w->kernel[2]));
        const span y = span_of(w, 1, tap / w->kernel[2] % w->kernel[1]), x = span_of(w, 2, tap % w->kernel[2]);
        const char *from = (const char *)volume + row / taps * w->size[0] * plane;
        char *to = (char *)columns + row * row_length;
        for (ptrdiff_t i = 0; i < w->places[0]; i++) {
            for (ptrdiff_t j = 0; j < w->places[1]; j++, to += line) {
                if (i < z.first || i >= z.last || j < y.first || j >= y.last || x.first == x.last) {
                    memset(to, 0, (size_t)line);
                    continue;
                }
                const char *source =
                    from + (i * w->stride[0] + z.start) * plane + (j * w->stride[1] + y.start) * source_line;
                switch (item_size) {  // sizes the compiler knows make the copies of single elements loads and stores
                case 1: gather_line(w, x, to, source, w->stride[2], 1); break;
                case 2: gather_line(w, x, to, source, w->stride[2], 2); break;
                case 4: gather_line(w, x, to, source, w->stride[2], 4); break;
                case 8: gather_line(w, x, to, source, w->stride[2], 8); break;
                default: gather_line(w, x, to, source, w->stride[2], item_size);
                }
            }
        }
    }
}

#define ADD_COLUMNS(S, T)                                                                                          \
    CLONES void fb_add_columns_##S(                                                                                \
        const fb_sliding *w, T *volume, const T *columns, ptrdiff_t first, ptrdiff_t last) {                       \
        const ptrdiff_t taps = w->kernel[0] * w->kernel[1] * w->kernel[2];                                         \
        const ptrdiff_t line = w->places[2], row_length = w->places[0] * w->places[1] * line;                      \
        const ptrdiff_t width = w->size[2], plane = w->size[1] * width, stride = w->stride[2];                     \
        for (ptrdiff_t channel = first; channel < last; channel++) {                                               \
            T *target = volume + channel * w->size[0] * plane;                                                     \
            memset(target, 0, (size_t)(w->size[0] * plane) * sizeof(T));                                           \
            for (ptrdiff_t tap = 0; tap < taps; tap++) {                                                           \
                const span z = span_of(w, 0, tap / (w->kernel[1] * w->kernel[2]));                                 \
                const span y = span_of(w, 1, tap / w->kernel[2] % w->kernel[1]);                                   \
                const span x = span_of(w, 2, tap % w->kernel[2]);                                                  \
                const T *row = columns + (channel * taps + tap) * row_length;                                      \
                for (ptrdiff_t i = z.first; i < z.last; i++)                                                       \
                    for (ptrdiff_t j = y.first; j < y.last; j++) {                                                 \
                        const T *restrict a = row + (i * w->places[1] + j) * line;                                 \
                        T *restrict out = target + (i * w->stride[0] + z.start) * plane                            \
                                          + (j * w->stride[1] + y.start) * width + x.start;                        \
                        if (stride == 1) {                                                                         \
                            INDEPENDENT for (ptrdiff_t k = x.first; k < x.last; k++) out[k] += a[k];               \
                        } else {                                                                                   \
                            for (ptrdiff_t k = x.first; k < x.last; k++) out[k * stride] += a[k];                  \
                        }                                                                                          \
                    }                                                                                              \
            }                                                                                                      \
        }                                                                                                          \
    }
ADD_COLUMNS(f32, float)
ADD_COLUMNS(f64, double)
ADD_COLUMNS(u64, uint64_t)
