// SPDX-License-Identifier: Apache-2.0
//
// A thread has the name that it was given, 15 bytes of it; a new one has its parent's. Other options of prctl, and its errors.

#include <pthread.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "check.h"

static std::string name() {
  char text[16];
  CHECK(prctl(PR_GET_NAME, text) == 0);
  return text;
}

template <typename... Arguments>
static void show(const char* what, Arguments... arguments) {
  errno = 0;
  const int result = prctl(arguments...);
  std::printf("%s: %d %s\n", what, result, result == -1 ? strerrorname_np(errno) : "");
}

int main() {
  CHECK(!name().empty() && name().size() < 16);
  CHECK(prctl(PR_SET_NAME, "a name of more than fifteen") == 0);
  std::printf("%s\n", name().c_str());
  std::thread([] {
    std::printf("%s\n", name().c_str());
    CHECK(pthread_setname_np(pthread_self(), "other") == 0);
    char text[16];
    CHECK(pthread_getname_np(pthread_self(), text, sizeof(text)) == 0 && std::strcmp(text, "other") == 0);
    CHECK(pthread_setname_np(pthread_self(), "sixteen bytes...") == ERANGE);
    std::printf("%s\n", name().c_str());
  }).join();
  std::printf("%s\n", name().c_str());
  show("name from nowhere", PR_SET_NAME, 8);
  show("name to nowhere", PR_GET_NAME, 8);
  show("dumpable", PR_GET_DUMPABLE);
  show("set", PR_SET_DUMPABLE, 0);
  show("dumpable", PR_GET_DUMPABLE);
  show("set to 3", PR_SET_DUMPABLE, 3);
  show("no new privileges", PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
  show("set to 2", PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0);
  show("set", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  show("no new privileges", PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
  show("no option", 123456);
}
