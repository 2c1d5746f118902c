// SPDX-License-Identifier: Apache-2.0
//
// The auxiliary vector holds what start-up code needs: page size, program headers, entry, random bytes.

#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "check.h"

int main() {
  CHECK(getauxval(AT_PAGESZ) == 4096 && sysconf(_SC_PAGESIZE) == 4096);
  CHECK(getauxval(AT_PHDR) != 0 && getauxval(AT_PHNUM) > 3 && getauxval(AT_PHENT) == sizeof(ElfW(Phdr)));
  CHECK(getauxval(AT_ENTRY) != 0);
  const auto* random = reinterpret_cast<const unsigned char*>(getauxval(AT_RANDOM));
  CHECK(random != nullptr);
  int zero = 0;
  for (int i = 0; i < 16; ++i) zero += random[i] == 0;
  CHECK(zero < 12);
  int modules = 0;
  dl_iterate_phdr([](dl_phdr_info*, std::size_t, void* count) { return ++*static_cast<int*>(count), 0; }, &modules);
  CHECK(modules == 1 || modules == 2);
  CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
  std::puts("done");
}
