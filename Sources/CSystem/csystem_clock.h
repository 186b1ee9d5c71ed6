// clock_gettime(2) without struct timespec: which module owns that type in Swift depends on what else is imported.

#ifndef CSYSTEM_CLOCK_H
#define CSYSTEM_CLOCK_H

#include <stdint.h>
#include <time.h>

/// The time of a clock in units of 100 ns; 0 where it cannot be read.
static inline int64_t csystem_clock_ticks(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) return 0;
  return (int64_t)time.tv_sec * 10000000 + time.tv_nsec / 100;
}

#endif
