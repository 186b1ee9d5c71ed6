// libcurl as found at run time: its entry points by name, and one fixed-argument function for each variadic call.
// Numbers and types after curl/curl.h and curl/multi.h; no header of libcurl is needed to build, nothing is linked.

#ifndef CSYSTEM_CURL_H
#define CSYSTEM_CURL_H

#include "csystem_libc.h"

typedef size_t (*csystem_curl_data)(char *bytes, size_t size, size_t count, void *user);

/// What curl_multi_info_read points at: CURLMsg with its union as the CURLcode that a finished transfer leaves there.
typedef struct {
  int message;
  void *easy;
  union {
    void *pointer;
    int result;
  } data;
} csystem_curl_message;

/// libcurl's entry points, NULL where not loaded.
typedef struct {
  int (*global_init)(long flags);
  void *(*easy_init)(void);
  void (*easy_reset)(void *easy);
  void (*easy_cleanup)(void *easy);
  int (*easy_setopt)(void *easy, int option, ...);
  int (*easy_getinfo)(void *easy, int field, ...);
  void *(*slist_append)(void *list, const char *text);
  void (*slist_free_all)(void *list);
  void *(*multi_init)(void);
  int (*multi_cleanup)(void *multi);
  int (*multi_setopt)(void *multi, int option, ...);
  int (*multi_add_handle)(void *multi, void *easy);
  int (*multi_remove_handle)(void *multi, void *easy);
  int (*multi_perform)(void *multi, int *running);
  int (*multi_poll)(void *multi, void *extra, unsigned count, int milliseconds, int *ready);
  int (*multi_wakeup)(void *multi);
  csystem_curl_message *(*multi_info_read)(void *multi, int *left);
} csystem_curl;

/// Fills `curl` from the shared library of that name: 1, or 0 if the library or one of the names is missing.
static inline int csystem_curl_load(csystem_curl *curl, const char *name) {
  void *library = csystem_dlopen(name, CSYSTEM_DLOPEN_NOW);
  if (!library) return 0;
#define CSYSTEM_CURL_FIND(field)                               \
  *(void **)(&curl->field) = csystem_dlsym(library, "curl_" #field);   \
  if (!curl->field) return 0;
  CSYSTEM_CURL_FIND(global_init)
  CSYSTEM_CURL_FIND(easy_init)
  CSYSTEM_CURL_FIND(easy_reset)
  CSYSTEM_CURL_FIND(easy_cleanup)
  CSYSTEM_CURL_FIND(easy_setopt)
  CSYSTEM_CURL_FIND(easy_getinfo)
  CSYSTEM_CURL_FIND(slist_append)
  CSYSTEM_CURL_FIND(slist_free_all)
  CSYSTEM_CURL_FIND(multi_init)
  CSYSTEM_CURL_FIND(multi_cleanup)
  CSYSTEM_CURL_FIND(multi_setopt)
  CSYSTEM_CURL_FIND(multi_add_handle)
  CSYSTEM_CURL_FIND(multi_remove_handle)
  CSYSTEM_CURL_FIND(multi_perform)
  CSYSTEM_CURL_FIND(multi_poll)
  CSYSTEM_CURL_FIND(multi_wakeup)
  CSYSTEM_CURL_FIND(multi_info_read)
#undef CSYSTEM_CURL_FIND
  return 1;
}

static inline int csystem_curl_set_long(const csystem_curl *curl, void *easy, int option, long value) {
  return curl->easy_setopt(easy, option, value);
}

static inline int csystem_curl_set_multi(const csystem_curl *curl, void *multi, int option, long value) {
  return curl->multi_setopt(multi, option, value);
}

static inline int csystem_curl_set_text(const csystem_curl *curl, void *easy, int option, const char *value) {
  return curl->easy_setopt(easy, option, value);
}

static inline int csystem_curl_set_pointer(const csystem_curl *curl, void *easy, int option, void *value) {
  return curl->easy_setopt(easy, option, value);
}

static inline int csystem_curl_set_data(const csystem_curl *curl, void *easy, int option, csystem_curl_data value) {
  return curl->easy_setopt(easy, option, value);
}

static inline long csystem_curl_get_long(const csystem_curl *curl, void *easy, int field) {
  long value = 0;
  return curl->easy_getinfo(easy, field, &value) == 0 ? value : 0;
}

/// Ends a wait in `multi_poll`; the one call that any thread may make. Addresses, so that they may cross threads.
static inline void csystem_curl_wake(uintptr_t wakeup, uintptr_t multi) {
  ((int (*)(void *))wakeup)((void *)multi);
}

static inline uintptr_t csystem_curl_wakeup(const csystem_curl *curl) { return (uintptr_t)curl->multi_wakeup; }

#endif
