// Convolutions and their gradients. The memory orders in which oneDNN's generated kernels are fast are its own (blocks of
// 16 channels), or channels last; plain operands are reordered on the way in and out, which costs a few percent.
#include <pthread.h>
#include <stdlib.h>

#include "COneDNN.h"
#include "CRuntime.h"
#include "onednn.h"

// An operand as the caller has it and as the primitive takes it; where the two differ, with the copy between them.
typedef struct {
    dnnl_memory_t user, own;
    dnnl_primitive_t reorder;  // NULL where both are one
    memory_description own_description;
    size_t own_size;
} operand;

typedef struct {
    fb_convolution_shape shape;
    uint64_t used;
    dnnl_primitive_t primitive;
    operand source, weights, result;
    dnnl_memory_t bias, scratchpad;
    size_t scratchpad_size;
} entry;

enum { BUCKETS = 128, BUCKET_SIZE = 4 };

typedef struct {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_attr_t attributes;
    uint64_t clock;
    entry entries[BUCKETS][BUCKET_SIZE];
} thread_cache;

static _Thread_local thread_cache *cache;

static uint64_t hash(const fb_convolution_shape *s) {
    const int64_t *word = (const int64_t *)s;
    uint64_t h = 0;
    for (size_t i = 0; i < sizeof *s / sizeof *word; i++) h = (h ^ (uint64_t)word[i]) * 0x9E3779B97F4A7C15u + (h >> 29);
    return h ^ (h >> 32);
}

static void clear_operand(operand *o) {
    if (o->user) dnnl_memory_destroy(o->user);
    if (o->own) dnnl_memory_destroy(o->own);
    if (o->reorder) dnnl_primitive_destroy(o->reorder);
    forget(&o->own_description);
}

static void clear(entry *e) {
    if (e->primitive) dnnl_primitive_destroy(e->primitive);
    clear_operand(&e->source);
    clear_operand(&e->weights);
    clear_operand(&e->result);
    if (e->bias) dnnl_memory_destroy(e->bias);
    if (e->scratchpad) dnnl_memory_destroy(e->scratchpad);
    memset(e, 0, sizeof *e);
}

// ---- The thread's cache -------------------------------------------------------------------------------------------

static pthread_key_t cache_key;
static pthread_once_t cache_once = PTHREAD_ONCE_INIT;

static void release_cache(void *pointer) {
    thread_cache *c = pointer;
    for (int i = 0; i < BUCKETS; i++)
        for (int j = 0; j < BUCKET_SIZE; j++) clear(&c->entries[i][j]);
    if (c->attributes) dnnl_primitive_attr_destroy(c->attributes);
    if (c->stream) dnnl_stream_destroy(c->stream);
    if (c->engine) dnnl_engine_destroy(c->engine);
    free(c);
}

static void create_key(void) { pthread_key_create(&cache_key, release_cache); }

static dnnl_status_t open_cache(void) {
    pthread_once(&cache_once, create_key);
    thread_cache *fresh = calloc(1, sizeof *fresh);
    if (!fresh) return dnnl_out_of_memory;
    dnnl_status_t status = dnnl_engine_create(&fresh->engine, dnnl_cpu, 0);
    if (status == dnnl_success) status = dnnl_stream_create(&fresh->stream, fresh->engine, dnnl_stream_default_flags);
    if (status == dnnl_success) status = dnnl_primitive_attr_create(&fresh->attributes);
    // Working memory is lent for each call: kept by every primitive it would add up.
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(fresh->attributes, dnnl_scratchpad_mode_user);
    if (status != dnnl_success) {
        release_cache(fresh);
        return status;
    }
    cache = fresh;
    pthread_setspecific(cache_key, fresh);
    return dnnl_success;
}

// ---- Descriptions -------------------------------------------------------------------------------------------------

typedef struct { memory_description source, weights, bias, result; } descriptions;

static void forget_all(descriptions *d) {
    forget(&d->source);
    forget(&d->weights);
    forget(&d->bias);
    forget(&d->result);
}

// (outer..., channels, spatial...) without gaps, the last dimension or the channels closest.
static dnnl_status_t describe_dense(
    memory_description *md, int rank, const dnnl_dims_t dims, int channel, bool channels_last) {
    dnnl_dims_t strides;
    int64_t step = 1;
    if (channels_last) {
        strides[channel] = step;
        step *= dims[channel];
    }
    for (int i = rank - 1; i >= 0; i--) {
        if (channels_last && i == channel) continue;
        strides[i] = step;
        step *= dims[i];
    }
    return describe(md, rank, dims, dnnl_f32, strides);
}

static int weights_rank(const fb_convolution_shape *s) { return (int)s->spatial + (s->groups > 1 ? 3 : 2); }

static void image_dims(const fb_convolution_shape *s, dnnl_dims_t dims, bool is_source) {
    dims[0] = s->batch;
    dims[1] = s->groups * (is_source ? s->in_channels : s->out_channels);
    for (int i = 0; i < s->spatial; i++) dims[2 + i] = is_source ? s->source[i] : s->result[i];
}

static void weights_dims(const fb_convolution_shape *s, dnnl_dims_t dims) {
    int n = 0;
    if (s->groups > 1) dims[n++] = s->groups;
    dims[n++] = s->out_channels;
    dims[n++] = s->in_channels;
    for (int i = 0; i < s->spatial; i++) dims[n++] = s->kernel[i];
}

static dnnl_status_t describe_user(const fb_convolution_shape *s, descriptions *d) {
    const int rank = (int)s->spatial + 2;
    dnnl_dims_t dims;
    image_dims(s, dims, true);
    TRY(describe_dense(&d->source, rank, dims, 1, s->channels_last));
    image_dims(s, dims, false);
    TRY(describe_dense(&d->result, rank, dims, 1, s->channels_last));
    weights_dims(s, dims);
    TRY(describe_dense(&d->weights, weights_rank(s), dims, weights_rank(s) - (int)s->spatial - 1, s->weights_last));
    dnnl_dims_t count = {s->groups * s->out_channels}, one = {1};
    return describe(&d->bias, 1, count, dnnl_f32, one);
}

// A product of matrices for each image, which needs no reordering and is bound by memory where channels are few.
static bool is_plain_product(const fb_convolution_shape *s) {
    if (s->kind == FB_CONVOLVE_WEIGHT_GRADIENT || s->groups > 1 || s->channels_last) return false;
    for (int i = 0; i < s->spatial; i++)
        if (s->kernel[i] != 1 || s->stride[i] != 1 || s->padding_before[i] != 0 || s->padding_after[i] != 0) return false;
    const int64_t fewer = s->in_channels < s->out_channels ? s->in_channels : s->out_channels;
    int64_t places = 1;
    for (int i = 0; i < s->spatial; i++) places *= s->result[i];
    return fewer <= 256 && places >= 256;
}

// What the primitive is asked for: `any` lets it choose, `fixed` is the user's order of source and result.
static dnnl_status_t describe_wanted(const fb_convolution_shape *s, bool fixed, descriptions *d) {
    const int rank = (int)s->spatial + 2;
    dnnl_dims_t dims;
    image_dims(s, dims, true);
    TRY(fixed ? describe_dense(&d->source, rank, dims, 1, s->channels_last)
              : describe_any(&d->source, rank, dims, dnnl_f32));
    image_dims(s, dims, false);
    TRY(fixed ? describe_dense(&d->result, rank, dims, 1, s->channels_last)
              : describe_any(&d->result, rank, dims, dnnl_f32));
    weights_dims(s, dims);
    TRY(describe_any(&d->weights, weights_rank(s), dims, dnnl_f32));
    dnnl_dims_t count = {s->groups * s->out_channels}, one = {1};
    return describe(&d->bias, 1, count, dnnl_f32, one);
}

// ---- Primitives ---------------------------------------------------------------------------------------------------

typedef struct { dnnl_dims_t stride, dilation, before, after; } window;

static window window_of(const fb_convolution_shape *s) {
    window w;
    memset(&w, 0, sizeof w);
    for (int i = 0; i < s->spatial; i++) {
        w.stride[i] = s->stride[i];
        w.dilation[i] = s->dilation[i] - 1;
        w.before[i] = s->padding_before[i];
        w.after[i] = s->padding_after[i];
    }
    return w;
}

static dnnl_status_t describe_primitive(
    int64_t kind, const descriptions *d, bool has_bias, const window *w, dnnl_primitive_desc_t hint,
    dnnl_primitive_desc_t *description) {
    const dnnl_alg_kind_t way = dnnl_convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    memory_description bias = has_bias ? d->bias : NULL;
    switch (kind) {
    case FB_CONVOLVE:
        return dnnl_convolution_forward_primitive_desc_create(
            description, cache->engine, dnnl_forward_training, way, d->source, d->weights, bias, d->result, w->stride,
            w->dilation, w->before, w->after, cache->attributes);
    case FB_CONVOLVE_SOURCE_GRADIENT:
        return dnnl_convolution_backward_data_primitive_desc_create(
            description, cache->engine, way, d->source, d->weights, d->result, w->stride, w->dilation, w->before,
            w->after, hint, cache->attributes);
    default:
        return dnnl_convolution_backward_weights_primitive_desc_create(
            description, cache->engine, way, d->source, d->weights, bias, d->result, w->stride, w->dilation, w->before,
            w->after, hint, cache->attributes);
    }
#else
    const memory_description *bias = has_bias ? &d->bias : NULL;
    dnnl_convolution_desc_t operation;
    switch (kind) {
    case FB_CONVOLVE:
        TRY(dnnl_dilated_convolution_forward_desc_init(
            &operation, dnnl_forward_training, way, &d->source, &d->weights, bias, &d->result, w->stride, w->dilation,
            w->before, w->after));
        break;
    case FB_CONVOLVE_SOURCE_GRADIENT:
        TRY(dnnl_dilated_convolution_backward_data_desc_init(
            &operation, way, &d->source, &d->weights, &d->result, w->stride, w->dilation, w->before, w->after));
        break;
    default:
        TRY(dnnl_dilated_convolution_backward_weights_desc_init(
            &operation, way, &d->source, &d->weights, bias, &d->result, w->stride, w->dilation, w->before, w->after));
    }
    return dnnl_primitive_desc_create(description, &operation, cache->attributes, cache->engine, hint);
#endif
}

// The reference implementation: correct, and slower by orders of magnitude.
static bool is_reference(dnnl_primitive_desc_t description) {
    const char *name = NULL;
    if (dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name) != dnnl_success || !name) return false;
    return strncmp(name, "ref", 3) == 0;
}

static dnnl_status_t choose(const fb_convolution_shape *s, bool fixed, dnnl_primitive_desc_t *description) {
    descriptions wanted;
    memset(&wanted, 0, sizeof wanted);
    const window w = window_of(s);
    dnnl_status_t status = describe_wanted(s, fixed, &wanted);
    dnnl_primitive_desc_t hint = NULL;
    if (status == dnnl_success && s->kind != FB_CONVOLVE)
        status = describe_primitive(FB_CONVOLVE, &wanted, s->has_bias, &w, NULL, &hint);
    if (status == dnnl_success) status = describe_primitive(s->kind, &wanted, s->has_bias, &w, hint, description);
    if (hint) dnnl_primitive_desc_destroy(hint);
    forget_all(&wanted);
    return status;
}

static dnnl_status_t connect(
    operand *o, description_reference user, description_reference own, bool is_output) {
    TRY(copy_description(&o->own_description, own));
    o->own_size = dnnl_memory_desc_get_size(own);
    TRY(dnnl_memory_create(&o->own, own, cache->engine, DNNL_MEMORY_NONE));
    if (dnnl_memory_desc_equal(user, own)) return dnnl_success;
    TRY(dnnl_memory_create(&o->user, user, cache->engine, DNNL_MEMORY_NONE));
    dnnl_primitive_desc_t description;
    TRY(dnnl_reorder_primitive_desc_create(
        &description, is_output ? own : user, cache->engine, is_output ? user : own, cache->engine, NULL));
    dnnl_status_t status = dnnl_primitive_create(&o->reorder, description);
    dnnl_primitive_desc_destroy(description);
    return status;
}

static dnnl_status_t fill_from(entry *e, dnnl_primitive_desc_t chosen, const descriptions *user) {
    const int64_t kind = e->shape.kind;
    TRY(dnnl_primitive_create(&e->primitive, chosen));
    const dnnl_query_t source = kind == FB_CONVOLVE_SOURCE_GRADIENT ? dnnl_query_diff_src_md : dnnl_query_src_md;
    const dnnl_query_t weights =
        kind == FB_CONVOLVE_WEIGHT_GRADIENT ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
    const dnnl_query_t result = kind == FB_CONVOLVE ? dnnl_query_dst_md : dnnl_query_diff_dst_md;
    TRY(connect(
        &e->source, DESCRIPTION_OF(user->source), dnnl_primitive_desc_query_md(chosen, source, 0),
        kind == FB_CONVOLVE_SOURCE_GRADIENT));
    TRY(connect(
        &e->weights, DESCRIPTION_OF(user->weights), dnnl_primitive_desc_query_md(chosen, weights, 0),
        kind == FB_CONVOLVE_WEIGHT_GRADIENT));
    TRY(connect(
        &e->result, DESCRIPTION_OF(user->result), dnnl_primitive_desc_query_md(chosen, result, 0), kind == FB_CONVOLVE));
    if (e->shape.has_bias)
        TRY(dnnl_memory_create(&e->bias, DESCRIPTION_OF(user->bias), cache->engine, DNNL_MEMORY_NONE));
    description_reference scratchpad = dnnl_primitive_desc_query_md(chosen, dnnl_query_scratchpad_md, 0);
    e->scratchpad_size = scratchpad ? dnnl_memory_desc_get_size(scratchpad) : 0;
    if (e->scratchpad_size > 0) TRY(dnnl_memory_create(&e->scratchpad, scratchpad, cache->engine, DNNL_MEMORY_NONE));
    return dnnl_success;
}

static dnnl_status_t fill(entry *e, const fb_convolution_shape *s) {
    e->shape = *s;
    dnnl_primitive_desc_t chosen = NULL;
    const bool fixed = s->channels_last || is_plain_product(s);
    dnnl_status_t status = choose(s, fixed, &chosen);
    if (fixed && (status != dnnl_success || is_reference(chosen))) {
        dnnl_primitive_desc_t other = NULL;
        if (choose(s, false, &other) == dnnl_success) {
            if (status == dnnl_success) dnnl_primitive_desc_destroy(chosen);
            chosen = other;
            status = dnnl_success;
        }
    }
    if (status != dnnl_success) return status;
    descriptions user;
    memset(&user, 0, sizeof user);
    status = describe_user(s, &user);
    if (status == dnnl_success) status = fill_from(e, chosen, &user);
    forget_all(&user);
    dnnl_primitive_desc_destroy(chosen);
    return status;
}

static dnnl_status_t find(const fb_convolution_shape *shape, entry **found) {
    if (!cache) TRY(open_cache());
    fb_convolution_shape key = *shape;
    key.threads = fb_thread_count();
    entry *bucket = cache->entries[hash(&key) % BUCKETS];
    entry *oldest = bucket;
    for (int i = 0; i < BUCKET_SIZE; i++) {
        entry *e = &bucket[i];
        if (e->primitive && memcmp(&e->shape, &key, sizeof key) == 0) {
            e->used = ++cache->clock;
            *found = e;
            return dnnl_success;
        }
        if (e->used < oldest->used) oldest = e;
    }
    clear(oldest);
    dnnl_status_t status = fill(oldest, &key);
    if (status != dnnl_success) {
        clear(oldest);
        return status;
    }
    oldest->used = ++cache->clock;
    *found = oldest;
    return dnnl_success;
}

// ---- Running ------------------------------------------------------------------------------------------------------

struct fb_packed_weights {
    memory_description description;
    size_t size;
    void *data;
};

static size_t rounded(size_t size) { return (size + 63) & ~(size_t)63; }

static dnnl_status_t copy_operand(const operand *o, void *user, void *own, bool is_output) {
    TRY(dnnl_memory_set_data_handle(o->user, user));
    dnnl_exec_arg_t arguments[2] = {
        {DNNL_ARG_FROM, is_output ? o->own : o->user}, {DNNL_ARG_TO, is_output ? o->user : o->own}};
    if (!is_output) TRY(dnnl_memory_set_data_handle(o->own, own));
    return dnnl_primitive_execute(o->reorder, cache->stream, 2, arguments);
}

static dnnl_status_t run(
    entry *e, void *source, void *weights, void *bias, void *result, const struct fb_packed_weights *packed,
    char *memory) {
    const int64_t kind = e->shape.kind;
    operand *const operands[3] = {&e->source, &e->weights, &e->result};
    void *const user[3] = {source, weights, result};
    const int output = kind == FB_CONVOLVE ? 2 : kind == FB_CONVOLVE_SOURCE_GRADIENT ? 0 : 1;
    for (int i = 0; i < 3; i++) {
        operand *o = operands[i];
        if (!o->reorder) {
            TRY(dnnl_memory_set_data_handle(o->own, user[i]));
        } else if (i == 1 && packed) {
            TRY(dnnl_memory_set_data_handle(o->own, packed->data));
        } else {
            if (i == output) {
                TRY(dnnl_memory_set_data_handle(o->own, memory));
            } else {
                TRY(copy_operand(o, user[i], memory, false));
            }
            memory += rounded(o->own_size);
        }
    }
    dnnl_exec_arg_t arguments[5] = {
        {kind == FB_CONVOLVE_SOURCE_GRADIENT ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, e->source.own},
        {kind == FB_CONVOLVE_WEIGHT_GRADIENT ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, e->weights.own},
        {kind == FB_CONVOLVE ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, e->result.own}};
    int count = 3;
    if (e->scratchpad) {
        TRY(dnnl_memory_set_data_handle(e->scratchpad, memory));
        arguments[count++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, e->scratchpad};
    }
    if (e->bias) {
        TRY(dnnl_memory_set_data_handle(e->bias, bias));
        const int name = kind == FB_CONVOLVE ? DNNL_ARG_BIAS : DNNL_ARG_DIFF_BIAS;
        arguments[count++] = (dnnl_exec_arg_t){name, e->bias};
    }
    TRY(dnnl_primitive_execute(e->primitive, cache->stream, count, arguments));
    if (operands[output]->reorder) TRY(copy_operand(operands[output], user[output], NULL, true));
    return dnnl_success;
}

static bool reads_packed(const entry *e, const struct fb_packed_weights *packed) {
    return e->weights.reorder
           && dnnl_memory_desc_equal(
               DESCRIPTION_OF(packed->description), DESCRIPTION_OF(e->weights.own_description));
}

bool fb_onednn_reads_packed(const fb_convolution_shape *shape, const struct fb_packed_weights *packed) {
    entry *e;
    return find(shape, &e) == dnnl_success && reads_packed(e, packed);
}

int fb_onednn_convolve(
    const fb_convolution_shape *shape, void *source, void *weights, void *bias, void *result,
    const struct fb_packed_weights *packed) {
    entry *e;
    TRY(find(shape, &e));
    if (packed && !reads_packed(e, packed)) packed = NULL;
    size_t size = rounded(e->scratchpad_size);
    if (e->source.reorder) size += rounded(e->source.own_size);
    if (e->weights.reorder && !packed) size += rounded(e->weights.own_size);
    if (e->result.reorder) size += rounded(e->result.own_size);
    char *memory = size > 0 ? fb_allocate(size) : NULL;
    if (size > 0 && !memory) return dnnl_out_of_memory;
    dnnl_status_t status = run(e, source, weights, bias, result, packed, memory);
    if (memory) fb_deallocate(memory, size);
    return status;
}

struct fb_packed_weights *fb_onednn_pack(const fb_convolution_shape *shape, const void *weights) {
    entry *e;
    if (find(shape, &e) != dnnl_success || !e->weights.reorder || shape->kind == FB_CONVOLVE_WEIGHT_GRADIENT) return NULL;
    struct fb_packed_weights *packed = calloc(1, sizeof *packed);
    if (!packed) return NULL;
    packed->size = e->weights.own_size;
    packed->data = fb_allocate(packed->size);
    if (!packed->data || copy_description(&packed->description, DESCRIPTION_OF(e->weights.own_description)) != dnnl_success
        || copy_operand(&e->weights, (void *)weights, packed->data, false) != dnnl_success) {
        fb_onednn_free_packed(packed);
        return NULL;
    }
    return packed;
}

void fb_onednn_free_packed(struct fb_packed_weights *packed) {
    if (packed->data) fb_deallocate(packed->data, packed->size);
    forget(&packed->description);
    free(packed);
}
