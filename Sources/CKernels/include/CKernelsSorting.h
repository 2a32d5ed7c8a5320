// Order: sorting, selecting, searching; included by CKernels.h.
//
// Elements are compared by keys: unsigned integers whose order is that of the elements, NaN last and the zeros equal. An
// entry is a key with the position it came from; entries are all different, and their order is that of a stable sort.
// Descending order is that of inverted keys. Rows have fewer than 2^32 elements of up to 32 bits.
#ifndef FIREBRAND_CKERNELS_SORTING_H
#define FIREBRAND_CKERNELS_SORTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes of an entry of this element type.
int fb_entry_size(int dtype);

/// Makes entries of `n` elements a byte stride apart, positions counted from `first`. Whether the keys tell the elements
/// exactly: a NaN's bits and a zero's sign are lost.
bool fb_make_entries(
    int dtype, bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, int64_t first, void *entries);

/// Sorts entries that come in the order of their positions, by radix; `scratch` is as long. Returns the one of both that
/// has the result.
void *fb_sort_entries(int dtype, void *entries, void *scratch, ptrdiff_t n);
/// The same for entries in any order.
void *fb_sort_shuffled_entries(int dtype, void *entries, void *scratch, ptrdiff_t n);

/// One digit (a byte of the key, the lowest first) of many entries: how often each value occurs, and each entry to the
/// place its digit's offset says, which then moves on.
void fb_count_digits(int dtype, const void *entries, ptrdiff_t n, int digit, int64_t counts[256]);
void fb_move_by_digit(int dtype, const void *entries, ptrdiff_t n, int digit, int64_t offsets[256], void *out);

/// Writes the elements and positions of sorted entries; either may be NULL. Elements are read from `source`, or made of
/// the keys where that is NULL.
void fb_write_entries(
    int dtype, bool descending, const void *entries, ptrdiff_t n, const void *source, ptrdiff_t source_stride,
    void *values, ptrdiff_t values_stride, int64_t *positions, ptrdiff_t positions_stride);

/// Sorts a whole row. `scratch` holds two entries for each element.
void fb_sort_row(
    int dtype, bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, void *values, ptrdiff_t values_stride,
    int64_t *positions, ptrdiff_t positions_stride, void *scratch);

/// The `k` entries that come first, in no order, of the `n` elements; `entries` has room for 2 * k + 1024. `k` <= `n`.
void fb_first_entries(
    int dtype, bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, int64_t first, ptrdiff_t k, void *entries);

/// Which element has rank `k` (from 0); of equal ones the one that quickselect (median of three, as libstdc++ has it, or
/// that of Numerical Recipes) comes to, as PyTorch's median and kthvalue do. `scratch` holds an entry for each element.
int64_t fb_position_of_rank(
    int dtype, const void *a, ptrdiff_t stride, ptrdiff_t n, ptrdiff_t k, bool is_median, void *scratch);

/// The `k` > 0 elements that come first, in order, and their positions; of equal ones those that selection and sorting as
/// above come to, as PyTorch's topk does. For rows of at most FB_SHORT_ROW elements.
enum { FB_SHORT_ROW = 256 };
void fb_first_of_short_row(
    int dtype, bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, ptrdiff_t k, void *values,
    ptrdiff_t values_stride, int64_t *positions, ptrdiff_t positions_stride);

/// The position of the last of the most frequent elements, the smallest if several are, by sorted entries.
int64_t fb_position_of_mode(int dtype, const void *entries, ptrdiff_t n);

/// Position of the first NaN, or -1; and the number of them.
int64_t fb_first_nan(int dtype, const void *a, ptrdiff_t stride, ptrdiff_t n, int64_t *count);

/// Where `values` belong in the sorted `sequence` (in the order of `sorter` unless NULL): in front of equals, or behind
/// them where `right`. Integers, float and double.
void fb_search_sorted(
    int dtype, const void *sequence, const int64_t *sorter, ptrdiff_t length, const void *values, ptrdiff_t n,
    bool right, int64_t *out);

#endif
