// fstatfs(2): Glibc's module does not show it to Swift.

#ifndef CSYSTEM_VOLUME_H
#define CSYSTEM_VOLUME_H

#include <stdint.h>

/// struct statfs on 64-bit Linux: bits/statfs.h.
typedef struct {
  int64_t type, block_size;
  uint64_t blocks, free_blocks, available_blocks, files, free_files;
  int32_t identifier[2];
  int64_t longest_name, fragment_size, flags, spare[4];
} csystem_volume;

extern int csystem_fstatfs(int fd, csystem_volume *volume) __asm__("fstatfs");

/// 1 if an open file lies in a tmpfs (linux/magic.h) that is mounted read-only (ST_RDONLY), as volumes that are projected
/// into a container do.
static inline int csystem_is_on_read_only_tmpfs(int fd) {
  csystem_volume volume = {0};
  return csystem_fstatfs(fd, &volume) == 0 && volume.type == 0x01021994 && (volume.flags & 1) != 0;
}

#endif
