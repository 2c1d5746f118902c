// SPDX-License-Identifier: Apache-2.0
//
// <ctime>: UTC conversion, formatting, and local time, which is UTC where there are no zone files.
// sgxx-test: enclave-stdout Thu Jan  1 00:00:00 1970
// sgxx-test: enclave-stdout 2001-09-09 01:46:40 252 Sunday
// sgxx-test: enclave-stdout 1709164800 59
// sgxx-test: enclave-stdout local zone UTC, offset 0

#include <cstdio>
#include <ctime>

#include "check.h"

int main() {
  const std::time_t epoch = 0, billion = 1000000000;
  std::fputs(std::asctime(std::gmtime(&epoch)), stdout);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %j %A", std::gmtime(&billion));
  std::puts(text);
  std::tm leap{};
  leap.tm_year = 124;
  leap.tm_mon = 1;
  leap.tm_mday = 29;
  const std::time_t when = timegm(&leap);
  std::printf("%ld %d\n", static_cast<long>(when), leap.tm_yday);
  std::tm local{};
  localtime_r(&billion, &local);
  std::printf("local zone %s, offset %ld\n", local.tm_zone, local.tm_gmtoff);
  CHECK(std::difftime(10, 4) == 6 && std::mktime(&local) == billion);
  std::timespec now;
  CHECK(std::timespec_get(&now, TIME_UTC) == TIME_UTC && now.tv_sec > 1700000000);
  CHECK(std::clock() != static_cast<std::clock_t>(-1));
}
