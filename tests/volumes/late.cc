// SPDX-License-Identifier: Apache-2.0
//
// late fail|open: a freshness service whose answers come late. `fail`: a file is kept; then the service answers nothing any more
// and four more fsyncs fail; then it turns out that it had carried out the request whose number stands in the second argument,
// and the program is killed. `open`: opens what is there and says what it holds. What the service holds lies in /anchors/late.
#include <fcntl.h>
#include <sgxx/volume.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <vector>

namespace {

using namespace sgxx;

class Late final : public Freshness {
 public:
  std::optional<Anchor> current(const VolumeId& volume) override { return file_.current(volume); }

  void advance(const VolumeId& volume, const std::optional<Anchor>& from, const Anchor& to) override {
    const std::lock_guard lock(mutex_);
    if (!dark_) return file_.advance(volume, from, to);
    if (asked_.empty() || asked_.back() != to) asked_.push_back(to);
    volume_ = volume;
    throw SdkError(ErrorCode::unavailable, "no answer");
  }

  void go_dark() {
    const std::lock_guard lock(mutex_);
    dark_ = true;
  }
  /// Of different requests, one was carried out after all.
  void carry_out(std::size_t which) {
    const std::lock_guard lock(mutex_);
    file_.advance(volume_, file_.current(volume_), asked_.at(which < asked_.size() ? which : asked_.size() - 1));
  }

 private:
  FileFreshness file_{"/anchors/late"};
  std::mutex mutex_;
  bool dark_ = false;
  std::vector<Anchor> asked_;
  VolumeId volume_;
};

bool keep(const std::string& name) {
  const int file = ::open(("/notes/" + name).c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
  const bool kept =
      file >= 0 && ::write(file, name.data(), name.size()) == static_cast<ssize_t>(name.size()) && ::fsync(file) == 0;
  ::close(file);
  return kept;
}

}  // namespace

int main(int count, char** arguments) try {
  const auto service = std::make_shared<Late>();
  Volume::open("/notes", service);
  if (arguments[1] == std::string("open")) {
    for (const auto& entry : std::filesystem::directory_iterator("/notes")) std::cout << entry.path().filename().string() << '\n';
    std::cout << (keep("later") ? "goes on" : std::strerror(errno)) << std::endl;
    return 0;
  }
  std::cout << keep("a");
  service->go_dark();
  for (const char* name : {"b", "c", "d", "e"}) std::cout << keep(name);
  std::cout << std::endl;
  service->carry_out(count > 2 ? std::stoul(arguments[2]) : 0);
  ::raise(SIGKILL);
} catch (const std::exception& error) {
  std::cout << error.what() << std::endl;
  return 1;
}
