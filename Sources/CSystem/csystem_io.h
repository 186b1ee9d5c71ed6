// ioctl(2) is variadic, and some socket constants are macros that Swift does not see.

#ifndef CSYSTEM_IO_H
#define CSYSTEM_IO_H

#include <sys/vfs.h>
#include <sys/statvfs.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

/// Bytes that the reader of a pipe has not taken yet, asked at either end; -1 with errno where that cannot be told.
static inline int csystem_unread_bytes(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) == 0 ? count : -1;
}

/// Bytes that the peer's TCP has not acknowledged yet, our FIN included; -1 with errno where that cannot be told.
static inline int csystem_unacknowledged_bytes(int fd) {
  int count = 0;
  return ioctl(fd, SIOCOUTQ, &count) == 0 ? count : -1;
}

// 1 if an open file lies in a tmpfs that is mounted read-only, as volumes projected into a container do.
static inline int csystem_is_on_read_only_tmpfs(int fd) {
  struct statfs volume;
  return fstatfs(fd, &volume) == 0 && volume.f_type == 0x01021994 && (volume.f_flags & ST_RDONLY) != 0;
}

#endif
