// Rows of a result whose elements are the operand's in another order: padding by reflection, nearest neighbours.
#include "kernels.h"

#define PICK(T)                                                                                     \
    {                                                                                               \
        T *o = to;                                                                                  \
        const T *a = from;                                                                          \
        for (ptrdiff_t i = 0; i < n; i++) o[i] = a[places[i]];                                      \
    }

INLINE void pick(void *to, const void *from, const int32_t *places, ptrdiff_t n, ptrdiff_t item) {
    switch (item) {
    case 1: PICK(uint8_t) break;
    case 2: PICK(uint16_t) break;
    case 4: PICK(uint32_t) break;
    case 8: PICK(uint64_t) break;
    default:
        for (ptrdiff_t i = 0; i < n; i++) memcpy((char *)to + i * item, (const char *)from + places[i] * item, (size_t)item);
    }
}

CLONES void fb_pick_rows(
    void *out, const void *in, const fb_image_shape *shape, const fb_image_places *places, int item_size,
    ptrdiff_t begin, ptrdiff_t end) {
    const ptrdiff_t item = item_size * shape->inner;
    const ptrdiff_t row = shape->width * item, out_row = shape->out_width * item;
    const char *last = NULL;
    char *to = (char *)out + begin * out_row;
    for (ptrdiff_t r = begin; r < end; r++, to += out_row) {
        const ptrdiff_t h = r % shape->out_height, rest = r / shape->out_height;
        const ptrdiff_t d = rest % shape->out_depth, outer = rest / shape->out_depth;
        const ptrdiff_t source = (outer * shape->depth + (places->depth ? places->depth[d] : d)) * shape->height
            + (places->height ? places->height[h] : h);
        const char *from = (const char *)in + source * row;
        if (!places->width) {
            memcpy(to, from, (size_t)out_row);
        } else if (from == last) {
            // Neighbouring rows of an enlarged image are the same.
            memcpy(to, to - out_row, (size_t)out_row);
        } else {
            const int32_t *columns = places->width;
            const ptrdiff_t a = places->run_begin, b = places->run_end;
            pick(to, from, columns, a, item);
            if (b > a) memcpy(to + a * item, from + columns[a] * item, (size_t)((b - a) * item));
            pick(to + b * item, from, columns + b, shape->out_width - b, item);
        }
        last = from;
    }
}
