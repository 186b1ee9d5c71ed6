// What Swift cannot express of libcurl, librdkafka, libpq, sockets, file calls and instructions: variadic calls and macros.
// Header only: nothing is compiled or linked separately. No header of the C library is included (see csystem_libc.h).

#ifndef CSYSTEM_H
#define CSYSTEM_H

#include "csystem_checksum.h"
#include "csystem_clock.h"
#include "csystem_crypto.h"
#include "csystem_curl.h"
#include "csystem_deflate.h"
#include "csystem_inflate.h"
#include "csystem_io.h"
#include "csystem_kafka.h"
#include "csystem_libc.h"
#include "csystem_libpq.h"
#include "csystem_sha256.h"
#include "csystem_volume.h"

#endif
