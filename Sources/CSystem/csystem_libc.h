// The few functions of the C library that these headers call, under names of their own.
// A header of the C library included here would make CSystem a second owner of its types (timespec, sockaddr, SOCK_STREAM):
// which module Swift then asks a file to import depends on the order in which files are compiled.

#ifndef CSYSTEM_LIBC_H
#define CSYSTEM_LIBC_H

#include <stddef.h>
#include <stdint.h>

/// struct timespec on 64-bit Linux: seconds, nanoseconds.
typedef struct { int64_t seconds, nanoseconds; } csystem_timespec;

extern void *csystem_dlopen(const char *name, int flags) __asm__("dlopen");
extern void *csystem_dlsym(void *library, const char *name) __asm__("dlsym");
extern int csystem_ioctl(int fd, unsigned long request, ...) __asm__("ioctl");
extern int csystem_clock_gettime(int clock, csystem_timespec *time) __asm__("clock_gettime");

enum {
  /// RTLD_NOW | RTLD_LOCAL of dlfcn.h.
  CSYSTEM_DLOPEN_NOW = 2,
  /// asm-generic/ioctls.h.
  CSYSTEM_FIONREAD = 0x541B,
  /// linux/sockios.h; the same number as TIOCOUTQ.
  CSYSTEM_SIOCOUTQ = 0x5411
};

#endif
