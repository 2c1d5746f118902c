// SPDX-License-Identifier: Apache-2.0
//
// getaddrinfo can't be interrupted, so a thread of its own runs it: the enclave's thread can be woken while it waits.
#include "host/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "host/file_calls.h"

namespace sgxx::host {
namespace {

struct Question {
  Question(std::string asked, int asked_family)
      : name(std::move(asked)), family(asked_family), answered(eventfd(0, EFD_CLOEXEC)) {}
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  ~Question() { close(answered); }
  std::string name;
  int family;
  int answered;  // eventfd
  int status = EAI_AGAIN;
  std::vector<abi::HostAddress> addresses;
};

abi::HostAddress address_in(const sockaddr& address) {
  abi::HostAddress found{address.sa_family, {}, 0};
  if (address.sa_family == AF_INET) {
    std::memcpy(found.bytes.data(), &reinterpret_cast<const sockaddr_in&>(address).sin_addr, sizeof(in_addr));
  } else {
    std::memcpy(found.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, sizeof(in6_addr));
  }
  return found;
}

void answer(Question& question) {
  addrinfo hints{};
  hints.ai_family = question.family;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  question.status = getaddrinfo(question.name.c_str(), nullptr, &hints, &found);
  for (const addrinfo* at = found; question.status == 0 && at != nullptr; at = at->ai_next) {
    if (question.addresses.size() < abi::kMostHostAddresses) question.addresses.push_back(address_in(*at->ai_addr));
  }
  if (found != nullptr) freeaddrinfo(found);
  eventfd_write(question.answered, 1);
}

}  // namespace

i64 resolve_name(HostThread& thread, u64 length, u64 family) {
  auto& data = thread.area->data;
  constexpr u64 kLongestName = 255;
  if (length > kLongestName || (family != AF_INET && family != AF_INET6)) return -EINVAL;
  const auto question =
      std::make_shared<Question>(std::string(reinterpret_cast<const char*>(data.data()), length), static_cast<int>(family));
  if (question->answered < 0) return -EAGAIN;
  // A new thread must not be there for the signals that are meant for the enclave's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([question] { answer(*question); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (const i64 waited = wait_for(thread, question->answered, POLLIN, -1); waited < 0) return waited;
  switch (question->status) {
    case 0: break;
    case EAI_NODATA:
    case EAI_ADDRFAMILY: return 0;
    case EAI_NONAME: return -ENOENT;
    default: return -EAGAIN;
  }
  std::memcpy(data.data(), question->addresses.data(), question->addresses.size() * sizeof(abi::HostAddress));
  return static_cast<i64>(question->addresses.size());
}

}  // namespace sgxx::host
