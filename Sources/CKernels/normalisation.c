// Normalisation and its gradients: see CKernelsNorm.h. Means are taken first and squares of differences from them after,
// so that nothing cancels; both passes over a stretch find it in the cache.
#include "kernels.h"

// Sums may be taken in any order, or they could not be vectorised; what is added up as T is short.
#define ANY_ORDER _Pragma("clang fp reassociate(on)")
enum { STRETCH = 2048, STRIP = 64, TOGETHER = 32 };

#define T float
#define NAME(X) X##_f32
#include "normalisation.inc"
#undef T
#undef NAME
#define T double
#define NAME(X) X##_f64
#include "normalisation.inc"
