// SPDX-License-Identifier: Apache-2.0
#include "sgxx/channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sdk/handshake.h"

namespace sgxx {
namespace {

class OwnReports final : public sdk::ReportMaker {
 public:
  TargetInfo own_target() override { return TargetInfo::own(); }
  Report create(const TargetInfo& target, const ReportData& data) override { return create_report(target, data); }
  VerifiedReport verify(const Report& report) override { return verify_report(report); }
};

[[noreturn]] void broken(const char* what) {
  throw SdkError(ErrorCode::connection_broken, std::string("stream: cannot ") + what + ": " + std::strerror(errno));
}

}  // namespace

DescriptorStream::~DescriptorStream() { ::close(descriptor_); }

std::size_t DescriptorStream::read(ByteSpan bytes) {
  for (;;) {
    const ssize_t count = ::read(descriptor_, bytes.data(), bytes.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) broken("read");
  }
}

void DescriptorStream::write(ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == ENOTSOCK) count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      broken("write");
    }
  }
}

struct Channel::State {
  std::unique_ptr<ByteStream> stream;
  sdk::Session session;
  bool out_closed = false, in_closed = false, in_broken = false;
};

Channel::Channel(std::unique_ptr<State> state) : state_(std::move(state)) {}
Channel::Channel(Channel&&) noexcept = default;
Channel& Channel::operator=(Channel&&) noexcept = default;
Channel::~Channel() = default;

Channel Channel::connect(std::unique_ptr<ByteStream> stream, const PeerPolicy& policy) {
  OwnReports reports;
  sdk::Session session = sdk::handshake_as_initiator(*stream, policy, reports);
  return Channel(std::unique_ptr<State>(new State{std::move(stream), std::move(session)}));
}

Channel Channel::accept(std::unique_ptr<ByteStream> stream, const PeerPolicy& policy) {
  OwnReports reports;
  sdk::Session session = sdk::handshake_as_responder(*stream, policy, reports);
  return Channel(std::unique_ptr<State>(new State{std::move(stream), std::move(session)}));
}

const Identity& Channel::peer() const { return state_->session.peer; }

void Channel::send(ByteView message) {
  if (message.size() > kMostMessage) throw SdkError(ErrorCode::bad_argument, "channel: more than 16 MiB in one message");
  if (state_->out_closed) throw SdkError(ErrorCode::bad_argument, "channel: closed by this side");
  state_->session.out.write(*state_->stream, sdk::RecordType::message, message);
}

std::optional<SecretBytes> Channel::receive() {
  if (state_->in_closed) return std::nullopt;
  if (state_->in_broken) throw SdkError(ErrorCode::connection_broken, "channel: broken before");
  try {
    sdk::RecordKeys::Opened record = state_->session.in.read(*state_->stream);
    if (record.type == sdk::RecordType::message) return std::move(record.plaintext);
    if (record.type != sdk::RecordType::close)
      throw SdkError(ErrorCode::malformed, "channel: not what has to come in this place");
    state_->in_closed = true;
    return std::nullopt;
  } catch (...) {
    state_->in_broken = true;
    throw;
  }
}

void Channel::close() {
  if (state_->out_closed) return;
  state_->out_closed = true;
  state_->session.out.write(*state_->stream, sdk::RecordType::close, {});
}

}  // namespace sgxx
