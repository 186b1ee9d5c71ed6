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

#endif
