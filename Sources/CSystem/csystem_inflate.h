// zlib as found at run time, for unpacking gzip with its checksum and length verified. libcurl brings the library; its own
// unpacking does not notice a stream that ends before its trailer. Layout after zlib.h, version 1, which keeps it.

#ifndef CSYSTEM_INFLATE_H
#define CSYSTEM_INFLATE_H

#include "csystem_libc.h"

typedef struct {
  const unsigned char *next_in;
  unsigned available_in;
  unsigned long total_in;
  unsigned char *next_out;
  unsigned available_out;
  unsigned long total_out;
  const char *message;
  void *state;
  void *allocate;
  void *release;
  void *opaque;
  int data_type;
  unsigned long checksum;
  unsigned long reserved;
} csystem_inflate_stream;

/// One stream; it must stay where it is while it is open.
typedef struct {
  csystem_inflate_stream stream;
  int (*inflate)(csystem_inflate_stream *stream, int flush);
  int (*inflateEnd)(csystem_inflate_stream *stream);
  int (*inflateReset)(csystem_inflate_stream *stream);
} csystem_inflate;

enum { csystem_inflate_more = 0, csystem_inflate_end = 1, csystem_inflate_corrupt = -1 };

/// 1 if a stream of gzip, and nothing else, can be read from now on; 0 if there is no zlib.
static inline int csystem_inflate_open(csystem_inflate *inflate) {
  static const csystem_inflate empty;
  *inflate = empty;
  void *library = csystem_dlopen("libz.so.1", CSYSTEM_DLOPEN_NOW);
  if (!library) return 0;
  int (*begin)(csystem_inflate_stream *, int, const char *, int);
  *(void **)(&begin) = csystem_dlsym(library, "inflateInit2_");
  *(void **)(&inflate->inflate) = csystem_dlsym(library, "inflate");
  *(void **)(&inflate->inflateEnd) = csystem_dlsym(library, "inflateEnd");
  *(void **)(&inflate->inflateReset) = csystem_dlsym(library, "inflateReset");
  if (!begin || !inflate->inflate || !inflate->inflateEnd || !inflate->inflateReset) return 0;
  return begin(&inflate->stream, 15 + 16, "1", (int)sizeof inflate->stream) == 0;
}

/// 1 if another stream can be read, as after opening.
static inline int csystem_inflate_again(csystem_inflate *inflate) {
  return inflate->inflateReset(&inflate->stream) == 0;
}

static inline void csystem_inflate_close(csystem_inflate *inflate) { inflate->inflateEnd(&inflate->stream); }

/// Unpacks as much as fits; moves `*taken` and `*given` on by what was read and written.
static inline int csystem_inflate_step(
    csystem_inflate *inflate, const unsigned char *input, size_t length, size_t *taken, unsigned char *output,
    size_t capacity, size_t *given) {
  const size_t most = 1u << 30;
  unsigned in = (unsigned)(length < most ? length : most);
  unsigned out = (unsigned)(capacity < most ? capacity : most);
  inflate->stream.next_in = input;
  inflate->stream.available_in = in;
  inflate->stream.next_out = output;
  inflate->stream.available_out = out;
  int code = inflate->inflate(&inflate->stream, 0);
  *taken = in - inflate->stream.available_in;
  *given = out - inflate->stream.available_out;
  if (code == 1) return csystem_inflate_end;
  return code == 0 || code == -5 ? csystem_inflate_more : csystem_inflate_corrupt;
}

#endif
