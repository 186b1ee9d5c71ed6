// clock_gettime(2) as one number.

#ifndef CSYSTEM_CLOCK_H
#define CSYSTEM_CLOCK_H

#include "csystem_libc.h"

/// The time of a clock in units of 100 ns; 0 where it cannot be read.
static inline int64_t csystem_clock_ticks(int clock) {
  csystem_timespec time;
  if (csystem_clock_gettime(clock, &time) != 0) return 0;
  return time.seconds * 10000000 + time.nanoseconds / 100;
}

#endif
