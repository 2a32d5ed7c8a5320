// What differs between oneDNN's interfaces 2.x and 3.x. 2.x describes memory by value, 3.x by an opaque handle.
#ifndef FIREBRAND_ONEDNN_H
#define FIREBRAND_ONEDNN_H

#include <dnnl.h>
#include <string.h>

#define TRY(call)                                    \
    do {                                             \
        dnnl_status_t status_ = (call);              \
        if (status_ != dnnl_success) return status_; \
    } while (0)

typedef dnnl_memory_desc_t memory_description;

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t description_reference;
#define DESCRIPTION_OF(md) (md)
static inline dnnl_status_t describe(
    memory_description *md, int rank, const dnnl_dims_t dims, dnnl_data_type_t type, const dnnl_dims_t strides) {
    return dnnl_memory_desc_create_with_strides(md, rank, dims, type, strides);
}
static inline dnnl_status_t describe_any(
    memory_description *md, int rank, const dnnl_dims_t dims, dnnl_data_type_t type) {
    return dnnl_memory_desc_create_with_tag(md, rank, dims, type, dnnl_format_tag_any);
}
static inline dnnl_status_t copy_description(memory_description *md, description_reference other) {
    return dnnl_memory_desc_clone(md, other);
}
static inline void forget(memory_description *md) {
    if (*md) dnnl_memory_desc_destroy(*md);
    *md = NULL;
}
#else
typedef const dnnl_memory_desc_t *description_reference;
#define DESCRIPTION_OF(md) (&(md))
static inline dnnl_status_t describe(
    memory_description *md, int rank, const dnnl_dims_t dims, dnnl_data_type_t type, const dnnl_dims_t strides) {
    return dnnl_memory_desc_init_by_strides(md, rank, dims, type, strides);
}
static inline dnnl_status_t describe_any(
    memory_description *md, int rank, const dnnl_dims_t dims, dnnl_data_type_t type) {
    return dnnl_memory_desc_init_by_tag(md, rank, dims, type, dnnl_format_tag_any);
}
static inline dnnl_status_t copy_description(memory_description *md, description_reference other) {
    *md = *other;
    return dnnl_success;
}
static inline void forget(memory_description *md) { memset(md, 0, sizeof *md); }
#endif

#endif
