// Copies, conversions, fills and selection.
#include "kernels.h"

// An element of 16 bytes; complex numbers are aligned as their parts are.
typedef struct { uint64_t parts[2]; } pair;

#define STRIDED_COPY(T)                                                                          \
    if (so == sizeof(T) && sa == 0) {                                                            \
        T *o = (T *)out, value = *(const T *)a;                                                  \
        for (ptrdiff_t i = 0; i < n; i++) o[i] = value;                                          \
    } else if (so == sizeof(T) && sa == -(ptrdiff_t)sizeof(T)) {                                 \
        T *o = (T *)out;                                                                         \
        const T *x = (const T *)a;                                                               \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) o[i] = x[-i];                              \
    } else {                                                                                     \
        for (ptrdiff_t i = 0; i < n; i++, out += so, a += sa) *(T *)out = *(const T *)a;         \
    }

CLONES void fb_copy(void *out, ptrdiff_t so, const void *a, ptrdiff_t sa, ptrdiff_t n, int item_size) {
    if (so == item_size && sa == item_size) {
        memmove(out, a, (size_t)n * (size_t)item_size);
        return;
    }
    switch (item_size) {
    case 1: STRIDED_COPY(uint8_t) break;
    case 2: STRIDED_COPY(uint16_t) break;
    case 4: STRIDED_COPY(uint32_t) break;
    case 8: STRIDED_COPY(uint64_t) break;
    case 16: STRIDED_COPY(pair) break;
    default:
        for (ptrdiff_t i = 0; i < n; i++, out += so, a += sa) memcpy(out, a, (size_t)item_size);
    }
}

#define FILL(T)                                                          \
    {                                                                    \
        T v;                                                             \
        memcpy(&v, value, sizeof v);                                     \
        if (so == sizeof(T)) {                                           \
            T *o = (T *)out;                                             \
            for (ptrdiff_t i = 0; i < n; i++) o[i] = v;                  \
        } else {                                                         \
            for (ptrdiff_t i = 0; i < n; i++, out += so) *(T *)out = v;  \
        }                                                                \
    }

void fb_fill(void *out, ptrdiff_t so, const void *value, ptrdiff_t n, int item_size) {
    switch (item_size) {
    case 1: FILL(uint8_t) break;
    case 2: FILL(uint16_t) break;
    case 4: FILL(uint32_t) break;
    case 16: FILL(pair) break;
    default: FILL(uint64_t)
    }
}

#define WHERE(T)                                                                                        \
    if (so == sizeof(T) && sc == 1 && sa == sizeof(T) && sb == sizeof(T)) {                             \
        T *o = (T *)out;                                                                                \
        const T *x = (const T *)a, *y = (const T *)b;                                                   \
        const bool *c = (const bool *)condition;                                                        \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                 \
            const T p = x[i], q = y[i];                                                                 \
            o[i] = c[i] ? p : q;                                                                        \
        }                                                                                               \
    } else if (so == sizeof(T) && sc == 1 && sa == 0 && sb == sizeof(T)) {                              \
        T *o = (T *)out;                                                                                \
        const T p = *(const T *)a, *y = (const T *)b;                                                   \
        const bool *c = (const bool *)condition;                                                        \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                 \
            const T q = y[i];                                                                           \
            o[i] = c[i] ? p : q;                                                                        \
        }                                                                                               \
    } else if (so == sizeof(T) && sc == 1 && sa == sizeof(T) && sb == 0) {                              \
        T *o = (T *)out;                                                                                \
        const T *x = (const T *)a, q = *(const T *)b;                                                   \
        const bool *c = (const bool *)condition;                                                        \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                 \
            const T p = x[i];                                                                           \
            o[i] = c[i] ? p : q;                                                                        \
        }                                                                                               \
    } else {                                                                                            \
        for (ptrdiff_t i = 0; i < n; i++, out += so, condition += sc, a += sa, b += sb)                 \
            *(T *)out = *(const bool *)condition ? *(const T *)a : *(const T *)b;                       \
    }

CLONES void fb_where(
    void *out, ptrdiff_t so, const void *condition, ptrdiff_t sc, const void *a, ptrdiff_t sa, const void *b,
    ptrdiff_t sb, ptrdiff_t n, int item_size) {
    switch (item_size) {
    case 1: WHERE(uint8_t) break;
    case 2: WHERE(uint16_t) break;
    case 4: WHERE(uint32_t) break;
    case 16: WHERE(pair) break;
    default: WHERE(uint64_t)
    }
}

void fb_arange_f64(double *out, double start, double step, ptrdiff_t first, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++) out[i] = start + step * (double)(first + i);
}

void fb_arange_i64(int64_t *out, int64_t start, int64_t step, ptrdiff_t first, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++) out[i] = (int64_t)((uint64_t)start + (uint64_t)step * (uint64_t)(first + i));
}

// ---- Conversions ----------------------------------------------------------------------------------------------------

// The half types are stored only; they are computed with in float.
typedef uint16_t fb_f16;
typedef uint16_t fb_bf16;

INLINE float half_to_float(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = h & 0x7FFF;
    uint32_t bits;
    if (magnitude >= 0x7C00) {
        bits = sign | 0x7F800000 | (magnitude & 0x3FF) << 13;
    } else if (magnitude >= 0x0400) {
        bits = sign | ((magnitude << 13) + 0x38000000);
    } else {
        float f = (float)magnitude * 0x1p-24f;
        memcpy(&bits, &f, 4);
        bits |= sign;
    }
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

// Rounds to nearest even; the addition of 2^k aligns the mantissa of a subnormal result.
INLINE uint16_t float_to_half(float f) {
    uint32_t bits;
    memcpy(&bits, &f, 4);
    uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00);
    if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00);
    if (magnitude < 0x38800000) {
        float a = fabsf(f) + 0.5f;
        memcpy(&bits, &a, 4);
        return (uint16_t)(sign | (bits - 0x3F000000));
    }
    uint32_t odd = magnitude >> 13 & 1;
    return (uint16_t)(sign | (magnitude - 0x38000000 + 0xFFF + odd) >> 13);
}

INLINE float brain_to_float(uint16_t h) {
    uint32_t bits = (uint32_t)h << 16;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

INLINE uint16_t float_to_brain(float f) {
    uint32_t bits;
    memcpy(&bits, &f, 4);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) return 0x7FC0;
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

// Out-of-range floats are undefined in C; x86's conversion gives the smallest int64, whose low bits the narrower types
// take. Going through int64 for all integers makes that the behaviour everywhere, as it is PyTorch's.
INLINE int64_t float_to_integer(double f) {
    return f >= -0x1p63 && f < 0x1p63 ? (int64_t)f : INT64_MIN;
}

#define CAST(FROM, TO, EXPRESSION)                                                                               \
    CLONES static void cast_##FROM##_##TO(void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, ptrdiff_t n) {  \
        if (so == sizeof(fb_##TO) && sa == sizeof(fb_##FROM)) {                                                  \
            fb_##TO *o = (fb_##TO *)out;                                                                         \
            const fb_##FROM *x = (const fb_##FROM *)pa;                                                          \
            for (ptrdiff_t i = 0; i < n; i++) {                                                                  \
                const fb_##FROM a = x[i];                                                                        \
                o[i] = EXPRESSION;                                                                               \
            }                                                                                                    \
        } else {                                                                                                 \
            for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa) {                                             \
                const fb_##FROM a = *(const fb_##FROM *)pa;                                                      \
                *(fb_##TO *)out = EXPRESSION;                                                                    \
            }                                                                                                    \
        }                                                                                                        \
    }

#define FROM_INTEGER(S)                                                                                    \
    CAST(S, boolean, a != 0) CAST(S, u8, (fb_u8)a) CAST(S, i8, (fb_i8)a) CAST(S, i16, (fb_i16)a)              \
    CAST(S, i32, (fb_i32)a) CAST(S, i64, (fb_i64)a) CAST(S, f16, float_to_half((float)a))                  \
    CAST(S, bf16, float_to_brain((float)a)) CAST(S, f32, (float)a) CAST(S, f64, (double)a)
FROM_INTEGER(boolean) FOR_INTEGERS(FROM_INTEGER)

#define FROM_FLOAT(S, VALUE)                                                                               \
    CAST(S, boolean, VALUE != 0) CAST(S, u8, (fb_u8)float_to_integer(VALUE))                                  \
    CAST(S, i8, (fb_i8)float_to_integer(VALUE)) CAST(S, i16, (fb_i16)float_to_integer(VALUE))              \
    CAST(S, i32, (fb_i32)float_to_integer(VALUE)) CAST(S, i64, float_to_integer(VALUE))                    \
    CAST(S, f16, float_to_half((float)(VALUE))) CAST(S, bf16, float_to_brain((float)(VALUE)))              \
    CAST(S, f32, (float)(VALUE)) CAST(S, f64, (double)(VALUE))
FROM_FLOAT(f16, half_to_float(a))
FROM_FLOAT(bf16, brain_to_float(a))
FROM_FLOAT(f32, a)
FROM_FLOAT(f64, a)

#define CAST_ROW(S)                                                                                            \
    {cast_##S##_boolean, cast_##S##_u8, cast_##S##_i8, cast_##S##_i16, cast_##S##_i32, cast_##S##_i64,            \
     cast_##S##_f16, cast_##S##_bf16, cast_##S##_f32, cast_##S##_f64}
static const fb_unary_kernel casts[FB_DTYPE_COUNT][FB_DTYPE_COUNT] = {
    CAST_ROW(boolean), CAST_ROW(u8), CAST_ROW(i8), CAST_ROW(i16), CAST_ROW(i32),
    CAST_ROW(i64), CAST_ROW(f16), CAST_ROW(bf16), CAST_ROW(f32), CAST_ROW(f64)};

fb_unary_kernel fb_find_cast(int from, int to) {
    return from >= FB_C64 || to >= FB_C64 ? fb_find_complex_cast(from, to) : casts[from][to];
}
