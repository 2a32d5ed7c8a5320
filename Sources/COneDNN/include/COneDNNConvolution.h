// Convolutions; included by COneDNN.h.
#ifndef FIREBRAND_CONEDNN_CONVOLUTION_H
#define FIREBRAND_CONEDNN_CONVOLUTION_H

#include <stdbool.h>
#include <stdint.h>

/// Which of the three operands of a convolution is computed from the other two.
enum { FB_CONVOLVE, FB_CONVOLVE_SOURCE_GRADIENT, FB_CONVOLVE_WEIGHT_GRADIENT };

/// A convolution of float32 over one to three spatial dimensions (entries from the first on, the others are ignored):
/// source (batch, groups * in, ...), weights (groups * out, in, ...), result (batch, groups * out, ...).
typedef struct {
    int64_t kind;     // FB_CONVOLVE and so on
    int64_t spatial;  // the number of spatial dimensions
    int64_t batch, groups, in_channels, out_channels;  // channels of one group
    int64_t source[3], result[3], kernel[3], stride[3], dilation[3], padding_before[3], padding_after[3];
    int64_t has_bias;       // a number added to every channel of the result, or its gradient beside that of the weights
    int64_t channels_last;  // source and result have their channels closest in memory, else the last dimension
    int64_t weights_last;   // the same of the weights
    int64_t threads;        // set by the functions below
} fb_convolution_shape;

/// Runs it on the calling thread's team; all memory without gaps. Primitives are cached by shape, per thread.
/// `packed` may hold the weights of FB_CONVOLVE and FB_CONVOLVE_SOURCE_GRADIENT as `fb_onednn_pack` gave them. Returns 0,
/// or oneDNN's status.
struct fb_packed_weights;
int fb_onednn_convolve(
    const fb_convolution_shape *shape, void *source, void *weights, void *bias, void *result,
    const struct fb_packed_weights *packed);

/// Sets the entries of one spatial dimension.
static inline void fb_set_dimension(
    fb_convolution_shape *s, int dimension, int64_t source, int64_t result, int64_t kernel, int64_t stride,
    int64_t dilation, int64_t before, int64_t after) {
    s->source[dimension] = source;
    s->result[dimension] = result;
    s->kernel[dimension] = kernel;
    s->stride[dimension] = stride;
    s->dilation[dimension] = dilation;
    s->padding_before[dimension] = before;
    s->padding_after[dimension] = after;
}

/// The weights in the order in which this convolution reads them; NULL where that is the order they are in.
struct fb_packed_weights *fb_onednn_pack(const fb_convolution_shape *shape, const void *weights);
/// Whether this convolution reads weights in the order they are packed in.
bool fb_onednn_reads_packed(const fb_convolution_shape *shape, const struct fb_packed_weights *packed);
void fb_onednn_free_packed(struct fb_packed_weights *packed);

#endif
