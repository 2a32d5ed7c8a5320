// What anomaly mode says about the call that recorded a node.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CRuntime.h"

int fb_call_stack(void **addresses, int capacity) { return backtrace(addresses, capacity); }

/// Copies the name of the function at `offset` in an ELF file's full symbol table, which the dynamic linker does not
/// load: without it the functions of a program itself, and all that are not public, would have no names.
static bool find_in_file(const char *path, uintptr_t offset, char *name, size_t capacity) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    struct stat status;
    size_t size = fstat(file, &status) == 0 ? (size_t)status.st_size : 0;
    const char *bytes = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
    close(file);
    if (bytes == MAP_FAILED) return false;
    bool found = false;
    const ElfW(Ehdr) *header = (const void *)bytes;
    if (size > sizeof *header && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0
        && header->e_shentsize == sizeof(ElfW(Shdr))
        && header->e_shoff + (size_t)header->e_shnum * sizeof(ElfW(Shdr)) <= size) {
        const ElfW(Shdr) *sections = (const void *)(bytes + header->e_shoff);
        for (int i = 0; i < header->e_shnum && !found; i++) {
            const ElfW(Shdr) *table = &sections[i];
            if (table->sh_type != SHT_SYMTAB || table->sh_link >= header->e_shnum) continue;
            const ElfW(Shdr) *strings = &sections[table->sh_link];
            if (table->sh_offset + table->sh_size > size || strings->sh_offset + strings->sh_size > size) continue;
            const ElfW(Sym) *symbols = (const void *)(bytes + table->sh_offset);
            for (size_t s = 0; s < table->sh_size / sizeof *symbols; s++) {
                const ElfW(Sym) *symbol = &symbols[s];
                if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || offset < symbol->st_value
                    || offset - symbol->st_value >= symbol->st_size || symbol->st_name >= strings->sh_size) continue;
                strncpy(name, bytes + strings->sh_offset + symbol->st_name, capacity - 1);
                name[capacity - 1] = 0;
                found = true;
                break;
            }
        }
    }
    munmap((void *)bytes, size);
    return found;
}

bool fb_function_name(const void *address, char *name, size_t capacity) {
    // A return address may be the first byte of the next function: look one byte back.
    const char *inside = (const char *)address - 1;
    Dl_info info;
    if (!dladdr(inside, &info)) return false;
    const char *dynamic = info.dli_sname;
    // Positions in a program that is not relocatable are absolute; none such is built here.
    if (info.dli_fname && find_in_file(info.dli_fname, (uintptr_t)inside - (uintptr_t)info.dli_fbase, name, capacity))
        return true;
    if (!dynamic) return false;
    strncpy(name, dynamic, capacity - 1);
    name[capacity - 1] = 0;
    return true;
}
