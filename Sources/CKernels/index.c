// Picking and putting elements where indices say.
#include "kernels.h"

typedef struct { uint64_t low, high; } fb_item16;

// Contiguous indices are told at once from wrong ones: a branch that is never taken costs less than a choice.
#define UNROLLED _Pragma("clang loop unroll_count(4)")
#define CHECKED(AT) if ((uint64_t)(AT) >= (uint64_t)limit) return false

// Elsewhere an index out of range reads the first element instead; the caller learns of it once.
#define GATHER(T)                                                                                       \
    if (out_stride == (ptrdiff_t)sizeof(T) && index_stride == 8) {                                      \
        T *o = (T *)out;                                                                                \
        if (a_stride == 0 && step == (ptrdiff_t)sizeof(T)) {                                            \
            UNROLLED for (ptrdiff_t i = 0; i < n; i++) {                                                \
                CHECKED(index[i]);                                                                      \
                o[i] = ((const T *)a)[index[i]];                                                        \
            }                                                                                           \
        } else {                                                                                        \
            UNROLLED for (ptrdiff_t i = 0; i < n; i++) {                                                \
                CHECKED(index[i]);                                                                      \
                o[i] = *(const T *)(a + i * a_stride + index[i] * step);                                \
            }                                                                                           \
        }                                                                                               \
    } else {                                                                                            \
        for (ptrdiff_t i = 0; i < n; i++, out += out_stride, a += a_stride) {                           \
            const uint64_t at = *(const uint64_t *)((const void *)index + i * index_stride);            \
            const bool is_inside = at < (uint64_t)limit;                                                \
            bad |= !is_inside;                                                                          \
            *(T *)out = *(const T *)(a + (ptrdiff_t)(is_inside ? at : 0) * step);                       \
        }                                                                                               \
    }

bool fb_gather(
    void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t step, const int64_t *index,
    ptrdiff_t index_stride, ptrdiff_t n, int64_t limit, int item_size) {
    bool bad = false;
    switch (item_size) {
    case 1: GATHER(uint8_t) break;
    case 2: GATHER(uint16_t) break;
    case 4: GATHER(uint32_t) break;
    case 8: GATHER(uint64_t) break;
    default: GATHER(fb_item16)
    }
    return !bad;
}

// ---- Combining one element with another -----------------------------------------------------------------------------

// A NaN on either side stays.
#define LARGER(a, b) ((b) > (a) || (b) != (b) ? (b) : (a))
#define SMALLER(a, b) ((b) < (a) || (b) != (b) ? (b) : (a))
#define SECOND(a, b) ((void)(a), (b))
#define SUM(a, b) ((a) + (b))
#define PRODUCT(a, b) ((a) * 1u * (b))  // short operands would multiply as signed integers
#define EITHER(a, b) ((a) | (b))
#define BOTH(a, b) ((a) & (b))

// Signed overflow wraps: integers are combined as unsigned of the same width, but compared as what they are.
#define FOR_PUTS(X)                                                                                               \
    X(u8, uint8_t, uint8_t) X(i8, uint8_t, int8_t) X(i16, uint16_t, int16_t) X(i32, uint32_t, int32_t)            \
    X(i64, uint64_t, int64_t) X(f32, float, float) X(f64, double, double)

#define PUT_ELEMENTS(T, COMBINE)                                                                                  \
    if (low == 0 && high == limit && index_stride == 8 && a_stride == (ptrdiff_t)sizeof(T)) {                     \
        const T *x = (const T *)a;                                                                                \
        if (out_stride == 0 && step == (ptrdiff_t)sizeof(T)) {                                                    \
            UNROLLED for (ptrdiff_t i = 0; i < n; i++) {                                                          \
                CHECKED(index[i]);                                                                                \
                T *target = (T *)out + index[i];                                                                  \
                const T value = x[i];                                                                             \
                *target = (T)COMBINE(*target, value);                                                             \
            }                                                                                                     \
        } else {                                                                                                  \
            UNROLLED for (ptrdiff_t i = 0; i < n; i++) {                                                          \
                CHECKED(index[i]);                                                                                \
                T *target = (T *)(out + i * out_stride + index[i] * step);                                        \
                const T value = x[i];                                                                             \
                *target = (T)COMBINE(*target, value);                                                             \
            }                                                                                                     \
        }                                                                                                         \
    } else {                                                                                                      \
        for (ptrdiff_t i = 0; i < n; i++, out += out_stride, a += a_stride) {                                     \
            const int64_t at = *(const int64_t *)((const void *)index + i * index_stride);                        \
            bad |= (uint64_t)at >= (uint64_t)limit;                                                               \
            T *target = at >= low && at < high ? (T *)(out + at * step) : (T *)&spare[i & 15];                    \
            const T value = *(const T *)a;                                                                        \
            *target = (T)COMBINE(*target, value);                                                                 \
        }                                                                                                         \
    }

#define SCATTER(S, ARITHMETIC, ORDERED)                                                                           \
    static bool scatter_##S(                                                                                      \
        fb_put_op op, void *out, ptrdiff_t out_stride, ptrdiff_t step, const int64_t *index,                      \
        ptrdiff_t index_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t n, int64_t low, int64_t high,        \
        int64_t limit) {                                                                                          \
        uint64_t spare[16] = {0};                                                                                 \
        bool bad = false;                                                                                         \
        switch (op) {                                                                                             \
        case FB_PUT: PUT_ELEMENTS(ORDERED, SECOND) break;                                                         \
        case FB_PUT_ADD: PUT_ELEMENTS(ARITHMETIC, SUM) break;                                                     \
        case FB_PUT_MUL: PUT_ELEMENTS(ARITHMETIC, PRODUCT) break;                                                 \
        case FB_PUT_MAX: PUT_ELEMENTS(ORDERED, LARGER) break;                                                     \
        case FB_PUT_MIN: PUT_ELEMENTS(ORDERED, SMALLER) break;                                                    \
        }                                                                                                         \
        return !bad;                                                                                              \
    }
FOR_PUTS(SCATTER)

static bool scatter_bool(
    fb_put_op op, void *out, ptrdiff_t out_stride, ptrdiff_t step, const int64_t *index, ptrdiff_t index_stride,
    const void *a, ptrdiff_t a_stride, ptrdiff_t n, int64_t low, int64_t high, int64_t limit) {
    uint64_t spare[16] = {0};
    bool bad = false;
    switch (op) {
    case FB_PUT: PUT_ELEMENTS(uint8_t, SECOND) break;
    case FB_PUT_ADD: case FB_PUT_MAX: PUT_ELEMENTS(uint8_t, EITHER) break;
    case FB_PUT_MUL: case FB_PUT_MIN: PUT_ELEMENTS(uint8_t, BOTH) break;
    }
    return !bad;
}

static float combined(fb_put_op op, float a, float b) {
    switch (op) {
    case FB_PUT: return b;
    case FB_PUT_ADD: return a + b;
    case FB_PUT_MUL: return a * b;
    case FB_PUT_MAX: return LARGER(a, b);
    default: return SMALLER(a, b);
    }
}

// The 16-bit floats are stored only: each result is rounded to them, as PyTorch does.
static void put_half(fb_put_op op, int dtype, uint16_t *target, const void *value) {
    float a, b;
    fb_find_cast(dtype, FB_F32)(&a, 4, target, 2, 1);
    fb_find_cast(dtype, FB_F32)(&b, 4, value, 2, 1);
    a = combined(op, a, b);
    fb_find_cast(FB_F32, dtype)(target, 2, &a, 4, 1);
}

static bool scatter_half(
    fb_put_op op, int dtype, void *out, ptrdiff_t out_stride, ptrdiff_t step, const int64_t *index,
    ptrdiff_t index_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t n, int64_t low, int64_t high, int64_t limit) {
    bool bad = false;
    for (ptrdiff_t i = 0; i < n; i++) {
        const int64_t at = *(const int64_t *)((const void *)index + i * index_stride);
        bad |= (uint64_t)at >= (uint64_t)limit;
        if (at >= low && at < high) put_half(op, dtype, out + i * out_stride + at * step, a + i * a_stride);
    }
    return !bad;
}

bool fb_scatter(
    fb_put_op op, int dtype, size_t item_size, void *out, ptrdiff_t so, ptrdiff_t step, const int64_t *index,
    ptrdiff_t si, const void *a, ptrdiff_t sa, ptrdiff_t n, int64_t low, int64_t high, int64_t limit) {
#define CALL(S, ARITHMETIC, ORDERED) scatter_##S(op, out, so, step, index, si, a, sa, n, low, high, limit)
    switch (dtype) {
    case FB_BOOL: return CALL(bool, , );
    case FB_U8: return CALL(u8, , );
    case FB_I8: return CALL(i8, , );
    case FB_I16: return CALL(i16, , );
    case FB_I32: return CALL(i32, , );
    case FB_I64: return CALL(i64, , );
    case FB_F32: return CALL(f32, , );
    case FB_F64: return CALL(f64, , );
    case FB_F16: case FB_BF16:
        if (op == FB_PUT) return CALL(i16, , );
        return scatter_half(op, dtype, out, so, step, index, si, a, sa, n, low, high, limit);
    default: {
        // Wider ones are only put.
        bool bad = false;
        for (ptrdiff_t i = 0; i < n; i++) {
            const int64_t at = *(const int64_t *)((const void *)index + i * si);
            bad |= (uint64_t)at >= (uint64_t)limit;
            if (at >= low && at < high) memcpy(out + i * so + at * step, a + i * sa, item_size);
        }
        return !bad;
    }
    }
#undef CALL
}

#define PUT_ROW(T, COMBINE)                                                                                       \
    if (out_stride == (ptrdiff_t)sizeof(T) && a_stride == (ptrdiff_t)sizeof(T)) {                                 \
        T *o = (T *)out;                                                                                          \
        const T *x = (const T *)a;                                                                                \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                           \
            const T old = o[i], value = x[i];                                                                     \
            o[i] = (T)COMBINE(old, value);                                                                        \
        }                                                                                                         \
    } else {                                                                                                      \
        for (ptrdiff_t i = 0; i < n; i++, out += out_stride, a += a_stride) {                                     \
            const T old = *(T *)out, value = *(const T *)a;                                                       \
            *(T *)out = (T)COMBINE(old, value);                                                                   \
        }                                                                                                         \
    }

#define ROW(S, ARITHMETIC, ORDERED)                                                                               \
    CLONES static void put_row_##S(                                                                               \
        fb_put_op op, void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t n) {          \
        switch (op) {                                                                                             \
        case FB_PUT: PUT_ROW(ORDERED, SECOND) break;                                                              \
        case FB_PUT_ADD: PUT_ROW(ARITHMETIC, SUM) break;                                                          \
        case FB_PUT_MUL: PUT_ROW(ARITHMETIC, PRODUCT) break;                                                      \
        case FB_PUT_MAX: PUT_ROW(ORDERED, LARGER) break;                                                          \
        case FB_PUT_MIN: PUT_ROW(ORDERED, SMALLER) break;                                                         \
        }                                                                                                         \
    }
FOR_PUTS(ROW)

static void put_row_bool(
    fb_put_op op, void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t n) {
    switch (op) {
    case FB_PUT: PUT_ROW(uint8_t, SECOND) break;
    case FB_PUT_ADD: case FB_PUT_MAX: PUT_ROW(uint8_t, EITHER) break;
    case FB_PUT_MUL: case FB_PUT_MIN: PUT_ROW(uint8_t, BOTH) break;
    }
}

void fb_put_row(fb_put_op op, int dtype, void *out, ptrdiff_t so, const void *a, ptrdiff_t sa, ptrdiff_t n) {
    switch (dtype) {
    case FB_BOOL: put_row_bool(op, out, so, a, sa, n); break;
    case FB_U8: put_row_u8(op, out, so, a, sa, n); break;
    case FB_I8: put_row_i8(op, out, so, a, sa, n); break;
    case FB_I16: put_row_i16(op, out, so, a, sa, n); break;
    case FB_I32: put_row_i32(op, out, so, a, sa, n); break;
    case FB_I64: put_row_i64(op, out, so, a, sa, n); break;
    case FB_F32: put_row_f32(op, out, so, a, sa, n); break;
    case FB_F64: put_row_f64(op, out, so, a, sa, n); break;
    default: {
        const fb_unary_kernel widen = fb_find_cast(dtype, FB_F32), narrow = fb_find_cast(FB_F32, dtype);
        float x[256], y[256];
        for (ptrdiff_t i = 0; i < n; i += 256) {
            const ptrdiff_t m = n - i < 256 ? n - i : 256;
            widen(x, 4, out + i * so, so, m);
            widen(y, 4, a + i * sa, sa, m);
            put_row_f32(op, x, 4, y, 4, m);
            narrow(out + i * so, so, x, 4, m);
        }
    }
    }
}

// ---- Masks ----------------------------------------------------------------------------------------------------------

CLONES ptrdiff_t fb_count_true(const bool *mask, ptrdiff_t n) {
    const uint8_t *bytes = (const uint8_t *)mask;
    ptrdiff_t total = 0;
    // Bytes are summed in bytes as long as they cannot overflow.
    while (n > 0) {
        const ptrdiff_t m = n < 4096 ? n : 4096;
        uint32_t count = 0;
        for (ptrdiff_t i = 0; i < m; i++) count += bytes[i];
        total += count;
        bytes += m;
        n -= m;
    }
    return total;
}

// Written without a branch: each element is stored where the next kept one belongs, and stays if it is kept. Whoever
// knows the number of kept ones stops there, so that no store falls behind the end.
#define COMPRESS(T)                                                       \
    {                                                                     \
        const T *x = (const T *)a;                                        \
        T *o = (T *)out;                                                  \
        for (ptrdiff_t i = 0; i < n && kept < capacity; i++) {            \
            o[kept] = x[i];                                               \
            kept += mask[i];                                              \
        }                                                                 \
    }

void fb_compress(const bool *mask, const void *a, ptrdiff_t n, void *out, ptrdiff_t capacity, int item_size) {
    ptrdiff_t kept = 0;
    switch (item_size) {
    case 1: COMPRESS(uint8_t) break;
    case 2: COMPRESS(uint16_t) break;
    case 4: COMPRESS(uint32_t) break;
    case 8: COMPRESS(uint64_t) break;
    default: COMPRESS(fb_item16)
    }
}

ptrdiff_t fb_true_positions(const bool *mask, ptrdiff_t n, int64_t first, int64_t *out, ptrdiff_t capacity) {
    ptrdiff_t kept = 0;
    for (ptrdiff_t i = 0; i < n && kept < capacity; i++) {
        out[kept] = first + i;
        kept += mask[i];
    }
    return kept;
}

void fb_coordinate(const int64_t *positions, ptrdiff_t n, int64_t divisor, int64_t length, int64_t *out) {
    if (divisor == 1) {
        for (ptrdiff_t i = 0; i < n; i++) out[i] = (int64_t)((uint64_t)positions[i] % (uint64_t)length);
    } else {
        for (ptrdiff_t i = 0; i < n; i++) out[i] = (int64_t)((uint64_t)positions[i] / (uint64_t)divisor % (uint64_t)length);
    }
}

void fb_raise(bool *flag) { __atomic_store_n(flag, true, __ATOMIC_RELAXED); }

CLONES bool fb_add_offsets(
    int64_t *out, ptrdiff_t so, const int64_t *index, ptrdiff_t si, ptrdiff_t n, int64_t length, int64_t step) {
    bool bad = false;
    if (so == 8 && si == 8) {
        for (ptrdiff_t i = 0; i < n; i++) {
            const int64_t at = index[i] < 0 ? index[i] + length : index[i];
            bad |= (uint64_t)at >= (uint64_t)length;
            out[i] += at * step;
        }
        return !bad;
    }
    for (ptrdiff_t i = 0; i < n; i++) {
        const int64_t given = *(const int64_t *)((const void *)index + i * si), at = given < 0 ? given + length : given;
        bad |= (uint64_t)at >= (uint64_t)length;
        *(int64_t *)((void *)out + i * so) += at * step;
    }
    return !bad;
}
