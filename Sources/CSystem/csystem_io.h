// ioctl(2), which is variadic.

#ifndef CSYSTEM_IO_H
#define CSYSTEM_IO_H

#include "csystem_libc.h"

/// Bytes that the reader of a pipe has not taken yet, asked at either end; -1 with errno where that cannot be told.
static inline int csystem_unread_bytes(int fd) {
  int count = 0;
  return csystem_ioctl(fd, CSYSTEM_FIONREAD, &count) == 0 ? count : -1;
}

/// Bytes that the peer's TCP has not acknowledged yet, our FIN included; -1 with errno where that cannot be told.
static inline int csystem_unacknowledged_bytes(int fd) {
  int count = 0;
  return csystem_ioctl(fd, CSYSTEM_SIOCOUTQ, &count) == 0 ? count : -1;
}

/// 1 if an open file lies in a tmpfs that is mounted read-only, as volumes projected into a container do.
static inline int csystem_is_on_read_only_tmpfs(int fd) {
  csystem_statfs volume;
  return csystem_fstatfs(fd, &volume) == 0 && volume.type == CSYSTEM_TMPFS && (volume.flags & CSYSTEM_READ_ONLY) != 0;
}

#endif
