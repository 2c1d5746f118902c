// SPDX-License-Identifier: Apache-2.0
//
// The one time zone file that there is.
// sgxx-test: needs /usr/share/zoneinfo/Etc/UTC
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

#include "check.h"

int main() {
  for (const char* path : {"/usr/share/zoneinfo/Etc/UTC", "/usr/share/zoneinfo/UTC"}) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::printf("%zu bytes:", bytes.size());
    for (const char byte : bytes) std::printf(" %x", static_cast<unsigned char>(byte));
    std::printf("\n");
  }
  CHECK(setenv("TZ", ":Etc/UTC", 1) == 0);
  tzset();
  const time_t when = 1'700'000'000;
  tm local{};
  CHECK(localtime_r(&when, &local) == &local);
  std::printf("%d:%02d %s %ld\n", local.tm_hour, local.tm_min, local.tm_zone, local.tm_gmtoff);
}
