// SPDX-License-Identifier: Apache-2.0
#include "host/quoting_enclave.h"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/whole_message.h"

namespace sgxx::host {
namespace {

using abi::QuotingKind;

constexpr timeval kPatience{60, 0};

template <Crossable T>
ByteSpan writable_bytes_of(T& object) {
  return {reinterpret_cast<u8*>(&object), sizeof(T)};
}

/// In a process group of its own, so that what a person types at the terminal is not meant for it.
Result<pid_t> spawn(const std::vector<std::string>& command, int stream) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, stream, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, stream, STDOUT_FILENO);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t process = -1;
  const int failed = posix_spawn(&process, words[0], &actions, &attributes, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed == 0) return process;
  errno = failed;
  return system_error("cannot start the quoting enclave");
}

void append(std::vector<u8>& bytes, ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

}  // namespace

QuotingEnclave::~QuotingEnclave() { stop(); }

/// It ends when its input does.
void QuotingEnclave::stop() {
  if (socket_ >= 0) ::close(socket_);
  if (process_ > 0) {
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  socket_ = -1;
  process_ = -1;
  certificate_.reset();
}

Result<QuotingKind> QuotingEnclave::exchange(QuotingKind kind, ByteView request, QuotingKind expected, ByteSpan answer) {
  abi::QuotingMessage message{static_cast<u32>(kind), static_cast<u32>(request.size())};
  bool spoken =
      send_all(socket_, as_bytes_of(message)) && send_all(socket_, request) && receive_all(socket_, writable_bytes_of(message));
  if (spoken && message.kind == static_cast<u32>(QuotingKind::refused) && message.length == 0) return QuotingKind::refused;
  spoken =
      spoken && message.kind == static_cast<u32>(expected) && message.length == answer.size() && receive_all(socket_, answer);
  if (spoken) return expected;
  stop();
  return Failure{Error(ErrorKind::system, "the quoting enclave broke down")};
}

Result<void> QuotingEnclave::start() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return system_error("cannot start the quoting enclave");
  ::setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  socket_ = pair[0];
  auto process = spawn(command_, pair[1]);
  ::close(pair[1]);
  if (!process) {
    stop();
    return Failure{std::move(process.error())};
  }
  process_ = *process;
  return {};
}

/// Starts it when it does not run, and has it certified.
Result<void> QuotingEnclave::introduce() {
  if (certificate_) return {};
  if (!platform_) platform_ = TRY(device::SoftPlatform::open());
  TRY(start());
  const isa::TargetInfo certifier = platform_->certifier();
  TRY(exchange(QuotingKind::introduce, as_bytes_of(certifier), QuotingKind::introduction, writable_bytes_of(introduction_)));
  auto certificate = platform_->certify(introduction_.report);
  if (!certificate) {
    stop();
    return Failure{Error(ErrorKind::system, certificate.error().message())};
  }
  certificate_ = std::move(*certificate);
  return {};
}

Result<isa::TargetInfo> QuotingEnclave::target() {
  TRY(introduce());
  return introduction_.target;
}

Result<isa::ReportBody> QuotingEnclave::identity() {
  TRY(introduce());
  return introduction_.report.body;
}

Result<std::vector<u8>> QuotingEnclave::quote(const isa::Report& report) {
  TRY(introduce());
  abi::Quoted quoted;
  if (TRY(exchange(QuotingKind::quote, as_bytes_of(report), QuotingKind::quoted, writable_bytes_of(quoted))) ==
      QuotingKind::refused) {
    return bad_input("the quoting enclave refuses the report: made for another enclave or on another machine, or changed");
  }
  const isa::QeReportSignature certified{introduction_.report.body, certificate_->signature};
  const auto length = static_cast<u16>(introduction_.authentication_data.size());
  const std::string& chain = certificate_->pck_chain;
  std::vector<u8> tail;
  append(tail, as_bytes_of(quoted.signature));
  append(tail, as_bytes_of(introduction_.attestation_key));
  append(tail, as_bytes_of(certified));
  append(tail, as_bytes_of(length));
  append(tail, introduction_.authentication_data);
  append(tail, as_bytes_of(isa::CertificationHeader{static_cast<u16>(isa::CertificationType::pck_chain),
                                                    static_cast<u32>(chain.size())}));
  append(tail, {reinterpret_cast<const u8*>(chain.data()), chain.size()});
  std::vector<u8> quote;
  append(quote, as_bytes_of(quoted.header));
  append(quote, as_bytes_of(quoted.body));
  append(quote, as_bytes_of(static_cast<u32>(tail.size())));
  append(quote, tail);
  return quote;
}

}  // namespace sgxx::host
