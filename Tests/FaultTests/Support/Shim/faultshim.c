/* Preloaded into the real program: counts its file calls and strikes at one of them. Compiled by the tests.
 *
 *   FAULT_MODE    none | kill-before | kill-after | half-then-kill | errno | short | eintr
 *   FAULT_AT      which of the counted calls is struck, from 1; 0 for every one of them
 *   FAULT_ERRNO   error number of `errno`
 *   FAULT_ONWARD  1: `errno` strikes at every counted call from FAULT_AT on
 *   FAULT_PATH    only calls on files whose path holds this text are counted
 *   FAULT_CALLS   only these calls are counted, comma separated (all by default): open write fsync fdatasync rename
 *                 truncate unlink flock close mkdir
 *   FAULT_RESOLVER  hang: getaddrinfo(3) never returns for names in `.invalid`
 *   FAULT_LOG     file to which every counted call is appended, one line each: its name, a blank, the path
 *
 * Everything below goes by raw system calls, so that the shim never meets itself. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { NONE, KILL_BEFORE, KILL_AFTER, HALF_THEN_KILL, ERRNO, SHORT, EINTR_NOW };
enum verdict { PASS, FAIL, HALF, HALF_AND_DIE, PASS_AND_DIE };

static enum mode mode;
static long target, number;
static int onward;
static const char *path_part, *calls, *log_path;
static long count;

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("FAULT_MODE");
  static const char *names[] = {"none", "kill-before", "kill-after", "half-then-kill", "errno", "short", "eintr"};
  for (int index = 0; text && index < 7; index++)
    if (!strcmp(text, names[index])) mode = (enum mode)index;
  target = (text = getenv("FAULT_AT")) ? atol(text) : 0;
  number = (text = getenv("FAULT_ERRNO")) ? atol(text) : EIO;
  onward = (text = getenv("FAULT_ONWARD")) && *text == '1';
  path_part = getenv("FAULT_PATH");
  calls = getenv("FAULT_CALLS");
  log_path = getenv("FAULT_LOG");
}

static void die(void) {
  syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
  for (;;) syscall(SYS_pause);
}

static void note(const char *call, const char *path) {
  char line[PATH_MAX + 32];
  int length = snprintf(line, sizeof line, "%s %s\n", call, path);
  long file = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return;
  syscall(SYS_write, file, line, (size_t)length);
  syscall(SYS_close, file);
}

static int is_counted_call(const char *call) {
  if (!calls || !*calls) return 1;
  size_t length = strlen(call);
  for (const char *at = calls; (at = strstr(at, call)); at += length)
    if ((at == calls || at[-1] == ',') && (at[length] == 0 || at[length] == ',')) return 1;
  return 0;
}

/* What becomes of this call on `path`. */
static enum verdict judge(const char *call, const char *path) {
  if (!path_part || !strstr(path, path_part) || !is_counted_call(call)) return PASS;
  long now = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
  if (log_path) note(call, path);
  if (mode == EINTR_NOW) {
    if (now % 2 == 0 || (strcmp(call, "open") && strcmp(call, "write") && strcmp(call, "flock"))) return PASS;
    errno = EINTR;
    return FAIL;
  }
  int hit = target == 0 || now == target || (onward && now > target);
  if (!hit) return PASS;
  switch (mode) {
  case NONE: case EINTR_NOW: return PASS;
  case KILL_BEFORE: die(); return FAIL;
  case KILL_AFTER: return PASS_AND_DIE;
  case HALF_THEN_KILL: return HALF_AND_DIE;
  case SHORT: return HALF;
  case ERRNO: errno = (int)number; return FAIL;
  }
  return PASS;
}

static enum verdict judge_fd(const char *call, int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (length < 0) return PASS;
  path[length] = 0;
  return judge(call, path);
}

static enum verdict judge_at(const char *call, int directory, const char *name) {
  char link[64], path[2 * PATH_MAX];
  if (name[0] == '/' || directory == AT_FDCWD) return judge(call, name);
  snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
  if (length < 0) return PASS;
  path[length] = '/';
  snprintf(path + length + 1, sizeof path - (size_t)length - 1, "%s", name);
  return judge(call, path);
}

/* The call itself, once judged; `CALL` sets `result` by a raw system call. */
#define SIMPLE(VERDICT, CALL)                                   \
  enum verdict verdict = (VERDICT);                             \
  if (verdict == FAIL) return -1;                               \
  long result = (CALL);                                         \
  if (verdict == PASS_AND_DIE || verdict == HALF_AND_DIE) die(); \
  return (int)result

static size_t share(enum verdict verdict, size_t length) {
  return verdict == HALF || verdict == HALF_AND_DIE ? (length + 1) / 2 : length;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  enum verdict verdict = judge_fd("write", fd);
  if (verdict == FAIL) return -1;
  ssize_t result = syscall(SYS_write, fd, bytes, share(verdict, length));
  if (verdict == PASS_AND_DIE || verdict == HALF_AND_DIE) die();
  return result;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  enum verdict verdict = judge_fd("write", fd);
  if (verdict == FAIL) return -1;
  ssize_t result = syscall(SYS_pwrite64, fd, bytes, share(verdict, length), offset);
  if (verdict == PASS_AND_DIE || verdict == HALF_AND_DIE) die();
  return result;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

ssize_t writev(int fd, const struct iovec *pieces, int pieces_count) {
  enum verdict verdict = judge_fd("write", fd);
  if (verdict == FAIL) return -1;
  ssize_t result = syscall(SYS_writev, fd, pieces, verdict == PASS || verdict == PASS_AND_DIE ? pieces_count : 1);
  if (verdict == PASS_AND_DIE || verdict == HALF_AND_DIE) die();
  return result;
}

int fsync(int fd) { SIMPLE(judge_fd("fsync", fd), syscall(SYS_fsync, fd)); }
int fdatasync(int fd) { SIMPLE(judge_fd("fdatasync", fd), syscall(SYS_fdatasync, fd)); }
int ftruncate64(int fd, off64_t length) { SIMPLE(judge_fd("truncate", fd), syscall(SYS_ftruncate, fd, length)); }
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
int flock(int fd, int operation) { SIMPLE(judge_fd("flock", fd), syscall(SYS_flock, fd, operation)); }

int close(int fd) {
  enum verdict verdict = judge_fd("close", fd);
  int wanted = errno;
  long result = syscall(SYS_close, fd);
  if (verdict == PASS_AND_DIE || verdict == HALF_AND_DIE) die();
  if (verdict != FAIL) return (int)result;
  errno = wanted;
  return -1;
}

int renameat2(int from, const char *old, int to, const char *new, unsigned int flags) {
  SIMPLE(judge_at("rename", to, new), syscall(SYS_renameat2, from, old, to, new, flags));
}
int renameat(int from, const char *old, int to, const char *new) { return renameat2(from, old, to, new, 0); }
int rename(const char *old, const char *new) { return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0); }

int unlinkat(int directory, const char *name, int flags) {
  SIMPLE(judge_at("unlink", directory, name), syscall(SYS_unlinkat, directory, name, flags));
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }

int mkdirat(int directory, const char *name, mode_t permissions) {
  SIMPLE(judge_at("mkdir", directory, name), syscall(SYS_mkdirat, directory, name, permissions));
}
int mkdir(const char *name, mode_t permissions) { return mkdirat(AT_FDCWD, name, permissions); }

static int open_any(int directory, const char *name, int flags, mode_t permissions) {
  SIMPLE(judge_at("open", directory, name), syscall(SYS_openat, directory, name, flags, permissions));
}

#define PERMISSIONS                                    \
  mode_t permissions = 0;                              \
  if (flags & (O_CREAT | __O_TMPFILE)) {               \
    va_list rest;                                      \
    va_start(rest, flags);                             \
    permissions = (mode_t)va_arg(rest, int);           \
    va_end(rest);                                      \
  }

int openat(int directory, const char *name, int flags, ...) {
  PERMISSIONS
  return open_any(directory, name, flags, permissions);
}
int openat64(int directory, const char *name, int flags, ...) {
  PERMISSIONS
  return open_any(directory, name, flags, permissions);
}
int open(const char *name, int flags, ...) {
  PERMISSIONS
  return open_any(AT_FDCWD, name, flags, permissions);
}
int open64(const char *name, int flags, ...) {
  PERMISSIONS
  return open_any(AT_FDCWD, name, flags, permissions);
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list) {
  static const char end[] = ".invalid";
  const char *text = getenv("FAULT_RESOLVER");
  size_t length = host ? strlen(host) : 0;
  if (text && *text && length >= sizeof end && !strcmp(host + length - (sizeof end - 1), end))
  {
    if (log_path) note("getaddrinfo", host);
    for (;;) syscall(SYS_pause);
  }
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  return real(host, service, hints, list);
}
