#include "CCurl.h"

#include <dlfcn.h>
#include <stdlib.h>

struct FirebrandCurl {
    int (*global_init)(long flags);
    void *(*init)(void);
    void (*cleanup)(void *handle);
    int (*setopt)(void *handle, int option, ...);
    int (*perform)(void *handle);
    int (*getinfo)(void *handle, int info, ...);
    const char *(*error_text)(int code);
};

const FirebrandCurl *firebrand_curl_open(const char *name) {
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) return NULL;
    FirebrandCurl *curl = malloc(sizeof *curl);
    if (!curl) return NULL;
    *(void **)&curl->global_init = dlsym(library, "curl_global_init");
    *(void **)&curl->init = dlsym(library, "curl_easy_init");
    *(void **)&curl->cleanup = dlsym(library, "curl_easy_cleanup");
    *(void **)&curl->setopt = dlsym(library, "curl_easy_setopt");
    *(void **)&curl->perform = dlsym(library, "curl_easy_perform");
    *(void **)&curl->getinfo = dlsym(library, "curl_easy_getinfo");
    *(void **)&curl->error_text = dlsym(library, "curl_easy_strerror");
    const long everything = 3;  // CURL_GLOBAL_ALL
    if (!curl->global_init || !curl->init || !curl->cleanup || !curl->setopt || !curl->perform || !curl->getinfo ||
        !curl->error_text || curl->global_init(everything) != FIREBRAND_CURL_OK) {
        free(curl);
        return NULL;
    }
    return curl;
}

void *firebrand_curl_init(const FirebrandCurl *curl) { return curl->init(); }

void firebrand_curl_cleanup(const FirebrandCurl *curl, void *handle) { curl->cleanup(handle); }

long firebrand_curl_set_long(const FirebrandCurl *curl, void *handle, long option, long value) {
    return curl->setopt(handle, (int)option, value);
}

long firebrand_curl_set_string(const FirebrandCurl *curl, void *handle, long option, const char *value) {
    return curl->setopt(handle, (int)option, value);
}

long firebrand_curl_set_pointer(const FirebrandCurl *curl, void *handle, long option, void *value) {
    return curl->setopt(handle, (int)option, value);
}

long firebrand_curl_set_write(const FirebrandCurl *curl, void *handle, FirebrandCurlWrite function) {
    return curl->setopt(handle, FIREBRAND_CURL_WRITEFUNCTION, function);
}

long firebrand_curl_set_progress(const FirebrandCurl *curl, void *handle, FirebrandCurlProgress function) {
    return curl->setopt(handle, FIREBRAND_CURL_XFERINFOFUNCTION, function);
}

long firebrand_curl_perform(const FirebrandCurl *curl, void *handle) { return curl->perform(handle); }

long firebrand_curl_get_long(const FirebrandCurl *curl, void *handle, long info, long *value) {
    return curl->getinfo(handle, (int)info, value);
}

const char *firebrand_curl_error_text(const FirebrandCurl *curl, long code) { return curl->error_text((int)code); }
