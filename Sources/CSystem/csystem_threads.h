// Threads, counted before they are needed: Dispatch waits without end for one that cannot be made.

#ifndef CSYSTEM_THREADS_H
#define CSYSTEM_THREADS_H

#include <pthread.h>
#include <stdlib.h>

static void *csystem_thread_wait(void *gate) {
  pthread_mutex_lock((pthread_mutex_t *)gate);
  pthread_mutex_unlock((pthread_mutex_t *)gate);
  return NULL;
}

/// How many of `wanted` threads this process can have at the same time, beside those it has. They are ended again.
static inline int csystem_threads_available(int wanted) {
  pthread_t *threads = (pthread_t *)calloc((size_t)(wanted > 0 ? wanted : 1), sizeof(pthread_t));
  if (threads == NULL) return 0;
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 65536);
  int made = 0;
  pthread_mutex_lock(&gate);
  while (made < wanted && pthread_create(&threads[made], &attributes, csystem_thread_wait, &gate) == 0) made++;
  pthread_mutex_unlock(&gate);
  for (int index = 0; index < made; index++) pthread_join(threads[index], NULL);
  pthread_attr_destroy(&attributes);
  free(threads);
  return made;
}

#endif
