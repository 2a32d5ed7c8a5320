// The interpreter of Python, found when the program runs.
//
// Neither Python's headers nor its library are needed to build: the functions used are looked up with dlsym, and every
// object is an opaque pointer whose count of references is changed through functions. The few structures below are part
// of Python's binary interface and the same in 3.8 and all later versions ("Stable ABI" and PEP 3118).
#ifndef FIREBRAND_CPYTHON_H
#define FIREBRAND_CPYTHON_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "DLPack.h"

typedef struct fb_PyObject fb_PyObject;
typedef struct fb_PyThreadState fb_PyThreadState;

// A view of an object's memory (PEP 3118).
typedef struct {
    void *buf;
    fb_PyObject *obj;
    ptrdiff_t len, itemsize;
    int readonly, ndim;
    char *format;
    ptrdiff_t *shape, *strides, *suboffsets;
    void *internal;
} fb_Py_buffer;

// Bits of what PyObject_GetBuffer is asked for, and arguments of others.
enum { FB_PYBUF_SIMPLE = 0, FB_PYBUF_WRITABLE = 1 };
enum { FB_PY_EVAL_INPUT = 258, FB_PY_FILE_INPUT = 257 };
enum { FB_METH_O = 8 };
enum { FB_PY_LT, FB_PY_LE, FB_PY_EQ, FB_PY_NE, FB_PY_GT, FB_PY_GE };

typedef fb_PyObject *(*fb_PyCFunction)(fb_PyObject *self, fb_PyObject *argument);
typedef void (*fb_PyCapsule_Destructor)(fb_PyObject *capsule);

// A function of ours that Python can call.
typedef struct {
    const char *name;
    fb_PyCFunction function;
    int flags;
    const char *documentation;
} fb_PyMethodDef;

// What starting an interpreter came to (PyStatus).
typedef struct {
    int type;  // 0: well
    const char *function, *message;
    int exit_code;
} fb_PyStatus;

// X(result, name, (parameters), (arguments))
#define FB_PYTHON_FUNCTIONS(X) \
    X(int, Py_IsInitialized, (void), ()) \
    X(const char *, Py_GetVersion, (void), ()) \
    X(wchar_t *, Py_DecodeLocale, (const char *text, size_t *size), (text, size)) \
    X(fb_PyThreadState *, PyEval_SaveThread, (void), ()) \
    X(int, PyGILState_Ensure, (void), ()) \
    X(void, PyGILState_Release, (int state), (state)) \
    X(void, Py_IncRef, (fb_PyObject *object), (object)) \
    X(void, Py_DecRef, (fb_PyObject *object), (object)) \
    /* Objects. */ \
    X(fb_PyObject *, PyObject_GetAttr, (fb_PyObject *object, fb_PyObject *name), (object, name)) \
    X(int, PyObject_SetAttr, (fb_PyObject *object, fb_PyObject *name, fb_PyObject *value), (object, name, value)) \
    X(int, PyObject_HasAttr, (fb_PyObject *object, fb_PyObject *name), (object, name)) \
    X(fb_PyObject *, PyObject_GetItem, (fb_PyObject *object, fb_PyObject *key), (object, key)) \
    X(int, PyObject_SetItem, (fb_PyObject *object, fb_PyObject *key, fb_PyObject *value), (object, key, value)) \
    X(int, PyObject_DelItem, (fb_PyObject *object, fb_PyObject *key), (object, key)) \
    X(fb_PyObject *, PyObject_Call, (fb_PyObject *callable, fb_PyObject *arguments, fb_PyObject *keywords), \
      (callable, arguments, keywords)) \
    X(fb_PyObject *, PyObject_Str, (fb_PyObject *object), (object)) \
    X(fb_PyObject *, PyObject_Repr, (fb_PyObject *object), (object)) \
    X(fb_PyObject *, PyObject_Type, (fb_PyObject *object), (object)) \
    X(int, PyObject_IsTrue, (fb_PyObject *object), (object)) \
    X(int, PyObject_IsInstance, (fb_PyObject *object, fb_PyObject *type), (object, type)) \
    X(fb_PyObject *, PyObject_RichCompare, (fb_PyObject *left, fb_PyObject *right, int op), (left, right, op)) \
    X(fb_PyObject *, PyObject_GetIter, (fb_PyObject *object), (object)) \
    X(fb_PyObject *, PyIter_Next, (fb_PyObject *iterator), (iterator)) \
    X(fb_PyObject *, PyNumber_Add, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_Subtract, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_Multiply, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_TrueDivide, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_Remainder, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_And, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_Or, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_Xor, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_InPlaceAdd, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_InPlaceSubtract, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_InPlaceMultiply, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_InPlaceTrueDivide, (fb_PyObject *left, fb_PyObject *right), (left, right)) \
    X(fb_PyObject *, PyNumber_Negative, (fb_PyObject *object), (object)) \
    X(fb_PyObject *, PyNumber_Invert, (fb_PyObject *object), (object)) \
    X(fb_PyObject *, PyNumber_Index, (fb_PyObject *object), (object)) \
    /* Values. */ \
    X(fb_PyObject *, PyBool_FromLong, (long value), (value)) \
    X(fb_PyObject *, PyLong_FromLongLong, (long long value), (value)) \
    X(fb_PyObject *, PyLong_FromUnsignedLongLong, (unsigned long long value), (value)) \
    X(long long, PyLong_AsLongLong, (fb_PyObject *object), (object)) \
    X(fb_PyObject *, PyFloat_FromDouble, (double value), (value)) \
    X(double, PyFloat_AsDouble, (fb_PyObject *object), (object)) \
    X(fb_PyObject *, PyComplex_FromDoubles, (double real, double imag), (real, imag)) \
    X(double, PyComplex_RealAsDouble, (fb_PyObject *object), (object)) \
    X(double, PyComplex_ImagAsDouble, (fb_PyObject *object), (object)) \
    X(fb_PyObject *, PyUnicode_DecodeUTF8, (const char *text, ptrdiff_t size, const char *errors), \
      (text, size, errors)) \
    X(fb_PyObject *, PyUnicode_AsEncodedString, (fb_PyObject *text, const char *encoding, const char *errors), \
      (text, encoding, errors)) \
    X(int, PyBytes_AsStringAndSize, (fb_PyObject *bytes, char **text, ptrdiff_t *size), (bytes, text, size)) \
    X(fb_PyObject *, PyTuple_New, (ptrdiff_t size), (size)) \
    X(int, PyTuple_SetItem, (fb_PyObject *tuple, ptrdiff_t index, fb_PyObject *stolen), (tuple, index, stolen)) \
    X(fb_PyObject *, PyList_New, (ptrdiff_t size), (size)) \
    X(int, PyList_SetItem, (fb_PyObject *list, ptrdiff_t index, fb_PyObject *stolen), (list, index, stolen)) \
    X(fb_PyObject *, PyDict_New, (void), ()) \
    X(int, PyDict_Contains, (fb_PyObject *dictionary, fb_PyObject *key), (dictionary, key)) \
    X(int, PyDict_SetItem, (fb_PyObject *dictionary, fb_PyObject *key, fb_PyObject *value), (dictionary, key, value)) \
    X(fb_PyObject *, PySlice_New, (fb_PyObject *start, fb_PyObject *stop, fb_PyObject *step), (start, stop, step)) \
    /* Code. */ \
    X(fb_PyObject *, PyImport_ImportModule, (const char *name), (name)) \
    X(fb_PyObject *, Py_CompileString, (const char *code, const char *file, int kind), (code, file, kind)) \
    X(fb_PyObject *, PyEval_EvalCode, (fb_PyObject *code, fb_PyObject *globals, fb_PyObject *locals), \
      (code, globals, locals)) \
    X(fb_PyObject *, PyCFunction_NewEx, (fb_PyMethodDef *method, fb_PyObject *self, fb_PyObject *module), \
      (method, self, module)) \
    /* Exceptions. */ \
    X(fb_PyObject *, PyErr_Occurred, (void), ()) \
    X(void, PyErr_Clear, (void), ()) \
    X(void, PyErr_Fetch, (fb_PyObject **type, fb_PyObject **value, fb_PyObject **traceback), (type, value, traceback)) \
    X(void, PyErr_NormalizeException, (fb_PyObject **type, fb_PyObject **value, fb_PyObject **traceback), \
      (type, value, traceback)) \
    X(void, PyErr_Restore, (fb_PyObject *type, fb_PyObject *value, fb_PyObject *traceback), (type, value, traceback)) \
    X(void, PyErr_SetString, (fb_PyObject *type, const char *message), (type, message)) \
    X(int, PyErr_GivenExceptionMatches, (fb_PyObject *exception, fb_PyObject *type), (exception, type)) \
    X(int, PyException_SetTraceback, (fb_PyObject *exception, fb_PyObject *traceback), (exception, traceback)) \
    /* Memory. */ \
    X(int, PyObject_GetBuffer, (fb_PyObject *object, fb_Py_buffer *view, int flags), (object, view, flags)) \
    X(void, PyBuffer_Release, (fb_Py_buffer *view), (view)) \
    X(fb_PyObject *, PyCapsule_New, (void *pointer, const char *name, fb_PyCapsule_Destructor destructor), \
      (pointer, name, destructor)) \
    X(int, PyCapsule_IsValid, (fb_PyObject *capsule, const char *name), (capsule, name)) \
    X(void *, PyCapsule_GetPointer, (fb_PyObject *capsule, const char *name), (capsule, name)) \
    X(int, PyCapsule_SetName, (fb_PyObject *capsule, const char *name), (capsule, name)) \
    X(int, PyCapsule_SetDestructor, (fb_PyObject *capsule, fb_PyCapsule_Destructor destructor), (capsule, destructor))

// The functions of the library that fb_python_open loaded, and the variables of it that are needed.
typedef struct {
#define FB_DECLARE(result, name, parameters, arguments) result(*name) parameters;
    FB_PYTHON_FUNCTIONS(FB_DECLARE)
#undef FB_DECLARE
    // Those that some version lacks.
    int (*Py_IsFinalizing)(void);
    void (*Py_SetProgramName)(const wchar_t *);
    void (*PyConfig_InitPythonConfig)(void *config);
    void (*PyConfig_Clear)(void *config);
    fb_PyStatus (*Py_InitializeFromConfig)(const void *config);
    fb_PyObject *none;
} fb_python_table;

extern fb_python_table fb_python;

// Whether an interpreter runs in this process already, because Python started it.
bool fb_python_is_loaded(void);

// Loads the library, or with NULL takes what is in the process. Returns NULL if all is well, or else what is wrong, which
// stays valid until the next call. A library that is refused is unloaded again.
const char *fb_python_open(const char *file);

// The path of the library that was loaded.
const char *fb_python_path(void);

// Starts the interpreter as the program of that path (or NULL). Returns NULL if all is well, or else what is wrong.
// Signals are handled afterwards as they were before.
const char *fb_python_start(const char *program);

// Whether the interpreter may be called: it has been started and is not being taken down.
static inline bool fb_python_is_running(void) {
    return fb_python.Py_IsInitialized && fb_python.Py_IsInitialized() &&
           !(fb_python.Py_IsFinalizing && fb_python.Py_IsFinalizing());
}

static inline fb_PyObject *fb_Py_None(void) { return fb_python.none; }

// The functions under their names, with a prefix that keeps them apart from Python's own headers.
#define FB_DEFINE(result, name, parameters, arguments) \
    static inline result fb_##name parameters { return fb_python.name arguments; }
FB_PYTHON_FUNCTIONS(FB_DEFINE)
#undef FB_DEFINE

#endif
