// librdkafka as found at run time: its entry points by name. Types and numbers after librdkafka/rdkafka.h, whose ABI has
// kept them since 1.6; no header of librdkafka is needed to build, nothing is linked.

#ifndef CSYSTEM_KAFKA_H
#define CSYSTEM_KAFKA_H

#include "csystem_libc.h"

/// rd_kafka_message_t.
typedef struct {
  int error;
  void *topic;
  int32_t partition;
  void *payload;
  size_t length;
  void *key;
  size_t key_length;
  int64_t offset;
  void *context;
} csystem_kafka_message;

/// rd_kafka_metadata_partition, rd_kafka_metadata_topic and rd_kafka_metadata.
typedef struct {
  int32_t id;
  int error;
  int32_t leader;
  int replica_count;
  int32_t *replicas;
  int in_sync_count;
  int32_t *in_sync;
} csystem_kafka_partition;

typedef struct {
  char *name;
  int partition_count;
  csystem_kafka_partition *partitions;
  int error;
} csystem_kafka_topic;

typedef struct {
  int broker_count;
  void *brokers;
  int topic_count;
  csystem_kafka_topic *topics;
  int32_t origin;
  char *origin_name;
} csystem_kafka_metadata;

/// librdkafka's entry points, NULL where not loaded. Handles, configurations, topics and errors are `void *`.
typedef struct {
  void *(*conf_new)(void);
  void (*conf_destroy)(void *conf);
  int (*conf_set)(void *conf, const char *name, const char *value, char *text, size_t size);
  void (*conf_set_opaque)(void *conf, void *context);
  void (*conf_set_log_cb)(void *conf, void (*log)(const void *, int, const char *, const char *));
  void (*conf_set_error_cb)(void *conf, void (*error)(void *, int, const char *, void *));
  void (*conf_set_dr_msg_cb)(void *conf, void (*report)(void *, const csystem_kafka_message *, void *));
  void *(*new)(int type, void *conf, char *text, size_t size);
  void (*destroy)(void *kafka);
  int (*poll)(void *kafka, int milliseconds);
  int (*outq_len)(void *kafka);
  int (*flush)(void *kafka, int milliseconds);
  int (*last_error)(void);
  int (*fatal_error)(void *kafka, char *text, size_t size);
  const char *(*err2name)(int error);
  void *(*topic_new)(void *kafka, const char *name, void *conf);
  void (*topic_destroy)(void *topic);
  int (*produce)(
    void *topic, int32_t partition, int flags, const void *payload, size_t length, const void *key, size_t key_length,
    void *context);
  int (*metadata)(void *kafka, int all, void *only, const csystem_kafka_metadata **found, int milliseconds);
  void (*metadata_destroy)(const csystem_kafka_metadata *metadata);
  int (*consume_start)(void *topic, int32_t partition, int64_t offset);
  int (*consume_stop)(void *topic, int32_t partition);
  csystem_kafka_message *(*consume)(void *topic, int32_t partition, int milliseconds);
  void (*message_destroy)(csystem_kafka_message *message);
  int (*query_watermark_offsets)(
    void *kafka, const char *topic, int32_t partition, int64_t *low, int64_t *high, int milliseconds);
  void *(*init_transactions)(void *kafka, int milliseconds);
  void *(*begin_transaction)(void *kafka);
  void *(*commit_transaction)(void *kafka, int milliseconds);
  int (*error_code)(const void *error);
  int (*error_is_fatal)(const void *error);
  int (*error_is_retriable)(const void *error);
  void (*error_destroy)(void *error);
  int (*oauthbearer_set_token)(
    void *kafka, const char *token, int64_t expiry, const char *principal, const char **extensions, size_t count,
    char *text, size_t size);
} csystem_kafka;

/// Fills `kafka` from the shared library of that name: 1, or 0 if the library or one of the names is missing.
static inline int csystem_kafka_load(csystem_kafka *kafka, const char *name) {
  void *library = csystem_dlopen(name, CSYSTEM_DLOPEN_NOW);
  if (!library) return 0;
#define CSYSTEM_KAFKA_FIND(field)                                            \
  *(void **)(&kafka->field) = csystem_dlsym(library, "rd_kafka_" #field);    \
  if (!kafka->field) return 0;
  CSYSTEM_KAFKA_FIND(conf_new)
  CSYSTEM_KAFKA_FIND(conf_destroy)
  CSYSTEM_KAFKA_FIND(conf_set)
  CSYSTEM_KAFKA_FIND(conf_set_opaque)
  CSYSTEM_KAFKA_FIND(conf_set_log_cb)
  CSYSTEM_KAFKA_FIND(conf_set_error_cb)
  CSYSTEM_KAFKA_FIND(conf_set_dr_msg_cb)
  CSYSTEM_KAFKA_FIND(new)
  CSYSTEM_KAFKA_FIND(destroy)
  CSYSTEM_KAFKA_FIND(poll)
  CSYSTEM_KAFKA_FIND(outq_len)
  CSYSTEM_KAFKA_FIND(flush)
  CSYSTEM_KAFKA_FIND(last_error)
  CSYSTEM_KAFKA_FIND(fatal_error)
  CSYSTEM_KAFKA_FIND(err2name)
  CSYSTEM_KAFKA_FIND(topic_new)
  CSYSTEM_KAFKA_FIND(topic_destroy)
  CSYSTEM_KAFKA_FIND(produce)
  CSYSTEM_KAFKA_FIND(metadata)
  CSYSTEM_KAFKA_FIND(metadata_destroy)
  CSYSTEM_KAFKA_FIND(consume_start)
  CSYSTEM_KAFKA_FIND(consume_stop)
  CSYSTEM_KAFKA_FIND(consume)
  CSYSTEM_KAFKA_FIND(message_destroy)
  CSYSTEM_KAFKA_FIND(query_watermark_offsets)
  CSYSTEM_KAFKA_FIND(init_transactions)
  CSYSTEM_KAFKA_FIND(begin_transaction)
  CSYSTEM_KAFKA_FIND(commit_transaction)
  CSYSTEM_KAFKA_FIND(error_code)
  CSYSTEM_KAFKA_FIND(error_is_fatal)
  CSYSTEM_KAFKA_FIND(error_is_retriable)
  CSYSTEM_KAFKA_FIND(error_destroy)
  CSYSTEM_KAFKA_FIND(oauthbearer_set_token)
#undef CSYSTEM_KAFKA_FIND
  return 1;
}

/// What the callbacks of one handle have noted. They run within `poll`, on the thread that calls it.
typedef struct {
  /// Messages that were given up, and why the first of them was.
  int failed, failure;
  /// The last error of the handle itself, and librdkafka's sentence about it.
  int error;
  char reason[256];
} csystem_kafka_notes;

static inline void csystem_kafka_forget_log(const void *kafka, int level, const char *what, const char *text) {}

static inline void csystem_kafka_note_error(void *kafka, int error, const char *reason, void *context) {
  csystem_kafka_notes *notes = (csystem_kafka_notes *)context;
  size_t at = 0;
  notes->error = error;
  for (; reason && reason[at] && at + 1 < sizeof notes->reason; at++) notes->reason[at] = reason[at];
  notes->reason[at] = 0;
}

static inline void csystem_kafka_note_delivery(void *kafka, const csystem_kafka_message *message, void *context) {
  csystem_kafka_notes *notes = (csystem_kafka_notes *)context;
  if (!message->error) return;
  if (!notes->failed++) notes->failure = message->error;
}

/// Lets a handle made of `conf` note its errors, and write nothing to standard error.
static inline void csystem_kafka_watch(const csystem_kafka *kafka, void *conf, csystem_kafka_notes *notes) {
  kafka->conf_set_opaque(conf, notes);
  kafka->conf_set_log_cb(conf, csystem_kafka_forget_log);
  kafka->conf_set_error_cb(conf, csystem_kafka_note_error);
  kafka->conf_set_dr_msg_cb(conf, csystem_kafka_note_delivery);
}

/// The partitions of a topic of the metadata; `error` is the topic's.
static inline int csystem_kafka_partitions(const csystem_kafka_metadata *metadata, int *error) {
  if (metadata->topic_count != 1) { *error = 3; return 0; }
  *error = metadata->topics[0].error;
  return metadata->topics[0].partition_count;
}

#endif
