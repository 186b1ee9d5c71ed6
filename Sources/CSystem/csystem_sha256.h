// SHA-256 block function with the processor's own instructions (x86 SHA extensions), where it has them.
// FIPS 180-4 section 6.2.2. Swift has no spelling for these instructions; the portable form stands in SHA256.swift.

#ifndef CSYSTEM_SHA256_H
#define CSYSTEM_SHA256_H

#include "csystem_libc.h"

static const uint32_t csystem_sha256_k[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#if defined(__x86_64__)
// By the compiler's own vector operations: immintrin.h would bring in stdlib.h and its types (see csystem_libc.h).
typedef uint32_t csystem_words __attribute__((vector_size(16)));
typedef int csystem_lanes __attribute__((vector_size(16)));
typedef uint8_t csystem_octets __attribute__((vector_size(16)));

static inline void csystem_cpuid(unsigned leaf, unsigned *a, unsigned *b, unsigned *c) {
  unsigned d;
  __asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(d) : "a"(leaf), "c"(0));
}

/// 1 where the processor has the SHA extensions, SSSE3 and SSE4.1.
static inline int csystem_sha256_available(void) {
  unsigned most, a, b, c;
  csystem_cpuid(0, &most, &b, &c);
  if (most < 7) return 0;
  csystem_cpuid(1, &a, &b, &c);
  if (!(c & (1u << 9)) || !(c & (1u << 19))) return 0;
  csystem_cpuid(7, &a, &b, &c);
  return (b & (1u << 29)) != 0;
}

static inline csystem_words csystem_load(const void *from) {
  csystem_words words;
  __builtin_memcpy(&words, from, sizeof words);
  return words;
}

/// Four words as they stand in the message, most significant byte first.
__attribute__((target("ssse3")))
static inline csystem_words csystem_load_big_endian(const uint8_t *from) {
  const csystem_octets octets = (csystem_octets)csystem_load(from);
  return (csystem_words)__builtin_shufflevector(
      octets, octets, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

__attribute__((target("sha,ssse3,sse4.1")))
static inline csystem_words csystem_two_rounds(csystem_words a, csystem_words b, csystem_words sum) {
  return (csystem_words)__builtin_ia32_sha256rnds2((csystem_lanes)a, (csystem_lanes)b, (csystem_lanes)sum);
}

/// Takes `count` blocks of 64 bytes into `state` (a to h). Call it only where csystem_sha256_available() says 1.
__attribute__((target("sha,ssse3,sse4.1")))
static inline void csystem_sha256_blocks(uint32_t *state, const uint8_t *data, size_t count) {
  csystem_words abcd = csystem_load(&state[0]), efgh = csystem_load(&state[4]);
  // The instructions want the words as a, b, e, f and c, d, g, h, the first one highest.
  csystem_words abef = __builtin_shufflevector(abcd, efgh, 5, 4, 1, 0);
  csystem_words cdgh = __builtin_shufflevector(abcd, efgh, 7, 6, 3, 2);
  for (; count > 0; count--, data += 64) {
    const csystem_words oldAbef = abef, oldCdgh = cdgh;
    csystem_words w[4];
    for (int i = 0; i < 4; i++) w[i] = csystem_load_big_endian(data + 16 * i);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      const csystem_words words = w[i & 3];
      const csystem_words sum = words + csystem_load(&csystem_sha256_k[4 * i]);
      cdgh = csystem_two_rounds(cdgh, abef, sum);
      abef = csystem_two_rounds(abef, cdgh, __builtin_shufflevector(sum, sum, 2, 3, 0, 0));
      if (i < 12) {
        const csystem_words last = w[(i + 3) & 3];
        csystem_words next =
            (csystem_words)__builtin_ia32_sha256msg1((csystem_lanes)words, (csystem_lanes)w[(i + 1) & 3]);
        next += __builtin_shufflevector(w[(i + 2) & 3], last, 1, 2, 3, 4);
        w[i & 3] = (csystem_words)__builtin_ia32_sha256msg2((csystem_lanes)next, (csystem_lanes)last);
      }
    }
    abef += oldAbef;
    cdgh += oldCdgh;
  }
  abcd = __builtin_shufflevector(abef, cdgh, 3, 2, 7, 6);
  efgh = __builtin_shufflevector(abef, cdgh, 1, 0, 5, 4);
  __builtin_memcpy(&state[0], &abcd, sizeof abcd);
  __builtin_memcpy(&state[4], &efgh, sizeof efgh);
}
#else
static inline int csystem_sha256_available(void) { return 0; }
static inline void csystem_sha256_blocks(uint32_t *state, const uint8_t *data, size_t count) {
  (void)state; (void)data; (void)count;
}
#endif

#endif
