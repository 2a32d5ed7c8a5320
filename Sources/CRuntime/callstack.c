// What anomaly mode says about the call that recorded a node.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <execinfo.h>

#include "CRuntime.h"

int fb_call_stack(void **addresses, int capacity) { return backtrace(addresses, capacity); }

const char *fb_function_name(const void *address) {
    Dl_info info;
    // A return address may be the first byte of the next function: look one byte back.
    return dladdr((const char *)address - 1, &info) ? info.dli_sname : NULL;
}
