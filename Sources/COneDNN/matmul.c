#include <pthread.h>
#include <stdlib.h>

#include "COneDNN.h"
#include "onednn.h"

int fb_onednn_version(void) {
    const dnnl_version_t *v = dnnl_version();
    return 10000 * v->major + 100 * v->minor + v->patch;
}

// Creating a primitive costs tens of microseconds, looking one up here some ten nanoseconds. The cache is per thread
// because a primitive with its own scratchpad must not run on two threads at once.
typedef struct {
    fb_matmul_shape shape;
    dnnl_primitive_t primitive;
    dnnl_memory_t a, b, bias, c;
} entry;

enum { CACHE_SIZE = 512 };

typedef struct {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    entry entries[CACHE_SIZE];
} thread_cache;

static _Thread_local thread_cache *cache;

static uint64_t hash(const fb_matmul_shape *s) {
    const int64_t *word = (const int64_t *)s;
    uint64_t h = 0;
    for (size_t i = 0; i < sizeof *s / sizeof *word; i++) h = (h ^ (uint64_t)word[i]) * 0x9E3779B97F4A7C15u + (h >> 29);
    return h ^ (h >> 32);
}

static void clear(entry *e) {
    if (e->primitive) dnnl_primitive_destroy(e->primitive);
    if (e->a) dnnl_memory_destroy(e->a);
    if (e->b) dnnl_memory_destroy(e->b);
    if (e->bias) dnnl_memory_destroy(e->bias);
    if (e->c) dnnl_memory_destroy(e->c);
    memset(e, 0, sizeof *e);
}

static dnnl_status_t create_primitive(
    entry *e, const memory_description *a, const memory_description *b, const memory_description *bias,
    const memory_description *c, dnnl_engine_t engine) {
    dnnl_primitive_desc_t description;
    dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
    status = dnnl_matmul_primitive_desc_create(
        &description, engine, *a, *b, e->shape.has_bias ? *bias : NULL, *c, NULL);
#else
    dnnl_matmul_desc_t operation;
    status = dnnl_matmul_desc_init(&operation, a, b, e->shape.has_bias ? bias : NULL, c);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&description, &operation, NULL, engine, NULL);
#endif
    if (status != dnnl_success) return status;
    status = dnnl_primitive_create(&e->primitive, description);
    dnnl_primitive_desc_destroy(description);
    return status;
}

static const dnnl_data_type_t types[FB_ONEDNN_TYPE_COUNT] = {
    [FB_ONEDNN_F32] = dnnl_f32, [FB_ONEDNN_BF16] = dnnl_bf16, [FB_ONEDNN_F16] = dnnl_f16,
    [FB_ONEDNN_BF16_WIDE] = dnnl_bf16};
static _Atomic bool refused[FB_ONEDNN_TYPE_COUNT];

bool fb_onednn_takes(int type) { return !refused[type]; }

static dnnl_status_t fill(entry *e, const fb_matmul_shape *s, dnnl_engine_t engine) {
    e->shape = *s;
    int rank = s->batch == 1 ? 2 : 3;
    int skip = 3 - rank;
    int64_t a_dims[3] = {s->a_batch == 0 ? 1 : s->batch, s->m, s->k}, a_strides[3] = {s->a_batch, s->a_row, s->a_column};
    int64_t b_dims[3] = {s->b_batch == 0 ? 1 : s->batch, s->k, s->n}, b_strides[3] = {s->b_batch, s->b_row, s->b_column};
    int64_t c_dims[3] = {s->batch, s->m, s->n}, c_strides[3] = {s->c_batch, s->c_row, s->c_column};
    int64_t bias_dims[3] = {1, 1, s->n}, bias_strides[3] = {s->n, s->n, 1};
    // A repeated matrix is a batch of one, whose stride must still be a sound one.
    if (s->a_batch == 0) a_strides[0] = s->m * s->k;
    if (s->b_batch == 0) b_strides[0] = s->k * s->n;
    dnnl_dims_t dims, strides;
    memory_description a, b, bias, c;
#define DESCRIBE(md, d, type, st)                                     \
    do {                                                              \
        memcpy(dims, (d) + skip, (size_t)rank * sizeof(int64_t));     \
        memcpy(strides, (st) + skip, (size_t)rank * sizeof(int64_t)); \
        TRY(describe(&(md), rank, dims, type, strides));              \
    } while (0)
    const dnnl_data_type_t factor = types[s->type], product = s->type == FB_ONEDNN_BF16_WIDE ? dnnl_f32 : factor;
    DESCRIBE(a, a_dims, factor, a_strides);
    DESCRIBE(b, b_dims, factor, b_strides);
    DESCRIBE(bias, bias_dims, product, bias_strides);
    DESCRIBE(c, c_dims, product, c_strides);
    dnnl_status_t status = create_primitive(e, &a, &b, &bias, &c, engine);
    if (status == dnnl_success) status = dnnl_memory_create(&e->a, DESCRIPTION_OF(a), engine, DNNL_MEMORY_NONE);
    if (status == dnnl_success) status = dnnl_memory_create(&e->b, DESCRIPTION_OF(b), engine, DNNL_MEMORY_NONE);
    if (status == dnnl_success) status = dnnl_memory_create(&e->bias, DESCRIPTION_OF(bias), engine, DNNL_MEMORY_NONE);
    if (status == dnnl_success) status = dnnl_memory_create(&e->c, DESCRIPTION_OF(c), engine, DNNL_MEMORY_NONE);
    forget(&a);
    forget(&b);
    forget(&bias);
    forget(&c);
    return status;
}

// The pthread key that frees a thread's cache when the thread ends.
static pthread_key_t cache_key;
static pthread_once_t cache_once = PTHREAD_ONCE_INIT;

static void release_cache(void *pointer) {
    thread_cache *c = pointer;
    for (int i = 0; i < CACHE_SIZE; i++) clear(&c->entries[i]);
    dnnl_stream_destroy(c->stream);
    dnnl_engine_destroy(c->engine);
    free(c);
}

static void create_key(void) { pthread_key_create(&cache_key, release_cache); }

static dnnl_status_t open_cache(void) {
    pthread_once(&cache_once, create_key);
    thread_cache *fresh = calloc(1, sizeof *fresh);
    if (!fresh) return dnnl_out_of_memory;
    dnnl_status_t status = dnnl_engine_create(&fresh->engine, dnnl_cpu, 0);
    if (status == dnnl_success) status = dnnl_stream_create(&fresh->stream, fresh->engine, dnnl_stream_default_flags);
    if (status != dnnl_success) {
        free(fresh);
        return status;
    }
    cache = fresh;
    pthread_setspecific(cache_key, fresh);
    return dnnl_success;
}

int fb_onednn_matmul(const fb_matmul_shape *shape, const void *a, const void *b, const void *bias, void *c) {
    if (!cache) TRY(open_cache());
    entry *e = &cache->entries[hash(shape) % CACHE_SIZE];
    if (!e->primitive || memcmp(&e->shape, shape, sizeof *shape) != 0) {
        clear(e);
        dnnl_status_t status = fill(e, shape, cache->engine);
        if (status != dnnl_success) {
            clear(e);
            if (status == dnnl_unimplemented) refused[shape->type] = true;
            return status;
        }
    }
    TRY(dnnl_memory_set_data_handle(e->a, (void *)a));
    TRY(dnnl_memory_set_data_handle(e->b, (void *)b));
    TRY(dnnl_memory_set_data_handle(e->c, c));
    dnnl_exec_arg_t arguments[4] = {
        {DNNL_ARG_SRC, e->a}, {DNNL_ARG_WEIGHTS, e->b}, {DNNL_ARG_DST, e->c}, {DNNL_ARG_BIAS, e->bias}};
    if (shape->has_bias) TRY(dnnl_memory_set_data_handle(e->bias, (void *)bias));
    return dnnl_primitive_execute(e->primitive, cache->stream, shape->has_bias ? 4 : 3, arguments);
}
