// Adafactor: the passes over a parameter's matrix, a tile of it at a time. Sums are kept in double, in lanes.
#include "kernels.h"

enum { LANES = 16 };

static double total(const double *lanes) {
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++) sum += lanes[lane];
    return sum;
}

#define ADAFACTOR(S, T, ROOT)                                                                                      \
    /* row_sums and column_sums += the squares of the slope; returns the sum of those of the parameter. */         \
    CLONES double fb_adafactor_squares_##S(                                                                        \
        const T *parameter, const T *slope, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, double *row_sums, \
        double *column_sums) {                                                                                     \
        double size[LANES] = {0}, rest = 0;                                                                        \
        for (ptrdiff_t i = 0; i < rows; i++, parameter += stride, slope += stride) {                               \
            double row[LANES] = {0};                                                                               \
            ptrdiff_t j = 0;                                                                                       \
            for (; j + LANES <= columns; j += LANES)                                                               \
                for (int lane = 0; lane < LANES; lane++) {                                                         \
                    const double g = slope[j + lane], p = parameter[j + lane];                                     \
                    row[lane] += g * g;                                                                            \
                    column_sums[j + lane] += g * g;                                                                \
                    size[lane] += p * p;                                                                           \
                }                                                                                                  \
            double sum = total(row);                                                                               \
            for (; j < columns; j++) {                                                                             \
                const double g = slope[j], p = parameter[j];                                                       \
                sum += g * g;                                                                                      \
                column_sums[j] += g * g;                                                                           \
                rest += p * p;                                                                                     \
            }                                                                                                      \
            row_sums[i] += sum;                                                                                    \
        }                                                                                                          \
        return rest + total(size);                                                                                 \
    }                                                                                                              \
    /* average[i] = lerp(average[i], (sums of `parts` tiles) / count, weight), as torch.lerp rounds. */            \
    CLONES void fb_adafactor_average_##S(                                                                          \
        T *average, const double *sums, ptrdiff_t n, ptrdiff_t parts, double count, double weight) {               \
        const T w = (T)weight, kept = (T)(1 - weight);                                                             \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                        \
            double sum = 0;                                                                                        \
            for (ptrdiff_t part = 0; part < parts; part++) sum += sums[part * n + i];                              \
            const T mean = (T)(sum / count), old = average[i];                                                     \
            average[i] = weight < 0.5 ? old + w * (mean - old) : mean - (mean - old) * kept;                       \
        }                                                                                                          \
    }                                                                                                              \
    /* The sum of the squares of slope / sqrt(max(row * column, least)). */                                        \
    CLONES double fb_adafactor_step_square_##S(                                                                    \
        const T *slope, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, const T *row_factors,                 \
        const T *column_factors, double least) {                                                                   \
        const T lowest = (T)least;                                                                                 \
        double sums[LANES] = {0}, rest = 0;                                                                        \
        for (ptrdiff_t i = 0; i < rows; i++, slope += stride) {                                                    \
            const T row = row_factors ? row_factors[i] : 1;                                                        \
            ptrdiff_t j = 0;                                                                                       \
            for (; j + LANES <= columns; j += LANES)                                                               \
                for (int lane = 0; lane < LANES; lane++) {                                                         \
                    const T v = row * column_factors[j + lane];                                                    \
                    const T step = slope[j + lane] / ROOT(v > lowest || v != v ? v : lowest);                      \
                    sums[lane] += (double)step * (double)step;                                                     \
                }                                                                                                  \
            for (; j < columns; j++) {                                                                             \
                const T v = row * column_factors[j];                                                               \
                const T step = slope[j] / ROOT(v > lowest || v != v ? v : lowest);                                 \
                rest += (double)step * (double)step;                                                               \
            }                                                                                                      \
        }                                                                                                          \
        return rest + total(sums);                                                                                 \
    }                                                                                                              \
    /* parameter = shrink * parameter + length * slope / sqrt(max(row * column, least)) */                         \
    CLONES void fb_adafactor_step_##S(                                                                             \
        T *restrict parameter, const T *restrict slope, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride,       \
        const T *restrict row_factors, const T *restrict column_factors, double least, double shrink,              \
        double length) {                                                                                           \
        const T lowest = (T)least, kept = (T)shrink, scale = (T)length;                                            \
        for (ptrdiff_t i = 0; i < rows; i++, slope += stride, parameter += stride) {                               \
            const T row = row_factors ? row_factors[i] : 1;                                                        \
            INDEPENDENT for (ptrdiff_t j = 0; j < columns; j++) {                                                  \
                const T v = row * column_factors[j];                                                               \
                const T step = slope[j] / ROOT(v > lowest || v != v ? v : lowest);                                 \
                parameter[j] = kept * parameter[j] + scale * step;                                                 \
            }                                                                                                      \
        }                                                                                                          \
    }
ADAFACTOR(f32, float, __builtin_sqrtf)
ADAFACTOR(f64, double, __builtin_sqrt)
