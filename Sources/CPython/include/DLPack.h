// DLPack: how array libraries hand each other memory in one process. Layout and numbers after the DLPack specification
// 1.0 (dmlc.github.io/dlpack), which is a binary interface and does not change within a major version.
#ifndef FIREBRAND_DLPACK_H
#define FIREBRAND_DLPACK_H

#include <stdint.h>

enum { FB_DL_CPU = 1 };
enum { FB_DL_INT = 0, FB_DL_UINT = 1, FB_DL_FLOAT = 2, FB_DL_BFLOAT = 4, FB_DL_COMPLEX = 5, FB_DL_BOOL = 6 };
enum { FB_DL_FLAG_READ_ONLY = 1 };

typedef struct {
    void *data;
    int32_t device_type, device_id;
    int32_t ndim;
    uint8_t code, bits;
    uint16_t lanes;
    int64_t *shape;
    int64_t *strides;  // counted in elements; NULL: in order and without gaps
    uint64_t byte_offset;
} fb_DLTensor;

typedef struct fb_DLManagedTensor {
    fb_DLTensor tensor;
    void *context;
    void (*deleter)(struct fb_DLManagedTensor *);
} fb_DLManagedTensor;

typedef struct fb_DLManagedTensorVersioned {
    uint32_t major, minor;
    void *context;
    void (*deleter)(struct fb_DLManagedTensorVersioned *);
    uint64_t flags;
    fb_DLTensor tensor;
} fb_DLManagedTensorVersioned;

#endif
