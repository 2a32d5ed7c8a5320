// Ranks and places: the element of a rank, and where values belong in a sorted sequence.
#include "kernels.h"

// ---- Quickselect, step by step as PyTorch's, for the position among equals that it comes to -------------------------

// Of entries only the keys are compared.
#define narrow_key(e) ((e) >> 32)
#define wide_key(e) ((e).key)
#define narrow_position(e) ((int64_t)((e) & UINT32_MAX))
#define wide_position(e) ((int64_t)(e).position)

#define RANKS(KIND, KEY, POSITION)                                                                              \
    INLINE void exchange_##KIND(KIND##_entry *a, ptrdiff_t i, ptrdiff_t j) {                                     \
        const KIND##_entry swap = a[i];                                                                         \
        a[i] = a[j];                                                                                            \
        a[j] = swap;                                                                                            \
    }                                                                                                           \
    /* Divides a stretch around the median of its second, middle and last; gives where the upper part begins. */ \
    static ptrdiff_t partition_##KIND(KIND##_entry *e, ptrdiff_t first, ptrdiff_t last) {                        \
        const ptrdiff_t a = first + 1, b = first + (last - first) / 2, c = last - 1;                            \
        const uint64_t x = KEY(e[a]), y = KEY(e[b]), z = KEY(e[c]);                                             \
        exchange_##KIND(e, first, x < y ? (y < z ? b : x < z ? c : a) : x < z ? a : y < z ? c : b);              \
        const uint64_t pivot = KEY(e[first]);                                                                   \
        ptrdiff_t low = first + 1, high = last;                                                                 \
        while (true) {                                                                                          \
            while (KEY(e[low]) < pivot) low++;                                                                  \
            high--;                                                                                             \
            while (pivot < KEY(e[high])) high--;                                                                \
            if (low >= high) return low;                                                                        \
            exchange_##KIND(e, low++, high);                                                                    \
        }                                                                                                       \
    }                                                                                                           \
    static void insertion_sort_##KIND(KIND##_entry *e, ptrdiff_t first, ptrdiff_t last) {                        \
        for (ptrdiff_t i = first + 1; i < last; i++) {                                                          \
            const KIND##_entry moved = e[i];                                                                    \
            ptrdiff_t j = i;                                                                                    \
            for (; j > first && KEY(moved) < KEY(e[j - 1]); j--) e[j] = e[j - 1];                               \
            e[j] = moved;                                                                                       \
        }                                                                                                       \
    }                                                                                                           \
    /* Introselect without its guard against bad pivots; the last three elements are sorted by insertion. */    \
    static int64_t rank_by_median_of_three_##KIND(KIND##_entry *e, ptrdiff_t n, ptrdiff_t k) {                   \
        ptrdiff_t first = 0, last = n;                                                                          \
        while (last - first > 3) {                                                                              \
            const ptrdiff_t border = partition_##KIND(e, first, last);                                          \
            if (border <= k) first = border;                                                                    \
            else last = border;                                                                                 \
        }                                                                                                       \
        insertion_sort_##KIND(e, first, last);                                                                  \
        return POSITION(e[k]);                                                                                  \
    }                                                                                                           \
    /* Introsort likewise: stretches of up to 16 elements are left to one insertion sort at the end. */         \
    static void sort_by_median_of_three_##KIND(KIND##_entry *e, ptrdiff_t first, ptrdiff_t last) {               \
        while (last - first > 16) {                                                                             \
            const ptrdiff_t border = partition_##KIND(e, first, last);                                          \
            sort_by_median_of_three_##KIND(e, border, last);                                                    \
            last = border;                                                                                      \
        }                                                                                                       \
    }                                                                                                           \
    static void first_of_row_##KIND(KIND##_entry *e, ptrdiff_t n, ptrdiff_t k) {                                 \
        rank_by_median_of_three_##KIND(e, n, k - 1);                                                            \
        sort_by_median_of_three_##KIND(e, 0, k - 1);                                                            \
        insertion_sort_##KIND(e, 0, k - 1);                                                                     \
    }                                                                                                           \
    /* Hoare's, with the median of the first, the middle and the last put in front (Press et al., Numerical */  \
    /* Recipes, 8.5). */                                                                                        \
    static int64_t rank_by_hoare_##KIND(KIND##_entry *e, ptrdiff_t n, ptrdiff_t k) {                             \
        ptrdiff_t left = 0, right = n - 1;                                                                      \
        while (right > left) {                                                                                  \
            if (right == left + 1) {                                                                            \
                if (KEY(e[left]) > KEY(e[right])) exchange_##KIND(e, left, right);                              \
                break;                                                                                          \
            }                                                                                                   \
            exchange_##KIND(e, (left + right) / 2, left + 1);                                                   \
            if (KEY(e[left + 1]) > KEY(e[right])) exchange_##KIND(e, left + 1, right);                          \
            if (KEY(e[left]) > KEY(e[right])) exchange_##KIND(e, left, right);                                  \
            if (KEY(e[left + 1]) > KEY(e[left])) exchange_##KIND(e, left + 1, left);                            \
            const uint64_t pivot = KEY(e[left]);                                                                \
            ptrdiff_t i = left + 1, j = right;                                                                  \
            while (true) {                                                                                      \
                do i++; while (pivot > KEY(e[i]));                                                              \
                do j--; while (KEY(e[j]) > pivot);                                                              \
                if (j < i) break;                                                                               \
                exchange_##KIND(e, i, j);                                                                       \
            }                                                                                                   \
            exchange_##KIND(e, left, j);                                                                        \
            if (j <= k) left = i;                                                                               \
            if (j >= k) right = j - 1;                                                                          \
        }                                                                                                       \
        return POSITION(e[k]);                                                                                  \
    }
RANKS(narrow, narrow_key, narrow_position)
RANKS(wide, wide_key, wide_position)

int64_t fb_position_of_rank(
    int dtype, const void *a, ptrdiff_t stride, ptrdiff_t n, ptrdiff_t k, bool is_median, void *scratch) {
    fb_make_entries(dtype, false, a, stride, n, 0, scratch);
    if (fb_entry_size(dtype) == sizeof(narrow_entry))
        return is_median ? rank_by_median_of_three_narrow(scratch, n, k) : rank_by_hoare_narrow(scratch, n, k);
    return is_median ? rank_by_median_of_three_wide(scratch, n, k) : rank_by_hoare_wide(scratch, n, k);
}

void fb_first_of_short_row(
    int dtype, bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, ptrdiff_t k, void *values,
    ptrdiff_t values_stride, int64_t *positions, ptrdiff_t positions_stride) {
    union {
        narrow_entry narrow[FB_SHORT_ROW];
        wide_entry wide[FB_SHORT_ROW];
    } entries;
    const bool is_exact = fb_make_entries(dtype, descending, a, stride, n, 0, &entries);
    if (fb_entry_size(dtype) == sizeof(narrow_entry)) first_of_row_narrow(entries.narrow, n, k);
    else first_of_row_wide(entries.wide, n, k);
    fb_write_entries(
        dtype, descending, &entries, k, is_exact ? NULL : a, stride, values, values_stride, positions, positions_stride);
}

#define FIRST_NAN(T, INFINITE)                                             \
    for (ptrdiff_t i = 0; i < n; i++) {                                    \
        const T bits = *(const T *)(a + i * stride);                       \
        if ((T)(bits << 1) > (T)((T)(INFINITE) << 1)) {                    \
            if (first < 0) first = i;                                      \
            total++;                                                       \
        }                                                                  \
    }

int64_t fb_first_nan(int dtype, const void *a, ptrdiff_t stride, ptrdiff_t n, int64_t *count) {
    int64_t first = -1, total = 0;
    switch (dtype) {
    case FB_F16: FIRST_NAN(uint16_t, 0x7C00) break;
    case FB_BF16: FIRST_NAN(uint16_t, 0x7F80) break;
    case FB_F32: FIRST_NAN(uint32_t, 0x7F800000) break;
    case FB_F64: FIRST_NAN(uint64_t, 0x7FF0000000000000) break;
    default: break;
    }
    *count = total;
    return first;
}

// ---- Binary search --------------------------------------------------------------------------------------------------

// Without branches on the outcome, which is not to be foreseen. A NaN belongs behind everything.
#define SEARCH(T, GOES_ON, ELEMENT)                                        \
    for (ptrdiff_t i = 0; i < n; i++) {                                    \
        const T value = ((const T *)values)[i];                            \
        ptrdiff_t start = 0, rest = length;                                \
        while (rest > 0) {                                                 \
            const ptrdiff_t half = rest / 2, middle = start + half;        \
            const bool goes_on = !(ELEMENT GOES_ON value);                 \
            start = goes_on ? middle + 1 : start;                          \
            rest = goes_on ? rest - half - 1 : half;                       \
        }                                                                  \
        out[i] = start;                                                    \
    }
#define SEARCHES(T)                                                        \
    {                                                                      \
        const T *x = (const T *)sequence;                                  \
        if (sorter && right) { SEARCH(T, >, x[sorter[middle]]) }           \
        else if (sorter) { SEARCH(T, >=, x[sorter[middle]]) }              \
        else if (right) { SEARCH(T, >, x[middle]) }                        \
        else { SEARCH(T, >=, x[middle]) }                                  \
    }

void fb_search_sorted(
    int dtype, const void *sequence, const int64_t *sorter, ptrdiff_t length, const void *values, ptrdiff_t n,
    bool right, int64_t *out) {
    switch (dtype) {
    case FB_BOOL: case FB_U8: SEARCHES(uint8_t) break;
    case FB_I8: SEARCHES(int8_t) break;
    case FB_I16: SEARCHES(int16_t) break;
    case FB_I32: SEARCHES(int32_t) break;
    case FB_I64: SEARCHES(int64_t) break;
    case FB_F32: SEARCHES(float) break;
    default: SEARCHES(double) break;
    }
}

int64_t fb_position_of_mode(int dtype, const void *entries, ptrdiff_t n) {
    const uint64_t *words = entries;
    const bool is_wide = fb_entry_size(dtype) == 16;
    // No NaN equals another, and they count as the smallest here.
    const uint64_t nan = dtype == FB_F64 ? UINT64_MAX : dtype == FB_F32 ? UINT32_MAX : UINT16_MAX;
    const bool has_nan_keys = dtype == FB_F64 || dtype == FB_F32 || dtype == FB_F16 || dtype == FB_BF16;
    ptrdiff_t best = 0, longest = 0;
    for (ptrdiff_t start = 0, end; start < n; start = end) {
        const uint64_t key = is_wide ? words[2 * start] : words[start] >> 32;
        if (has_nan_keys && key == nan) {
            if (longest < 2) best = start;
            break;
        }
        for (end = start + 1; end < n && (is_wide ? words[2 * end] : words[end] >> 32) == key;) end++;
        if (end - start > longest) {
            longest = end - start;
            best = end - 1;
        }
    }
    return (int64_t)(is_wide ? words[2 * best + 1] : (uint32_t)words[best]);
}
