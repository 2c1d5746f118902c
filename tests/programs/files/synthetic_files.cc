// SPDX-License-Identifier: Apache-2.0
//
// /dev, /proc, /sys and /etc as libraries read them: what holds natively holds in the enclave.
// sgxx-test: args one
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace {

void show(const char* what, long result) {
  const int error = errno;
  result < 0 ? std::printf("%s: %s\n", what, strerrorname_np(error)) : std::printf("%s: %ld\n", what, result);
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  CHECK(file.is_open());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool has(const std::string& path, const std::string& wanted) { return contents(path).find(wanted) != std::string::npos; }

void devices() {
  char bytes[64];
  std::memset(bytes, 'x', sizeof bytes);
  const int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), full = open("/dev/full", O_RDWR);
  show("null read", read(null, bytes, 64));
  show("null write", write(null, bytes, 64));
  show("null seek", lseek(null, 100, SEEK_SET));
  show("null truncated open", close(open("/dev/null", O_WRONLY | O_TRUNC | O_CREAT, 0600)));
  show("zero read", read(zero, bytes, 64));
  std::printf("zeroes: %d\n", std::all_of(bytes, bytes + 64, [](char byte) { return byte == 0; }));
  show("zero write", write(zero, bytes, 64));
  show("full read", read(full, bytes, 64));
  show("full write", write(full, bytes, 64));
  for (const char* path : {"/dev/random", "/dev/urandom"}) {
    const int source = open(path, O_RDONLY);
    unsigned long words[8]{};
    show(path, read(source, words, sizeof words));
    std::printf("different: %d\n", words[0] != words[1] && words[6] != words[7] && words[7] != 0);
  }
  struct stat status;
  CHECK(stat("/dev/null", &status) == 0);
  std::printf("%d %u %u\n", S_ISCHR(status.st_mode), major(status.st_rdev), minor(status.st_rdev));
  show("not there", open("/dev/nothing", O_RDWR));
}

void process() {
  std::printf("maps: %d %d\n", has("/proc/self/maps", "[stack]"), has("/proc/self/maps", "r-xp"));
  const std::string pid = std::to_string(getpid());
  std::printf("status: %d %d %d\n", has("/proc/self/status", "\nPid:\t" + pid + "\n"), has("/proc/self/status", "\nVmRSS:\t"),
              has("/proc/self/status", "\nThreads:\t1\n"));
  std::printf("stat: %d\n", contents("/proc/self/stat").rfind(pid + " (", 0) == 0);
  const std::string line = contents("/proc/self/stat");
  std::printf("stat fields: %d\n",
              static_cast<int>(std::count(line.begin() + static_cast<long>(line.rfind(')')), line.end(), ' ')));
  const std::string command = contents("/proc/self/cmdline");
  std::printf("cmdline: %d\n", command.size() > 4 && command.compare(command.size() - 4, 4, std::string("one\0", 4)) == 0);
  std::printf("comm: %d\n", command.find(contents("/proc/self/comm").substr(0, 10)) != std::string::npos);
  std::printf("limits: %d\n", has("/proc/self/limits", "Max open files"));
  std::printf("mounts: %d %d\n", has("/proc/mounts", " /proc proc "), has("/proc/self/mounts", " /dev/shm tmpfs "));
  std::printf("statm: %d\n", contents("/proc/self/statm").size() > 5);
  char path[4096];
  show("exe", readlink("/proc/self/exe", path, sizeof path) > 0 ? 1 : -1);
  CHECK(chdir("/dev/shm") == 0);
  const ssize_t length = readlink("/proc/self/cwd", path, sizeof path);
  std::printf("cwd: %s\n", std::string(path, length > 0 ? static_cast<size_t>(length) : 0).c_str());
}

void descriptors() {
  const int file = open("/etc/passwd", O_RDONLY);
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  char path[64]{};
  CHECK(readlink(link.c_str(), path, sizeof path) > 0);
  std::printf("descriptor: %s\n", path);
  const int again = open(link.c_str(), O_RDONLY);
  char byte;
  CHECK(read(file, &byte, 1) == 1);
  std::printf("opened anew: %ld\n", static_cast<long>(lseek(again, 0, SEEK_CUR)));
  show("not open", open("/proc/self/fd/999", O_RDONLY));
  show("no number", open("/proc/self/fd/x", O_RDONLY));
  int ends[2];
  CHECK(pipe(ends) == 0);
  const int through = open(("/dev/fd/" + std::to_string(ends[1])).c_str(), O_WRONLY);
  CHECK(write(through, "p", 1) == 1 && read(ends[0], &byte, 1) == 1);
  std::printf("through a pipe: %c\n", byte);
  DIR* const directory = opendir("/proc/self/fd");
  CHECK(directory != nullptr);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(directory)) names.push_back(entry->d_name);
  closedir(directory);
  const auto listed = [&names](int number) { return std::count(names.begin(), names.end(), std::to_string(number)); };
  std::printf("listed: %ld %ld %ld %ld\n", listed(file), listed(again), listed(ends[0]), listed(999));
}

void threads() {
  const auto count = [] {
    int found = 0;
    DIR* const directory = opendir("/proc/self/task");
    CHECK(directory != nullptr);
    while (const dirent* entry = readdir(directory)) found += entry->d_name[0] != '.' ? 1 : 0;
    closedir(directory);
    return found;
  };
  const std::string own = "/proc/self/task/" + std::to_string(gettid());
  std::printf("tasks: %d, own: %d %d\n", count(), has(own + "/status", "State:"),
              has(own + "/comm", contents("/proc/self/comm")));
  std::thread([&count] { std::printf("with another: %d\n", count()); }).join();
  show("no thread", open("/proc/self/task/1/status", O_RDONLY));
  const std::string words = contents("/proc/self/auxv");
  bool found = false;
  for (size_t at = 0; at + 16 <= words.size(); at += 16) {
    unsigned long pair[2];
    std::memcpy(pair, words.data() + at, sizeof pair);
    found = found || (pair[0] == AT_RANDOM && pair[1] == getauxval(AT_RANDOM));
  }
  std::printf("auxv: %d\n", found);
}

void system_files() {
  std::printf("cpuinfo: %d %d\n", has("/proc/cpuinfo", "processor\t: 0\n"), has("/proc/cpuinfo", "model name\t: "));
  std::printf("meminfo: %d\n", has("/proc/meminfo", "MemTotal:"));
  std::printf("stat: %d\n", has("/proc/stat", "cpu0 "));
  std::printf("online: %c possible: %c\n", contents("/sys/devices/system/cpu/online")[0],
              contents("/sys/devices/system/cpu/possible")[0]);
  std::printf("processors: %d\n", sysconf(_SC_NPROCESSORS_ONLN) >= 1 && std::thread::hardware_concurrency() >= 1);
  std::printf("ostype: %s", contents("/proc/sys/kernel/ostype").c_str());
  std::printf("osrelease: %d\n", contents("/proc/sys/kernel/osrelease").size() > 3);
  std::printf("uuid: %zu, another: %d\n", contents("/proc/sys/kernel/random/uuid").size(),
              contents("/proc/sys/kernel/random/uuid") != contents("/proc/sys/kernel/random/uuid"));
  std::printf("boot_id stays: %d\n", contents("/proc/sys/kernel/random/boot_id") == contents("/proc/sys/kernel/random/boot_id"));
  const passwd* const root = getpwnam("root");
  std::printf("root: %d\n", root != nullptr && root->pw_uid == 0);
  std::printf("uptime: %d\n", contents("/proc/uptime").find('.') != std::string::npos);
}

}  // namespace

int main() {
  devices();
  process();
  descriptors();
  threads();
  system_files();
}
