// SPDX-License-Identifier: Apache-2.0
#include "host/aesm.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "abi/host_call.h"
#include "host/protobuf.h"
#include "host/whole_message.h"

namespace sgxx::host {
namespace {

/// The field of Request and of Response that holds each kind of message.
namespace kind {
constexpr u32 init_quote_ex = 15, get_quote_size_ex = 16, get_quote_ex = 17, key_id_count = 21, key_ids = 22;
}
/// In every response.
constexpr u32 kErrorCode = 1;
/// In every request: microseconds that the service may take.
constexpr u32 kTimeout = 9;

constexpr u32 kLargestMessage = 128 * 1024;
constexpr u64 kMostKeys = 64;
constexpr u32 kPublicKeyIdSize = 32;
/// sgx_att_key_id_ext_t: which attestation keys a service has, and where in it the algorithm stands.
constexpr u64 kKeyIdSize = 256, kAlgorithmOffset = 154;
constexpr u32 kEcdsaP256 = 2;

constexpr const char* kService = "the AESM service";

struct Connection {
  int fd;
  ~Connection() {
    if (fd >= 0) ::close(fd);
  }
};

Failure<Error> nonsense(const char* what) {
  return {Error(ErrorKind::system, std::string(kService) + " answers without " + what)};
}

}  // namespace

Result<std::vector<u8>> AesmService::exchange(const Bytes& request) {
  const Connection connection{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (connection.fd < 0 || socket_.size() >= sizeof(address.sun_path)) return system_error("cannot reach " + socket_);
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  const timeval patience{patience_.count(), 0};
  ::setsockopt(connection.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(connection.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::connect(connection.fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return unsupported(std::string("quotes need ") + kService + " at " + socket_ + ": " + std::strerror(errno));
  }
  u32 length = static_cast<u32>(request.size());
  if (!send_all(connection.fd, as_bytes_of(length)) || !send_all(connection.fd, request) ||
      !receive_all(connection.fd, {reinterpret_cast<u8*>(&length), sizeof(length)})) {
    return system_error(std::string("cannot talk to ") + kService);
  }
  if (length > kLargestMessage) return nonsense("a reasonable length");
  Bytes answer(length);
  if (!receive_all(connection.fd, answer)) return system_error(std::string("cannot talk to ") + kService);
  return answer;
}

/// The answer to `question`, a message of that kind, when its error code is 0.
Result<std::vector<u8>> AesmService::ask(u32 kind, const ProtobufWriter& question) {
  const Bytes answer = TRY(exchange(ProtobufWriter().bytes(kind, question.message()).message()));
  const auto response = ProtobufMessage::parse(answer);
  const auto content = response ? response->bytes(kind) : std::nullopt;
  const auto message = content ? ProtobufMessage::parse(*content) : std::nullopt;
  const auto code = message ? message->number(kErrorCode) : std::nullopt;
  if (!code) return nonsense("what was asked for");
  if (*code != 0) {
    return Failure{Error(ErrorKind::system, std::string(kService) + " refuses: error " + std::to_string(*code) +
                                                "; its log (journalctl -u aesmd) says why")};
  }
  return Bytes(content->begin(), content->end());
}

/// Asks for the attestation keys that the service has; the first one of the kind that DCAP quotes need is taken.
Result<void> AesmService::find_key() {
  if (!key_id_.empty()) return {};
  const Bytes counted = TRY(ask(kind::key_id_count, ProtobufWriter().number(kTimeout, patience_us())));
  const u64 count = ProtobufMessage::parse(counted)->number(2).value_or(0);
  if (count > kMostKeys) return nonsense("a reasonable number of keys");
  const Bytes listed = TRY(ask(kind::key_ids, ProtobufWriter().number(1, count * kKeyIdSize).number(kTimeout, patience_us())));
  const ByteView ids = ProtobufMessage::parse(listed)->bytes(2).value_or(ByteView());
  for (u64 i = 0; (i + 1) * kKeyIdSize <= ids.size(); ++i) {
    const ByteView id = ids.subspan(i * kKeyIdSize, kKeyIdSize);
    if (read_at<u32>(id, kAlgorithmOffset) != kEcdsaP256) continue;
    key_id_.assign(id.begin(), id.end());
    return {};
  }
  return unsupported(std::string(kService) + " has no ECDSA attestation key: install Intel's libsgx-aesm-quote-ex-plugin");
}

Result<isa::TargetInfo> AesmService::target() {
  TRY(find_key());
  const Bytes answer = TRY(ask(kind::init_quote_ex, ProtobufWriter()
                                                        .bytes(1, key_id_)
                                                        .number(3, 1)  // make the key, if there is none yet, and say its id
                                                        .number(4, kPublicKeyIdSize)
                                                        .number(kTimeout, patience_us())));
  const ByteView target = ProtobufMessage::parse(answer)->bytes(2).value_or(ByteView());
  if (target.size() != sizeof(isa::TargetInfo)) return nonsense("the quoting enclave's identity");
  return *read_at<isa::TargetInfo>(target, 0);
}

Result<std::vector<u8>> AesmService::quote(const isa::Report& report) {
  TRY(find_key());
  const Bytes sized = TRY(ask(kind::get_quote_size_ex, ProtobufWriter().bytes(1, key_id_).number(kTimeout, patience_us())));
  const u64 size = ProtobufMessage::parse(sized)->number(2).value_or(0);
  if (size == 0 || size > abi::kMostQuoteBytes) return nonsense("a reasonable size of quotes");
  const Bytes answer =
      TRY(ask(kind::get_quote_ex,
              ProtobufWriter().bytes(1, as_bytes_of(report)).bytes(2, key_id_).number(4, size).number(kTimeout, patience_us())));
  const ByteView quote = ProtobufMessage::parse(answer)->bytes(2).value_or(ByteView());
  if (quote.empty() || quote.size() > size) return nonsense("a quote of the size that it said");
  return Bytes(quote.begin(), quote.end());
}

}  // namespace sgxx::host
