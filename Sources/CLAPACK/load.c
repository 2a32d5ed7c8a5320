#define _GNU_SOURCE
#include "lapack.h"

#include <dlfcn.h>
#include <pthread.h>

void *fb_lapack_routines[ROUTINE_COUNT][4];

// Single and double precision, real and complex. What is orthogonal for real numbers is called unitary for complex ones.
static const char *const names[ROUTINE_COUNT][4] = {
    [GEMM] = {"sgemm_", "dgemm_", "cgemm_", "zgemm_"},
    [GETRF] = {"sgetrf_", "dgetrf_", "cgetrf_", "zgetrf_"},
    [GETRS] = {"sgetrs_", "dgetrs_", "cgetrs_", "zgetrs_"},
    [POTRF] = {"spotrf_", "dpotrf_", "cpotrf_", "zpotrf_"},
    [POTRS] = {"spotrs_", "dpotrs_", "cpotrs_", "zpotrs_"},
    [POTRI] = {"spotri_", "dpotri_", "cpotri_", "zpotri_"},
    [SYTRF] = {"ssytrf_", "dsytrf_", "csytrf_", "zsytrf_"},
    [SYTRS] = {"ssytrs_", "dsytrs_", "csytrs_", "zsytrs_"},
    [HETRF] = {"ssytrf_", "dsytrf_", "chetrf_", "zhetrf_"},
    [HETRS] = {"ssytrs_", "dsytrs_", "chetrs_", "zhetrs_"},
    [TRSM] = {"strsm_", "dtrsm_", "ctrsm_", "ztrsm_"},
    [GEQRF] = {"sgeqrf_", "dgeqrf_", "cgeqrf_", "zgeqrf_"},
    [ORGQR] = {"sorgqr_", "dorgqr_", "cungqr_", "zungqr_"},
    [ORMQR] = {"sormqr_", "dormqr_", "cunmqr_", "zunmqr_"},
    [SYEVD] = {"ssyevd_", "dsyevd_", "cheevd_", "zheevd_"},
    [GEEV] = {"sgeev_", "dgeev_", "cgeev_", "zgeev_"},
    [GESDD] = {"sgesdd_", "dgesdd_", "cgesdd_", "zgesdd_"},
    [GELS] = {"sgels_", "dgels_", "cgels_", "zgels_"},
    [GELSY] = {"sgelsy_", "dgelsy_", "cgelsy_", "zgelsy_"},
    [GELSD] = {"sgelsd_", "dgelsd_", "cgelsd_", "zgelsd_"},
    [GELSS] = {"sgelss_", "dgelss_", "cgelss_", "zgelss_"},
    [GEQR2] = {"sgeqr2_", "dgeqr2_", "cgeqr2_", "zgeqr2_"},
    [LARFT] = {"slarft_", "dlarft_", "clarft_", "zlarft_"},
    [LARFB] = {"slarfb_", "dlarfb_", "clarfb_", "zlarfb_"},
    [SYTRD] = {"ssytrd_", "dsytrd_", "chetrd_", "zhetrd_"},
    [STEDC] = {"sstedc_", "dstedc_", "cstedc_", "zstedc_"},
    [LAED1] = {"slaed1_", "dlaed1_", "slaed1_", "dlaed1_"},
};

static bool is_open;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void (*set_threads)(int);

static bool look_up(const char *file) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) return false;
    for (int routine = 0; routine < ROUTINE_COUNT; routine++)
        for (int type = 0; type < 4; type++) {
            void *symbol = dlsym(library, names[routine][type]);
            if (!symbol && routine < FIRST_SHARED) return false;
            fb_lapack_routines[routine][type] = symbol;
        }
    *(void **)&set_threads = dlsym(library, "openblas_set_num_threads");
    return true;
}

static void load(void) {
    // liblapack brings libblas with it, and may itself be OpenBLAS under another name.
    static const char *const files[] = {"libopenblas.so.0", "libopenblas.so", "liblapack.so.3", "liblapack.so"};
    for (size_t i = 0; i < sizeof files / sizeof *files && !is_open; i++) is_open = look_up(files[i]);
    // Its pool would run beside ours and fight it for the cores.
    fb_lapack_set_threads(1);
}

bool fb_lapack_open(void) {
    pthread_once(&once, load);
    return is_open;
}

void fb_lapack_set_threads(int count) {
    // Setting the number takes a lock and looks at every thread's buffer, so it is done only where it changes.
    static _Atomic int current;
    if (set_threads && current != count) {
        current = count;
        set_threads(count);
    }
}
