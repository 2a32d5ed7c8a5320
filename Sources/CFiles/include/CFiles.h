#pragma once
// What writing and reading files needs of C: checksums by instruction, and calls that Glibc's Swift module leaves out.
#include <stdbool.h>
#include <stdint.h>

/// Whether this machine has the instructions of `fb_crc32`.
bool fb_crc32_is_fast(void);

/// The zip format's CRC-32 of `count` bytes that follow those whose CRC-32 is `crc`. At least 64 bytes, of which those
/// beyond a multiple of 16 are left out; only where `fb_crc32_is_fast`.
uint32_t fb_crc32(uint32_t crc, const uint8_t *bytes, int64_t count);

/// Lets the disk start on a range of a file that was written, without waiting for it.
void fb_start_writing(int descriptor, int64_t offset, int64_t count);
