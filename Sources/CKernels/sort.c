// Order: keys, radix sort, selection, binary search. See CKernelsSorting.h for what keys and entries are.
#include "kernels.h"

#define FOR_NARROW(X) X(boolean, uint8_t) X(u8, uint8_t) X(i8, uint8_t) X(i16, uint16_t) X(i32, uint32_t) \
    X(f16, uint16_t) X(bf16, uint16_t) X(f32, uint32_t)
#define FOR_WIDE(X) X(i64, uint64_t) X(f64, uint64_t)

// Keys of unsigned and signed integers.
#define key_boolean(bits, lost) (bits)
#define key_u8(bits, lost) (bits)
#define key_i8(bits, lost) ((uint8_t)((bits) ^ 0x80))
#define key_i16(bits, lost) ((uint16_t)((bits) ^ 0x8000))
#define key_i32(bits, lost) ((bits) ^ 0x80000000u)
#define key_i64(bits, lost) ((bits) ^ 0x8000000000000000u)
#define element_boolean(key) (key)
#define element_u8(key) (key)
#define element_i8(key) ((uint8_t)((key) ^ 0x80))
#define element_i16(key) ((uint16_t)((key) ^ 0x8000))
#define element_i32(key) ((key) ^ 0x80000000u)
#define element_i64(key) ((key) ^ 0x8000000000000000u)

// Keys of floats: negative ones inverted, so that larger magnitudes come first; positive ones above them.
#define FLOAT_KEY(NAME, T, SIGN, INFINITE)                                                \
    INLINE T key_##NAME(T bits, bool *lost) {                                             \
        const T magnitude = bits & (T)~(SIGN);                                            \
        const bool is_nan = magnitude > (INFINITE), is_negative_zero = bits == (SIGN);    \
        *lost |= is_nan | is_negative_zero;                                               \
        const T key = bits & (SIGN) ? (T)~bits : (T)(bits | (SIGN));                      \
        return is_nan ? (T)~(T)0 : is_negative_zero ? (SIGN) : key;                       \
    }                                                                                     \
    INLINE T element_##NAME(T key) { return key & (SIGN) ? (T)(key ^ (SIGN)) : (T)~key; }
FLOAT_KEY(f16, uint16_t, (uint16_t)0x8000, 0x7C00)
FLOAT_KEY(bf16, uint16_t, (uint16_t)0x8000, 0x7F80)
FLOAT_KEY(f32, uint32_t, 0x80000000u, 0x7F800000u)
FLOAT_KEY(f64, uint64_t, 0x8000000000000000u, 0x7FF0000000000000u)

// Of narrow elements key and position share a word; wide ones take two.

static bool is_wide(int dtype) { return dtype == FB_I64 || dtype == FB_F64; }
int fb_entry_size(int dtype) { return is_wide(dtype) ? (int)sizeof(wide_entry) : (int)sizeof(narrow_entry); }

static int key_bytes(int dtype) {
    switch (dtype) {
    case FB_BOOL: case FB_U8: case FB_I8: return 1;
    case FB_I16: case FB_F16: case FB_BF16: return 2;
    case FB_I64: case FB_F64: return 8;
    default: return 4;
    }
}

// ---- Entries --------------------------------------------------------------------------------------------------------

#define MAKE_NARROW(NAME, T)                                                                                     \
    CLONES static bool make_##NAME(                                                                              \
        bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, uint64_t first, narrow_entry *restrict out) { \
        const T flip = descending ? (T)~(T)0 : 0;                                                                \
        bool lost = false;                                                                                       \
        if (stride == (ptrdiff_t)sizeof(T)) {                                                                    \
            const T *x = (const T *)a;                                                                           \
            for (ptrdiff_t i = 0; i < n; i++)                                                                    \
                out[i] = (uint64_t)(T)(key_##NAME(x[i], &lost) ^ flip) << 32 | (first + (uint64_t)i);            \
        } else {                                                                                                 \
            for (ptrdiff_t i = 0; i < n; i++) {                                                                  \
                const T bits = *(const T *)(a + i * stride);                                                     \
                out[i] = (uint64_t)(T)(key_##NAME(bits, &lost) ^ flip) << 32 | (first + (uint64_t)i);            \
            }                                                                                                    \
        }                                                                                                        \
        return !lost;                                                                                            \
    }
FOR_NARROW(MAKE_NARROW)

#define MAKE_WIDE(NAME, T)                                                                                       \
    static bool make_##NAME(                                                                                     \
        bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, uint64_t first, wide_entry *restrict out) { \
        const T flip = descending ? ~(T)0 : 0;                                                                   \
        bool lost = false;                                                                                       \
        for (ptrdiff_t i = 0; i < n; i++)                                                                        \
            out[i] = (wide_entry){key_##NAME(*(const T *)(a + i * stride), &lost) ^ flip, first + (uint64_t)i};  \
        return !lost;                                                                                            \
    }
FOR_WIDE(MAKE_WIDE)

bool fb_make_entries(
    int dtype, bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, int64_t first, void *entries) {
#define CALL(NAME) make_##NAME(descending, a, stride, n, (uint64_t)first, entries)
    switch (dtype) {
    case FB_BOOL: return CALL(boolean);
    case FB_U8: return CALL(u8);
    case FB_I8: return CALL(i8);
    case FB_I16: return CALL(i16);
    case FB_I32: return CALL(i32);
    case FB_I64: return CALL(i64);
    case FB_F16: return CALL(f16);
    case FB_BF16: return CALL(bf16);
    case FB_F32: return CALL(f32);
    default: return CALL(f64);
    }
#undef CALL
}

#define WRITE_VALUES(NAME, T, KEY, POSITION)                                                                     \
    static void write_##NAME(                                                                                    \
        bool descending, const void *sorted, ptrdiff_t n, const void *source, ptrdiff_t source_stride,           \
        void *values, ptrdiff_t stride) {                                                                        \
        const T flip = descending ? (T)~(T)0 : 0;                                                                \
        if (source) {                                                                                            \
            for (ptrdiff_t i = 0; i < n; i++)                                                                    \
                *(T *)(values + i * stride) = *(const T *)(source + (ptrdiff_t)(POSITION) * source_stride);      \
        } else if (stride == (ptrdiff_t)sizeof(T)) {                                                             \
            T *o = (T *)values;                                                                                  \
            for (ptrdiff_t i = 0; i < n; i++) o[i] = element_##NAME((T)((T)(KEY) ^ flip));                       \
        } else {                                                                                                 \
            for (ptrdiff_t i = 0; i < n; i++)                                                                    \
                *(T *)(values + i * stride) = element_##NAME((T)((T)(KEY) ^ flip));                              \
        }                                                                                                        \
    }
#define WRITE_NARROW(NAME, T) \
    WRITE_VALUES(NAME, T, ((const narrow_entry *)sorted)[i] >> 32, (uint32_t)((const narrow_entry *)sorted)[i])
#define WRITE_WIDE(NAME, T) \
    WRITE_VALUES(NAME, T, ((const wide_entry *)sorted)[i].key, ((const wide_entry *)sorted)[i].position)
FOR_NARROW(WRITE_NARROW)
FOR_WIDE(WRITE_WIDE)

void fb_write_entries(
    int dtype, bool descending, const void *entries, ptrdiff_t n, const void *source, ptrdiff_t source_stride,
    void *values, ptrdiff_t values_stride, int64_t *positions, ptrdiff_t positions_stride) {
    if (positions && is_wide(dtype)) {
        for (ptrdiff_t i = 0; i < n; i++)
            *(int64_t *)((void *)positions + i * positions_stride) = (int64_t)((const wide_entry *)entries)[i].position;
    } else if (positions) {
        for (ptrdiff_t i = 0; i < n; i++)
            *(int64_t *)((void *)positions + i * positions_stride) = (uint32_t)((const narrow_entry *)entries)[i];
    }
    if (!values) return;
#define CALL(NAME) write_##NAME(descending, entries, n, source, source_stride, values, values_stride)
    switch (dtype) {
    case FB_BOOL: CALL(boolean); break;
    case FB_U8: CALL(u8); break;
    case FB_I8: CALL(i8); break;
    case FB_I16: CALL(i16); break;
    case FB_I32: CALL(i32); break;
    case FB_I64: CALL(i64); break;
    case FB_F16: CALL(f16); break;
    case FB_BF16: CALL(bf16); break;
    case FB_F32: CALL(f32); break;
    default: CALL(f64); break;
    }
#undef CALL
}

// ---- Radix sort -----------------------------------------------------------------------------------------------------

#define narrow_key(e) ((e) >> 32)
#define wide_key(e) ((e).key)
// What entries that are in no order are sorted by first, so that equal keys stand by position.
#define whole_key(e) (e)
#define place_key(e) ((e).position)
typedef narrow_entry whole_entry;
typedef wide_entry place_entry;
#define DIGIT(key, digit) ((key) >> (8 * (digit)) & 0xFF)

// Four tables, because neighbours with one digit would wait for each other's increment.
#define RADIX(KIND)                                                                                              \
    static void count_##KIND(const KIND##_entry *a, ptrdiff_t n, int digit, int64_t counts[256]) {               \
        int64_t tables[3][256] = {{0}};                                                                          \
        ptrdiff_t i = 0;                                                                                         \
        for (; i + 4 <= n; i += 4) {                                                                             \
            counts[DIGIT(KIND##_key(a[i]), digit)]++;                                                            \
            for (int t = 0; t < 3; t++) tables[t][DIGIT(KIND##_key(a[i + t + 1]), digit)]++;                     \
        }                                                                                                        \
        for (; i < n; i++) counts[DIGIT(KIND##_key(a[i]), digit)]++;                                             \
        for (int value = 0; value < 256; value++)                                                                \
            counts[value] += tables[0][value] + tables[1][value] + tables[2][value];                             \
    }                                                                                                            \
    static void move_##KIND(                                                                                     \
        const KIND##_entry *a, ptrdiff_t n, int digit, int64_t offsets[256], KIND##_entry *restrict out) {       \
        for (ptrdiff_t i = 0; i < n; i++) out[offsets[DIGIT(KIND##_key(a[i]), digit)]++] = a[i];                 \
    }                                                                                                            \
    SORT_BY_DIGITS(KIND)
#define SORT_BY_DIGITS(KIND)                                                                                     \
    static KIND##_entry *sort_##KIND(KIND##_entry *a, KIND##_entry *scratch, ptrdiff_t n, int digits) {          \
        int64_t counts[8][256];                                                                                  \
        memset(counts, 0, (size_t)digits * sizeof counts[0]);                                                    \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                      \
            const uint64_t key = KIND##_key(a[i]);                                                               \
            for (int digit = 0; digit < digits; digit++) counts[digit][DIGIT(key, digit)]++;                     \
        }                                                                                                        \
        for (int digit = 0; digit < digits; digit++) {                                                           \
            if (counts[digit][DIGIT(KIND##_key(a[0]), digit)] == n) continue;                                    \
            int64_t at = 0;                                                                                      \
            for (int value = 0; value < 256; value++) {                                                          \
                const int64_t count = counts[digit][value];                                                      \
                counts[digit][value] = at;                                                                       \
                at += count;                                                                                     \
            }                                                                                                    \
            int64_t *offsets = counts[digit];                                                                    \
            for (ptrdiff_t i = 0; i < n; i++) scratch[offsets[DIGIT(KIND##_key(a[i]), digit)]++] = a[i];         \
            KIND##_entry *swap = a;                                                                              \
            a = scratch;                                                                                         \
            scratch = swap;                                                                                      \
        }                                                                                                        \
        return a;                                                                                                \
    }
RADIX(narrow)
RADIX(wide)
SORT_BY_DIGITS(whole)
SORT_BY_DIGITS(place)

void fb_count_digits(int dtype, const void *entries, ptrdiff_t n, int digit, int64_t counts[256]) {
    if (is_wide(dtype)) count_wide(entries, n, digit, counts);
    else count_narrow(entries, n, digit, counts);
}

void fb_move_by_digit(int dtype, const void *entries, ptrdiff_t n, int digit, int64_t offsets[256], void *out) {
    if (is_wide(dtype)) move_wide(entries, n, digit, offsets, out);
    else move_narrow(entries, n, digit, offsets, out);
}

// ---- Short rows: each element's rank, counted --------------------------------------------------------------------

#define SHORT 128
typedef uint32_t lanes32 __attribute__((vector_size(64)));
typedef uint64_t lanes64 __attribute__((vector_size(64)));

// rank[i] = the number of keys that come before key i: smaller ones, and equal ones in front of it.
#define RANKS(NAME, T, LANES, COUNT)                                                                             \
    CLONES static void ranks_##NAME(const T *keys, ptrdiff_t n, T *ranks) {                                      \
        LANES lane;                                                                                              \
        for (int l = 0; l < COUNT; l++) lane[l] = (T)l;                                                          \
        for (ptrdiff_t start = 0; start < n; start += COUNT) {                                                   \
            LANES key, rank = {0};                                                                               \
            memcpy(&key, keys + start, sizeof key);                                                              \
            const ptrdiff_t end = start + COUNT < n ? start + COUNT : n;                                         \
            for (ptrdiff_t j = 0; j < start; j++) rank -= (LANES)(keys[j] <= key);                               \
            for (ptrdiff_t j = start; j < end; j++)                                                              \
                rank -= (LANES)((keys[j] < key) | ((keys[j] == key) & ((T)(j - start) < lane)));                 \
            for (ptrdiff_t j = end; j < n; j++) rank -= (LANES)(keys[j] < key);                                  \
            memcpy(ranks + start, &rank, sizeof rank);                                                           \
        }                                                                                                        \
    }
RANKS(narrow, uint32_t, lanes32, 16)
RANKS(wide, uint64_t, lanes64, 8)

#define SHORT_ROW(NAME, T, K, RANKS)                                                                             \
    static void short_##NAME(                                                                                    \
        bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, void *values, ptrdiff_t values_stride,    \
        int64_t *positions, ptrdiff_t positions_stride) {                                                        \
        const T flip = descending ? (T)~(T)0 : 0;                                                                \
        K keys[SHORT], ranks[SHORT];                                                                             \
        bool lost = false;                                                                                       \
        for (ptrdiff_t i = 0; i < n; i++)                                                                        \
            keys[i] = (T)(key_##NAME(*(const T *)(a + i * stride), &lost) ^ flip);                               \
        RANKS(keys, n, ranks);                                                                                   \
        (void)lost;                                                                                              \
        T copy[SHORT];                                                                                           \
        for (ptrdiff_t i = 0; i < n; i++) copy[i] = *(const T *)(a + i * stride);                                \
        if (values)                                                                                              \
            for (ptrdiff_t i = 0; i < n; i++) *(T *)(values + (ptrdiff_t)ranks[i] * values_stride) = copy[i];    \
        if (positions)                                                                                           \
            for (ptrdiff_t i = 0; i < n; i++)                                                                    \
                *(int64_t *)((void *)positions + (ptrdiff_t)ranks[i] * positions_stride) = i;                    \
    }
#define SHORT_NARROW(NAME, T) SHORT_ROW(NAME, T, uint32_t, ranks_narrow)
#define SHORT_WIDE(NAME, T) SHORT_ROW(NAME, T, uint64_t, ranks_wide)
FOR_NARROW(SHORT_NARROW)
FOR_WIDE(SHORT_WIDE)

// Few entries, where counting digits would cost more than the sort.
static void insert_narrow(narrow_entry *a, ptrdiff_t n) {
    for (ptrdiff_t i = 1; i < n; i++) {
        const narrow_entry entry = a[i];
        ptrdiff_t at = i;
        for (; at > 0 && a[at - 1] > entry; at--) a[at] = a[at - 1];
        a[at] = entry;
    }
}
static void insert_wide(wide_entry *a, ptrdiff_t n) {
    for (ptrdiff_t i = 1; i < n; i++) {
        const wide_entry entry = a[i];
        ptrdiff_t at = i;
        for (; at > 0 && (a[at - 1].key > entry.key || (a[at - 1].key == entry.key && a[at - 1].position > entry.position));
             at--)
            a[at] = a[at - 1];
        a[at] = entry;
    }
}

void *fb_sort_entries(int dtype, void *entries, void *scratch, ptrdiff_t n) {
    if (n < 2) return entries;
    if (is_wide(dtype)) {
        if (n > 48) return sort_wide(entries, scratch, n, key_bytes(dtype));
        insert_wide(entries, n);
    } else {
        if (n > 48) return sort_narrow(entries, scratch, n, key_bytes(dtype));
        insert_narrow(entries, n);
    }
    return entries;
}

void *fb_sort_shuffled_entries(int dtype, void *entries, void *scratch, ptrdiff_t n) {
    if (n <= 48) return fb_sort_entries(dtype, entries, scratch, n);
    if (!is_wide(dtype)) return sort_whole(entries, scratch, n, 8);
    wide_entry *placed = sort_place(entries, scratch, n, 8);
    return sort_wide(placed, placed == entries ? scratch : entries, n, 8);
}

void fb_sort_row(
    int dtype, bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, void *values, ptrdiff_t values_stride,
    int64_t *positions, ptrdiff_t positions_stride, void *scratch) {
    if (n <= SHORT) {
#define CALL(NAME) short_##NAME(descending, a, stride, n, values, values_stride, positions, positions_stride)
        switch (dtype) {
        case FB_BOOL: CALL(boolean); break;
        case FB_U8: CALL(u8); break;
        case FB_I8: CALL(i8); break;
        case FB_I16: CALL(i16); break;
        case FB_I32: CALL(i32); break;
        case FB_I64: CALL(i64); break;
        case FB_F16: CALL(f16); break;
        case FB_BF16: CALL(bf16); break;
        case FB_F32: CALL(f32); break;
        default: CALL(f64); break;
        }
#undef CALL
        return;
    }
    const bool is_exact = fb_make_entries(dtype, descending, a, stride, n, 0, scratch);
    const void *sorted = fb_sort_entries(dtype, scratch, scratch + n * fb_entry_size(dtype), n);
    fb_write_entries(
        dtype, descending, sorted, n, is_exact ? NULL : a, stride, values, values_stride, positions, positions_stride);
}

// ---- The first k ----------------------------------------------------------------------------------------------------

#define narrow_before(a, b) ((a) < (b))
#define wide_before(a, b) ((a).key < (b).key || ((a).key == (b).key && (a).position < (b).position))

// Afterwards the first `k` entries come before all others (Hoare's quickselect; entries are all different).
#define SELECT(KIND)                                                                                             \
    static void select_##KIND(KIND##_entry *a, ptrdiff_t n, ptrdiff_t k) {                                       \
        ptrdiff_t low = 0, high = n - 1;                                                                         \
        const ptrdiff_t wanted = k - 1;                                                                          \
        while (low < high) {                                                                                     \
            const KIND##_entry x = a[low], y = a[low + (high - low) / 2], z = a[high];                           \
            const KIND##_entry smaller = KIND##_before(x, y) ? x : y, larger = KIND##_before(x, y) ? y : x;      \
            const KIND##_entry pivot =                                                                           \
                KIND##_before(z, smaller) ? smaller : KIND##_before(z, larger) ? z : larger;                     \
            ptrdiff_t i = low, j = high;                                                                         \
            while (i <= j) {                                                                                     \
                while (KIND##_before(a[i], pivot)) i++;                                                          \
                while (KIND##_before(pivot, a[j])) j--;                                                          \
                if (i > j) break;                                                                                \
                const KIND##_entry swap = a[i];                                                                  \
                a[i++] = a[j];                                                                                   \
                a[j--] = swap;                                                                                   \
            }                                                                                                    \
            if (wanted <= j) high = j;                                                                           \
            else if (wanted >= i) low = i;                                                                       \
            else return;                                                                                         \
        }                                                                                                        \
    }
SELECT(narrow)
SELECT(wide)

#define BLOCK 256
CLONES static uint64_t least_narrow(const narrow_entry *a, ptrdiff_t n) {
    uint64_t least = UINT64_MAX;
    for (ptrdiff_t i = 0; i < n; i++) least = a[i] < least ? a[i] : least;
    return least;
}
CLONES static uint64_t least_wide(const wide_entry *a, ptrdiff_t n) {
    uint64_t least = UINT64_MAX;
    for (ptrdiff_t i = 0; i < n; i++) least = a[i].key < least ? a[i].key : least;
    return least;
}

// Candidates are gathered until there is no more room, then all but the best `k` go, and the last of those is the bar for
// what comes. Most blocks hold nothing above the bar.
#define FIRST(KIND, KEY, MAXIMUM)                                                                                \
    static void first_##KIND(                                                                                    \
        int dtype, bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, int64_t first, ptrdiff_t k,    \
        KIND##_entry *out) {                                                                                     \
        KIND##_entry block[BLOCK], bar = MAXIMUM;                                                                \
        const ptrdiff_t room = 2 * k + 1024;                                                                     \
        ptrdiff_t count = 0;                                                                                     \
        for (ptrdiff_t start = 0; start < n; start += BLOCK) {                                                   \
            const ptrdiff_t m = n - start < BLOCK ? n - start : BLOCK;                                           \
            fb_make_entries(dtype, descending, a + start * stride, stride, m, first + start, block);             \
            if (least_##KIND(block, m) > KEY(bar)) continue;                                                     \
            /* Soon, for the bar to be high; not so often that choosing costs more than it saves. */             \
            if (count + m > room || count > k + (k > 64 ? k : 64)) {                                             \
                select_##KIND(out, count, k);                                                                    \
                count = k;                                                                                       \
                bar = out[0];                                                                                    \
                for (ptrdiff_t i = 1; i < k; i++)                                                                \
                    if (KIND##_before(bar, out[i])) bar = out[i];                                                \
            }                                                                                                    \
            for (ptrdiff_t i = 0; i < m; i++) {                                                                  \
                out[count] = block[i];                                                                           \
                count += KIND##_before(block[i], bar);                                                           \
            }                                                                                                    \
        }                                                                                                        \
        if (count > k) select_##KIND(out, count, k);                                                             \
    }
FIRST(narrow, whole_key, UINT64_MAX)
FIRST(wide, wide_key, ((wide_entry){UINT64_MAX, UINT64_MAX}))

void fb_first_entries(
    int dtype, bool descending, const void *a, ptrdiff_t stride, ptrdiff_t n, int64_t first, ptrdiff_t k, void *entries) {
    if (is_wide(dtype)) first_wide(dtype, descending, a, stride, n, first, k, entries);
    else first_narrow(dtype, descending, a, stride, n, first, k, entries);
}
