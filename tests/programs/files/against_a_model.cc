// SPDX-License-Identifier: Apache-2.0
//
// Threads that write, read, cut, punch, synchronise and rename files of their own at random places: each file is at any time what
// the same changes made of a piece of memory.
// sgxx-test: folder
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr size_t kMost = 3 << 20, kPage = 4096;

class Worker {
 public:
  Worker(std::string folder, unsigned number) : folder_(std::move(folder)), random_(number), number_(std::to_string(number)) {
    name_ = folder_ + "/file" + number_;
    file_ = open(name_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  }
  ~Worker() { close(file_); }

  /// False when something was not as it should be.
  bool step() {
    const size_t at = random_() % kMost;
    const size_t length = 1 + random_() % (random_() % 4 == 0 ? buffer_.size() : 9000);
    switch (random_() % 10) {
      case 0:
      case 1:
      case 2:
      case 3: return random_() % 3 == 0 ? write(at & ~(kPage - 1), (length + kPage - 1) & ~(kPage - 1)) : write(at, length);
      case 4:
      case 5:
      case 6: return read(at, length);
      case 7: return cut(at);
      case 8: return punch(at, length);
      default: return random_() % 4 == 0 ? fsync(file_) == 0 : rename_and_forget();
    }
  }

 private:
  bool write(size_t at, size_t length) {
    length = std::min(length, buffer_.size());
    for (size_t i = 0; i < length; ++i) buffer_[i] = static_cast<char>(random_());
    if (pwrite(file_, buffer_.data(), length, static_cast<off_t>(at)) != static_cast<ssize_t>(length)) return false;
    model_.resize(std::max(model_.size(), at + length));
    std::copy_n(buffer_.begin(), length, model_.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }
  bool read(size_t at, size_t length) {
    const ssize_t wanted = at >= model_.size() ? 0 : static_cast<ssize_t>(std::min(length, model_.size() - at));
    if (pread(file_, buffer_.data(), length, static_cast<off_t>(at)) != wanted) return false;
    return wanted == 0 || memcmp(buffer_.data(), &model_[at], static_cast<size_t>(wanted)) == 0;
  }
  bool cut(size_t at) {
    model_.resize(at);
    return ftruncate(file_, static_cast<off_t>(at)) == 0;
  }
  bool punch(size_t at, size_t length) {
    const size_t end = std::min(at + length, model_.size());
    if (at < end) memset(&model_[at], 0, end - at);
    return fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at), static_cast<off_t>(length)) == 0;
  }
  bool rename_and_forget() {
    const std::string other = name_.ends_with("x") ? name_.substr(0, name_.size() - 1) : name_ + "x";
    if (rename(name_.c_str(), other.c_str()) != 0) return false;
    name_ = other;
    const std::string brief = folder_ + "/brief" + number_;
    const int file = open(brief.c_str(), O_RDWR | O_CREAT, 0600);
    const bool done = ::write(file, "brief", 5) == 5 && unlink(brief.c_str()) == 0 && pwrite(file, "and gone", 8, 5000) == 8;
    close(file);
    return done;
  }

  std::string folder_;
  std::mt19937_64 random_;
  std::string number_, name_;
  int file_;
  std::vector<char> model_;
  std::vector<char> buffer_ = std::vector<char>(1 << 18);
};

}  // namespace

int main(int, char** argv) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (unsigned number = 1; number <= 3; ++number) {
    threads.emplace_back([&, number] {
      Worker worker(argv[1], number);
      for (int step = 0; step < 500; ++step) {
        if (worker.step()) continue;
        std::printf("thread %u, step %d is wrong\n", number, step);
        ++wrong;
        return;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%d wrong\n", wrong.load());
}
