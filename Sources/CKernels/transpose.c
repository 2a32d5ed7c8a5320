// Copies of matrices that lie one way round into memory that lies the other way round.
#include "kernels.h"

typedef struct { uint64_t low, high; } pair64;

typedef uint8_t v_1 __attribute__((vector_size(16)));
typedef uint16_t v_2 __attribute__((vector_size(16)));
typedef uint32_t v_4 __attribute__((vector_size(16)));
typedef uint64_t v_8 __attribute__((vector_size(16)));

#define LOW_1(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH_1(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define LOW_2(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH_2(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define LOW_4(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH_4(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define LOW_8(a, b) __builtin_shufflevector(a, b, 0, 2)
#define HIGH_8(a, b) __builtin_shufflevector(a, b, 1, 3)

// A tile is a cache line high and wide, so that every line of either side is touched once, whatever the distance of the
// rows does to the cache's sets. It is turned in squares of 16 bytes: interleaving row i with row i + N/2, log2(N) times,
// is a transpose. The result is gathered on the stack and leaves in whole lines.
#define TILE(S, T)                                                                                                \
    static void tile_##S(char *out, ptrdiff_t out_column, const char *a, ptrdiff_t a_row) {                        \
        enum { N = 16 / S, SIDE = 64 / S };                                                                       \
        T turned[SIDE * SIDE] __attribute__((aligned(64)));                                                       \
        for (int r = 0; r < SIDE; r += N)                                                                         \
            for (int c = 0; c < SIDE; c += N) {                                                                   \
                v_##S x[N], y[N];                                                                                 \
                for (int i = 0; i < N; i++) memcpy(&x[i], a + (r + i) * a_row + c * S, 16);                       \
                for (int width = 1; width < N; width *= 2) {                                                      \
                    for (int i = 0; i < N / 2; i++) {                                                             \
                        y[2 * i] = LOW_##S(x[i], x[i + N / 2]);                                                   \
                        y[2 * i + 1] = HIGH_##S(x[i], x[i + N / 2]);                                              \
                    }                                                                                             \
                    for (int i = 0; i < N; i++) x[i] = y[i];                                                      \
                }                                                                                                 \
                for (int i = 0; i < N; i++) memcpy(&turned[(c + i) * SIDE + r], &x[i], 16);                       \
            }                                                                                                     \
        for (int c = 0; c < SIDE; c++) memcpy(out + c * out_column, &turned[c * SIDE], 64);                       \
    }
TILE(1, uint8_t)
TILE(2, uint16_t)
TILE(4, uint32_t)
TILE(8, uint64_t)

// What is no full tile, or has gaps between elements: element by element, along the longer side.
#define BLOCK(T)                                                                                                  \
    if (rows >= columns) {                                                                                        \
        for (ptrdiff_t c = 0; c < columns; c++)                                                                   \
            for (ptrdiff_t r = 0; r < rows; r++)                                                                  \
                *(T *)(out + r * out_row + c * out_column) = *(const T *)(a + r * a_row + c * a_column);          \
    } else {                                                                                                      \
        for (ptrdiff_t r = 0; r < rows; r++)                                                                      \
            for (ptrdiff_t c = 0; c < columns; c++)                                                               \
                *(T *)(out + r * out_row + c * out_column) = *(const T *)(a + r * a_row + c * a_column);          \
    }

static void block(
    char *out, ptrdiff_t out_row, ptrdiff_t out_column, const char *a, ptrdiff_t a_row, ptrdiff_t a_column,
    ptrdiff_t rows, ptrdiff_t columns, int item_size) {
    switch (item_size) {
    case 1: BLOCK(uint8_t) break;
    case 2: BLOCK(uint16_t) break;
    case 4: BLOCK(uint32_t) break;
    case 8: BLOCK(uint64_t) break;
    default: BLOCK(pair64)
    }
}

void fb_transpose(
    void *out, ptrdiff_t out_row, ptrdiff_t out_column, const void *a, ptrdiff_t a_row, ptrdiff_t a_column,
    ptrdiff_t rows, ptrdiff_t columns, int item_size) {
    char *o = out;
    const char *x = a;
    const ptrdiff_t side = item_size <= 8 ? 64 / item_size : 16;
    if (item_size > 8 || out_row != item_size || a_column != item_size || rows < side || columns < side) {
        // Sides of 16 elements stay in the cache; a short one leaves room for the other to be longer.
        const ptrdiff_t height = columns < 16 ? 256 : 16, width = rows < 16 ? 256 : 16;
        for (ptrdiff_t r = 0; r < rows; r += height)
            for (ptrdiff_t c = 0; c < columns; c += width)
                block(
                    o + r * out_row + c * out_column, out_row, out_column, x + r * a_row + c * a_column, a_row, a_column,
                    rows - r < height ? rows - r : height, columns - c < width ? columns - c : width, item_size);
        return;
    }
    const ptrdiff_t full_rows = rows / side * side, full_columns = columns / side * side;
    for (ptrdiff_t r = 0; r < full_rows; r += side) {
        for (ptrdiff_t c = 0; c < full_columns; c += side) {
            char *to = o + r * out_row + c * out_column;
            const char *from = x + r * a_row + c * a_column;
            switch (item_size) {
            case 1: tile_1(to, out_column, from, a_row); break;
            case 2: tile_2(to, out_column, from, a_row); break;
            case 4: tile_4(to, out_column, from, a_row); break;
            default: tile_8(to, out_column, from, a_row);
            }
        }
        if (full_columns < columns)
            block(
                o + r * out_row + full_columns * out_column, out_row, out_column, x + r * a_row + full_columns * a_column,
                a_row, a_column, side, columns - full_columns, item_size);
    }
    if (full_rows < rows)
        fb_transpose(
            o + full_rows * out_row, out_row, out_column, x + full_rows * a_row, a_row, a_column, rows - full_rows,
            columns, item_size);
}

void fb_interleave(
    void *out, ptrdiff_t out_row, const void *const *parts, const ptrdiff_t *lengths, ptrdiff_t part_count,
    ptrdiff_t first, ptrdiff_t last) {
    char *o = (char *)out + first * out_row;
    for (ptrdiff_t row = first; row < last; row++)
        for (ptrdiff_t part = 0; part < part_count; part++) {
            const ptrdiff_t length = lengths[part];
            const char *from = (const char *)parts[part] + row * length;
            // The sizes of one element are no call.
            switch (length) {
            case 1: *o = *from; break;
            case 2: memcpy(o, from, 2); break;
            case 4: memcpy(o, from, 4); break;
            case 8: memcpy(o, from, 8); break;
            case 16: memcpy(o, from, 16); break;
            default: memcpy(o, from, (size_t)length);
            }
            o += length;
        }
}
