// The block cache. Page faults on fresh memory cost more than most kernels that fill it, so freed blocks are kept, by
// size class: small ones per thread without a lock, large ones in common under a mutex.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "CRuntime.h"

enum {
    ALIGNMENT = 64,
    LINEAR_CLASSES = 16,     // 64, 128, ... 1024 bytes
    STEPS = 8,               // above that: eight classes a doubling, so at most 12.5% is wasted
    CLASS_COUNT = LINEAR_CLASSES + 1 + 38 * STEPS,
    LOCAL_LIMIT = 16 << 10,  // blocks up to this size are cached per thread
    LOCAL_DEPTH_BYTES = 128 << 10,  // at most this much per class and thread
    HUGE_PAGE = 2 << 20,
};
// Kept in common at most: this, or half of what a program has had in use at once, whichever is more.
static const size_t CACHE_FLOOR = (size_t)512 << 20;

typedef struct block { struct block *next; } block;

static unsigned size_class(size_t size, size_t *rounded) {
    if (size <= LINEAR_CLASSES * ALIGNMENT) {
        unsigned index = (unsigned)((size + ALIGNMENT - 1) / ALIGNMENT);
        *rounded = (size_t)index * ALIGNMENT;
        return index;
    }
    unsigned exponent = 63 - (unsigned)__builtin_clzll(size - 1);  // 2^exponent < size <= 2^(exponent + 1)
    size_t step = (size_t)1 << (exponent - 3);
    size_t index = (size - 1 - ((size_t)1 << exponent)) >> (exponent - 3);
    *rounded = ((size_t)1 << exponent) + (index + 1) * step;
    return LINEAR_CLASSES + 1 + (exponent - 10) * STEPS + (unsigned)index;
}

// The address sanitizer takes a cached block for one in use: it is told which bytes are whose.
#if defined(__has_feature) && __has_feature(address_sanitizer)
extern void __asan_poison_memory_region(const volatile void *, size_t);
extern void __asan_unpoison_memory_region(const volatile void *, size_t);
#define FORBID(pointer, size) __asan_poison_memory_region(pointer, size)
#define ALLOW(pointer, size) __asan_unpoison_memory_region(pointer, size)
#else
#define FORBID(pointer, size) ((void)0)
#define ALLOW(pointer, size) ((void)0)
#endif

/// A block about to be handed out: `size` of its `rounded` bytes may be used.
static inline void *handed_out(void *pointer, size_t size, size_t rounded) {
    (void)size;
    (void)rounded;
    if (pointer) {
        ALLOW(pointer, rounded);
        FORBID((char *)pointer + size, rounded - size);
    }
    return pointer;
}

/// A block about to be kept: nothing of it may be used but the link.
static inline void kept(block *b, size_t rounded) {
    (void)rounded;
    FORBID(b + 1, rounded - sizeof *b);
}

enum { LOCAL_CLASSES = LINEAR_CLASSES + 1 + 4 * STEPS };  // exponents 10 to 13: up to 16 KiB

typedef struct {
    block *blocks[LOCAL_CLASSES];
    unsigned count[LOCAL_CLASSES];
    bool registered, closed;
} local_cache;

static _Thread_local local_cache local;
static pthread_key_t local_key;
static pthread_once_t local_once = PTHREAD_ONCE_INIT;

static void release_local(void *cache_pointer) {
    local_cache *cache = cache_pointer;
    cache->closed = true;  // blocks freed by later destructors of this thread go straight to the system
    for (int i = 0; i < LOCAL_CLASSES; i++) {
        for (block *b = cache->blocks[i]; b;) {
            block *next = b->next;
            free(b);
            b = next;
        }
        cache->blocks[i] = NULL;
        cache->count[i] = 0;
    }
}

static void create_key(void) { pthread_key_create(&local_key, release_local); }

static pthread_mutex_t shared_mutex = PTHREAD_MUTEX_INITIALIZER;
static block *shared_blocks[CLASS_COUNT];
static size_t shared_bytes;
// When a class was last asked for or given back, by a clock that ticks with every such call: what has lain longest goes
// first when room is needed.
static size_t last_used[CLASS_COUNT], ticks;
static size_t peak_in_use;
static _Atomic size_t large_in_use;

static char empty_block[ALIGNMENT] __attribute__((aligned(ALIGNMENT)));

// Huge blocks are mapped, not taken from malloc: what that recycles is in small pages already, and asking for huge ones
// then comes too late. (The sanitizer watches malloc's.)
#if defined(__has_feature) && __has_feature(address_sanitizer)
#define MAPS_HUGE false
#else
#define MAPS_HUGE true
#endif

static void *from_system(size_t rounded) {
    if (rounded < 2 * HUGE_PAGE || !MAPS_HUGE) return aligned_alloc(ALIGNMENT, rounded);
    char *memory = mmap(NULL, rounded + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    size_t before = -(uintptr_t)memory % HUGE_PAGE;
    if (before) munmap(memory, before);
    memory += before;
    munmap(memory + rounded, HUGE_PAGE - before);
    madvise(memory, rounded, MADV_HUGEPAGE);
    return memory;
}

static void to_system(void *block, size_t rounded) {
    if (rounded < 2 * HUGE_PAGE || !MAPS_HUGE) free(block); else munmap(block, rounded);
}

void *fb_allocate(size_t size) {
    if (size == 0) return empty_block;
    if (size > (size_t)1 << 46) return NULL;
    size_t rounded;
    unsigned index = size_class(size, &rounded);
    if (rounded <= LOCAL_LIMIT) {
        block *b = local.blocks[index];
        if (b) {
            local.blocks[index] = b->next;
            local.count[index]--;
            return handed_out(b, size, rounded);
        }
        return handed_out(aligned_alloc(ALIGNMENT, rounded), size, rounded);
    }
    pthread_mutex_lock(&shared_mutex);
    block *b = shared_blocks[index];
    if (b) {
        shared_blocks[index] = b->next;
        shared_bytes -= rounded;
    }
    last_used[index] = ++ticks;
    pthread_mutex_unlock(&shared_mutex);
    if (!b) b = from_system(rounded);
    if (!b) {
        fb_empty_cache();
        b = from_system(rounded);
    }
    if (b) atomic_fetch_add_explicit(&large_in_use, rounded, memory_order_relaxed);
    return handed_out(b, size, rounded);
}

static size_t class_size(unsigned index) {
    if (index <= LINEAR_CLASSES) return (size_t)index * ALIGNMENT;
    unsigned above = index - LINEAR_CLASSES - 1;
    unsigned exponent = above / STEPS + 10;
    return ((size_t)1 << exponent) + (above % STEPS + 1) * ((size_t)1 << (exponent - 3));
}

// Of at least 16 KiB each, so that the size has room in it.
typedef struct eviction { struct eviction *next; size_t size; } eviction;

/// Takes blocks of the classes unused for longest out of the cache until `wanted` bytes more fit, and chains them to be
/// freed outside the lock. False when they cannot fit.
static bool make_room(size_t wanted, unsigned index, eviction **evicted) {
    size_t limit = peak_in_use / 2 > CACHE_FLOOR ? peak_in_use / 2 : CACHE_FLOOR;
    if (wanted > limit) return false;
    while (shared_bytes + wanted > limit) {
        int oldest = -1;
        for (int i = 0; i < CLASS_COUNT; i++) {
            if (shared_blocks[i] && (oldest < 0 || last_used[i] < last_used[oldest])) oldest = i;
        }
        // Nothing older than what is given back: the newcomer goes.
        if (oldest < 0 || oldest == (int)index) return false;
        block *b = shared_blocks[oldest];
        shared_blocks[oldest] = b->next;
        size_t size = class_size((unsigned)oldest);
        shared_bytes -= size;
        ALLOW(b, sizeof(eviction));
        eviction *gone = (eviction *)b;
        *gone = (eviction){*evicted, size};
        *evicted = gone;
    }
    return true;
}

void fb_deallocate(void *pointer, size_t size) {
    if (size == 0 || pointer == NULL) return;
    size_t rounded;
    unsigned index = size_class(size, &rounded);
    block *b = pointer;
    ALLOW(b, rounded);
    if (rounded <= LOCAL_LIMIT) {
        if (local.closed || (size_t)local.count[index] * rounded >= LOCAL_DEPTH_BYTES) {
            free(b);
            return;
        }
        if (!local.registered) {
            pthread_once(&local_once, create_key);
            pthread_setspecific(local_key, &local);
            local.registered = true;
        }
        b->next = local.blocks[index];
        kept(b, rounded);
        local.blocks[index] = b;
        local.count[index]++;
        return;
    }
    size_t in_use = atomic_fetch_sub_explicit(&large_in_use, rounded, memory_order_relaxed);
    eviction *evicted = NULL;
    pthread_mutex_lock(&shared_mutex);
    if (in_use > peak_in_use) peak_in_use = in_use;
    last_used[index] = ++ticks;
    bool keep = make_room(rounded, index, &evicted);
    if (keep) {
        b->next = shared_blocks[index];
        kept(b, rounded);
        shared_blocks[index] = b;
        shared_bytes += rounded;
    }
    pthread_mutex_unlock(&shared_mutex);
    if (!keep) to_system(b, rounded);
    while (evicted) {
        eviction *next = evicted->next;
        to_system(evicted, evicted->size);
        evicted = next;
    }
}

void fb_empty_cache(void) {
    pthread_mutex_lock(&shared_mutex);
    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        for (block *b = shared_blocks[i]; b;) {
            block *next = b->next;
            to_system(b, class_size(i));
            b = next;
        }
        shared_blocks[i] = NULL;
    }
    shared_bytes = 0;
    pthread_mutex_unlock(&shared_mutex);
}

size_t fb_bytes_in_use(void) { return large_in_use; }

size_t fb_bytes_cached(void) {
    pthread_mutex_lock(&shared_mutex);
    size_t bytes = shared_bytes;
    pthread_mutex_unlock(&shared_mutex);
    return bytes;
}
