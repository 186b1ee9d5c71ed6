// zlib as found at run time, for packing the body of a request as gzip. Layout after zlib.h, version 1, which keeps it.

#ifndef CSYSTEM_DEFLATE_H
#define CSYSTEM_DEFLATE_H

#include "csystem_inflate.h"

/// Packs `input` as one gzip stream at the fastest level into `output`: its length, 0 without zlib or without room.
static inline size_t csystem_deflate_gzip(
    const unsigned char *input, size_t length, unsigned char *output, size_t capacity) {
  static const csystem_inflate_stream empty;
  if (length > 0x7fffffffu || capacity > 0x7fffffffu) return 0;
  void *library = csystem_dlopen("libz.so.1", CSYSTEM_DLOPEN_NOW);
  if (!library) return 0;
  int (*begin)(csystem_inflate_stream *, int, int, int, int, int, const char *, int);
  int (*deflate)(csystem_inflate_stream *, int);
  int (*end)(csystem_inflate_stream *);
  *(void **)(&begin) = csystem_dlsym(library, "deflateInit2_");
  *(void **)(&deflate) = csystem_dlsym(library, "deflate");
  *(void **)(&end) = csystem_dlsym(library, "deflateEnd");
  if (!begin || !deflate || !end) return 0;
  csystem_inflate_stream stream = empty;
  // Level 1, method 8 (deflate), window of 32 kB with a gzip frame, 8 of 9 for memory, default strategy.
  if (begin(&stream, 1, 8, 15 + 16, 8, 0, "1", (int)sizeof stream) != 0) return 0;
  stream.next_in = input;
  stream.available_in = (unsigned)length;
  stream.next_out = output;
  stream.available_out = (unsigned)capacity;
  // 4: Z_FINISH, 1: Z_STREAM_END
  size_t packed = deflate(&stream, 4) == 1 ? capacity - stream.available_out : 0;
  end(&stream);
  return packed;
}

#endif
