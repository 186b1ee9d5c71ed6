// libpq as found at run time: its entry points by name. Types and numbers after libpq-fe.h, whose ABI has kept them since
// PostgreSQL 9; no header of libpq is needed to build, nothing is linked.

#ifndef CSYSTEM_LIBPQ_H
#define CSYSTEM_LIBPQ_H

#include "csystem_libc.h"

/// libpq's entry points, NULL where not loaded. Connections and results are `void *`.
typedef struct {
  void *(*connectdbParams)(const char *const *names, const char *const *values, int expand);
  void *(*connectStartParams)(const char *const *names, const char *const *values, int expand);
  int (*connectPoll)(void *connection);
  int (*status)(const void *connection);
  void (*finish)(void *connection);
  char *(*errorMessage)(const void *connection);
  int (*setErrorVerbosity)(void *connection, int verbosity);
  int (*connectionNeedsPassword)(const void *connection);
  void *(*setNoticeProcessor)(void *connection, void (*notice)(void *, const char *), void *context);
  int (*socket)(const void *connection);
  int (*setnonblocking)(void *connection, int on);
  int (*sendQueryParams)(
    void *connection, const char *statement, int count, const unsigned *types, const char *const *values,
    const int *lengths, const int *formats, int format);
  int (*flush)(void *connection);
  int (*consumeInput)(void *connection);
  int (*isBusy)(void *connection);
  void *(*getResult)(void *connection);
  int (*resultStatus)(const void *result);
  char *(*resultErrorField)(const void *result, int field);
  void (*clear)(void *result);
  int (*ntuples)(const void *result);
  int (*nfields)(const void *result);
  int (*getisnull)(const void *result, int row, int column);
  char *(*getvalue)(const void *result, int row, int column);
  int (*getlength)(const void *result, int row, int column);
  char *(*cmdTuples)(void *result);
} csystem_libpq;

enum {
  CSYSTEM_LIBPQ_CONNECTION_OK = 0,
  CSYSTEM_LIBPQ_POLLING_FAILED = 0,
  CSYSTEM_LIBPQ_POLLING_READING = 1,
  CSYSTEM_LIBPQ_POLLING_WRITING = 2,
  CSYSTEM_LIBPQ_POLLING_OK = 3,
  CSYSTEM_LIBPQ_ERRORS_VERBOSE = 2,
  CSYSTEM_LIBPQ_COMMAND_OK = 1,
  CSYSTEM_LIBPQ_TUPLES_OK = 2,
  /// PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY of postgres_ext.h.
  CSYSTEM_LIBPQ_FIELD_SQLSTATE = 'C',
  CSYSTEM_LIBPQ_FIELD_MESSAGE = 'M'
};

/// Fills `libpq` from the shared library of that name: 1, or 0 if the library or one of the names is missing.
static inline int csystem_libpq_load(csystem_libpq *libpq, const char *name) {
  void *library = csystem_dlopen(name, CSYSTEM_DLOPEN_NOW);
  if (!library) return 0;
#define CSYSTEM_LIBPQ_FIND(field)                                       \
  *(void **)(&libpq->field) = csystem_dlsym(library, "PQ" #field);      \
  if (!libpq->field) return 0;
  CSYSTEM_LIBPQ_FIND(connectdbParams)
  CSYSTEM_LIBPQ_FIND(connectStartParams)
  CSYSTEM_LIBPQ_FIND(connectPoll)
  CSYSTEM_LIBPQ_FIND(status)
  CSYSTEM_LIBPQ_FIND(finish)
  CSYSTEM_LIBPQ_FIND(errorMessage)
  CSYSTEM_LIBPQ_FIND(setErrorVerbosity)
  CSYSTEM_LIBPQ_FIND(connectionNeedsPassword)
  CSYSTEM_LIBPQ_FIND(setNoticeProcessor)
  CSYSTEM_LIBPQ_FIND(socket)
  CSYSTEM_LIBPQ_FIND(setnonblocking)
  CSYSTEM_LIBPQ_FIND(sendQueryParams)
  CSYSTEM_LIBPQ_FIND(flush)
  CSYSTEM_LIBPQ_FIND(consumeInput)
  CSYSTEM_LIBPQ_FIND(isBusy)
  CSYSTEM_LIBPQ_FIND(getResult)
  CSYSTEM_LIBPQ_FIND(resultStatus)
  CSYSTEM_LIBPQ_FIND(resultErrorField)
  CSYSTEM_LIBPQ_FIND(clear)
  CSYSTEM_LIBPQ_FIND(ntuples)
  CSYSTEM_LIBPQ_FIND(nfields)
  CSYSTEM_LIBPQ_FIND(getisnull)
  CSYSTEM_LIBPQ_FIND(getvalue)
  CSYSTEM_LIBPQ_FIND(getlength)
  CSYSTEM_LIBPQ_FIND(cmdTuples)
#undef CSYSTEM_LIBPQ_FIND
  return 1;
}

static inline void csystem_libpq_forget_notice(void *context, const char *text) {}

/// Lets a connection write no notice to standard error, and its statements return before they are done.
static inline void csystem_libpq_prepare(const csystem_libpq *libpq, void *connection) {
  libpq->setNoticeProcessor(connection, csystem_libpq_forget_notice, (void *)0);
  libpq->setnonblocking(connection, 1);
}

#endif
