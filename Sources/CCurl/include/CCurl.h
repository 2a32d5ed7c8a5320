// libcurl, found when the program first downloads something.
//
// Linking it would make every start of a program load some thirty libraries (TLS, Kerberos, LDAP, ...) that only a
// download needs, and would ask for a development package at build time. So the few functions used are looked up with
// dlsym. The numbers below are part of libcurl's stable binary interface: options and error codes are never renumbered
// ("libcurl ABI", unchanged since soname 4, 2006), so no header of libcurl is needed.
//
// The calls are also wrapped because curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call;
// numbers are long here because Swift sees the constants below as Int.
#ifndef FIREBRAND_CCURL_H
#define FIREBRAND_CCURL_H

#include <stddef.h>
#include <stdint.h>

// Options: a long is its bare number, a pointer or string 10000 more, a function 20000 more.
enum {
    FIREBRAND_CURL_LOW_SPEED_LIMIT = 19,
    FIREBRAND_CURL_LOW_SPEED_TIME = 20,
    FIREBRAND_CURL_NOPROGRESS = 43,
    FIREBRAND_CURL_FAILONERROR = 45,
    FIREBRAND_CURL_FOLLOWLOCATION = 52,
    FIREBRAND_CURL_MAXREDIRS = 68,
    FIREBRAND_CURL_NOSIGNAL = 99,
    FIREBRAND_CURL_CONNECTTIMEOUT_MS = 156,
    FIREBRAND_CURL_PROTOCOLS = 181,
    FIREBRAND_CURL_REDIR_PROTOCOLS = 182,
    FIREBRAND_CURL_QUICK_EXIT = 322,  // since 7.87
    FIREBRAND_CURL_WRITEDATA = 10001,
    FIREBRAND_CURL_URL = 10002,
    FIREBRAND_CURL_ERRORBUFFER = 10010,
    FIREBRAND_CURL_USERAGENT = 10018,
    FIREBRAND_CURL_XFERINFODATA = 10057,
    FIREBRAND_CURL_WRITEFUNCTION = 20011,
    FIREBRAND_CURL_XFERINFOFUNCTION = 20219,
};

// Bits of the two PROTOCOLS options.
enum { FIREBRAND_CURL_HTTP = 1, FIREBRAND_CURL_HTTPS = 2 };

// Codes curl_easy_perform returns.
enum {
    FIREBRAND_CURL_OK = 0,
    FIREBRAND_CURL_PARTIAL_FILE = 18,
    FIREBRAND_CURL_HTTP_RETURNED_ERROR = 22,
    FIREBRAND_CURL_OPERATION_TIMEDOUT = 28,
    FIREBRAND_CURL_ERROR_SIZE = 256,  // bytes of an ERRORBUFFER
};

// What curl_easy_getinfo is asked for: a long's number plus 0x200000.
enum { FIREBRAND_CURL_RESPONSE_CODE = 0x200002 };

typedef struct FirebrandCurl FirebrandCurl;  // the functions of one loaded library
typedef size_t (*FirebrandCurlWrite)(char *bytes, size_t size, size_t count, void *context);
typedef int (*FirebrandCurlProgress)(
    void *context, int64_t downloadTotal, int64_t downloaded, int64_t uploadTotal, int64_t uploaded);

// Loads the library of that name; NULL if it is not there or lacks a function. It stays loaded until the process ends:
// libcurl's TLS libraries do not survive an unload.
const FirebrandCurl *firebrand_curl_open(const char *name);

void *firebrand_curl_init(const FirebrandCurl *curl);
void firebrand_curl_cleanup(const FirebrandCurl *curl, void *handle);
long firebrand_curl_set_long(const FirebrandCurl *curl, void *handle, long option, long value);
long firebrand_curl_set_string(const FirebrandCurl *curl, void *handle, long option, const char *value);
long firebrand_curl_set_pointer(const FirebrandCurl *curl, void *handle, long option, void *value);
long firebrand_curl_set_write(const FirebrandCurl *curl, void *handle, FirebrandCurlWrite function);
long firebrand_curl_set_progress(const FirebrandCurl *curl, void *handle, FirebrandCurlProgress function);
long firebrand_curl_perform(const FirebrandCurl *curl, void *handle);
long firebrand_curl_get_long(const FirebrandCurl *curl, void *handle, long info, long *value);
const char *firebrand_curl_error_text(const FirebrandCurl *curl, long code);

#endif
