// Pixels.
#include "kernels.h"

// Division, not multiplication by 1/255: the quotients must be PyTorch's, bit for bit.
CLONES void fb_unit_scale_u8(float *out, const uint8_t *a, ptrdiff_t n) {
    INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = (float)a[i] / 255.0f;
}
