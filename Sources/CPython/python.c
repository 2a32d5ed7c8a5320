#define _GNU_SOURCE
#include "CPython.h"

#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fb_python_table fb_python;

static char problem[512];
static char path[PATH_MAX];

bool fb_python_is_loaded(void) {
    int (*is_initialized)(void);
    *(void **)&is_initialized = dlsym(RTLD_DEFAULT, "Py_IsInitialized");
    return is_initialized && is_initialized();
}

// Where in the process a name is, or NULL with `problem` set.
static void *required(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol) snprintf(problem, sizeof problem, "it has no %s", name);
    return symbol;
}

static const char *look_up(void *library) {
    fb_python_table table = {0};
#define FB_LOOK_UP(result, name, parameters, arguments) \
    if (!(*(void **)&table.name = required(library, #name))) return problem;
    FB_PYTHON_FUNCTIONS(FB_LOOK_UP)
#undef FB_LOOK_UP
    if (!(*(void **)&table.none = required(library, "_Py_NoneStruct"))) return problem;

    int major = 0, minor = 0;
    if (sscanf(table.Py_GetVersion(), "%d.%d", &major, &minor) != 2 || major != 3 || minor < 8) {
        snprintf(problem, sizeof problem, "it is Python %d.%d, and 3.8 or newer is needed", major, minor);
        return problem;
    }
    *(void **)&table.Py_IsFinalizing = dlsym(library, "Py_IsFinalizing");  // 3.13
    if (!table.Py_IsFinalizing) *(void **)&table.Py_IsFinalizing = dlsym(library, "_Py_IsFinalizing");
    *(void **)&table.Py_SetProgramName = dlsym(library, "Py_SetProgramName");  // until 3.14
    *(void **)&table.PyConfig_InitPythonConfig = dlsym(library, "PyConfig_InitPythonConfig");
    *(void **)&table.PyConfig_Clear = dlsym(library, "PyConfig_Clear");
    *(void **)&table.Py_InitializeFromConfig = dlsym(library, "Py_InitializeFromConfig");
    fb_python = table;

    Dl_info place;
    if (dladdr(*(void **)&table.Py_GetVersion, &place) && place.dli_fname)
        snprintf(path, sizeof path, "%s", place.dli_fname);
    return NULL;
}

const char *fb_python_open(const char *file) {
    if (!file) return look_up(RTLD_DEFAULT);
    // First for itself, so that a library that does not do can go again without a trace.
    void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        snprintf(problem, sizeof problem, "%s", dlerror());
        return problem;
    }
    const char *wrong = look_up(library);
    // Then for everyone and for good: extension modules take Python's functions from the process.
    if (!wrong && !dlopen(file, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE)) {
        snprintf(problem, sizeof problem, "%s", dlerror());
        wrong = problem;
    }
    dlclose(library);
    return wrong;
}

const char *fb_python_path(void) { return path; }

const char *fb_python_start(const char *program) {
    if (!fb_python.PyConfig_InitPythonConfig || !fb_python.PyConfig_Clear || !fb_python.Py_InitializeFromConfig ||
        !fb_python.Py_SetProgramName)
        return "it cannot be started in the way of Python 3.8 to 3.14";
    if (program) {
        // Kept by Python for as long as it runs.
        wchar_t *name = fb_python.Py_DecodeLocale(program, NULL);
        if (!name) return "the program's path cannot be decoded";
        fb_python.Py_SetProgramName(name);
    }
    // A PyConfig, whose fields differ between versions: none is touched here, and this is ten times its size.
    _Alignas(16) static char config[8192];
    fb_python.PyConfig_InitPythonConfig(config);

    // Python takes over the interrupt and ignores broken pipes, which is for the program to decide.
    static const int signals[] = {SIGINT, SIGPIPE, SIGXFSZ};
    struct sigaction before[3];
    for (int i = 0; i < 3; i++) sigaction(signals[i], NULL, &before[i]);
    fb_PyStatus status = fb_python.Py_InitializeFromConfig(config);
    for (int i = 0; i < 3; i++) sigaction(signals[i], &before[i], NULL);
    fb_python.PyConfig_Clear(config);
    if (status.type != 0) {
        snprintf(problem, sizeof problem, "%s", status.message ? status.message : "it ended at once");
        return problem;
    }
    return NULL;
}
