// CRC-32C of four interleaved streams, by the instruction of x86 where there is one.

#ifndef CSYSTEM_CHECKSUM_H
#define CSYSTEM_CHECKSUM_H

#include "csystem_libc.h"
#include "csystem_sha256.h"

#if defined(__x86_64__)
/// 1 where the processor has SSE4.2.
static inline int csystem_crc32c_available(void) {
  unsigned most, a, b, c;
  csystem_cpuid(0, &most, &b, &c);
  if (most < 1) return 0;
  csystem_cpuid(1, &a, &b, &c);
  return (c & (1u << 20)) != 0;
}

/// Takes stripes of 32 bytes in: of each, eight bytes into each of four running checksums.
__attribute__((target("sse4.2"))) static inline void csystem_crc32c_stripes(
    uint32_t *sums, const void *bytes, long stripes) {
  unsigned long long a = sums[0], b = sums[1], c = sums[2], d = sums[3];
  const unsigned char *at = (const unsigned char *)bytes;
  for (; stripes > 0; --stripes, at += 32) {
    unsigned long long words[4];
    __builtin_memcpy(words, at, sizeof words);
    a = __builtin_ia32_crc32di(a, words[0]);
    b = __builtin_ia32_crc32di(b, words[1]);
    c = __builtin_ia32_crc32di(c, words[2]);
    d = __builtin_ia32_crc32di(d, words[3]);
  }
  sums[0] = (uint32_t)a;
  sums[1] = (uint32_t)b;
  sums[2] = (uint32_t)c;
  sums[3] = (uint32_t)d;
}
#else
static inline int csystem_crc32c_available(void) { return 0; }
static inline void csystem_crc32c_stripes(uint32_t *sums, const void *bytes, long stripes) {}
#endif

#endif
