// SPDX-License-Identifier: Apache-2.0
//
// Two enclaves on one machine talk in private. Each proves to the other by a report who it is and that the keys are its own; the
// host carries the bytes and can do no more than delay, cut or drop them. docs/sdk.md has the protocol. For enclaves on different
// machines a report is worth nothing: that takes quotes.
#pragma once

#include <sgxx/policy.h>
#include <sgxx/secret.h>

#include <memory>

namespace sgxx {

/// Where the bytes go and come from. Everything that comes is untrusted.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// At least one byte, or 0 at the end. Throws `connection_broken`.
  virtual std::size_t read(ByteSpan bytes) = 0;
  /// All of them. Throws `connection_broken`.
  virtual void write(ByteView bytes) = 0;
};

/// A socket or pipe, closed with the stream.
class DescriptorStream final : public ByteStream {
 public:
  explicit DescriptorStream(int descriptor) : descriptor_(descriptor) {}
  ~DescriptorStream() override;
  DescriptorStream(const DescriptorStream&) = delete;
  DescriptorStream& operator=(const DescriptorStream&) = delete;
  std::size_t read(ByteSpan bytes) override;
  void write(ByteView bytes) override;

 private:
  int descriptor_;
};

/// Messages to and from one enclave. One thread may send while another receives.
class Channel {
 public:
  /// The most that one message can hold.
  static constexpr std::size_t kMostMessage = std::size_t{1} << 24;

  /// The one side calls `connect`, the other `accept`, on the two ends of a stream. They return when both are content with each
  /// other. Throw PeerRefused when the policy says no; `refused_by_peer` when the other side's does; `not_authentic` when what
  /// comes is not of an enclave on this machine; `connection_broken`, `malformed`.
  static Channel connect(std::unique_ptr<ByteStream> stream, const PeerPolicy& policy);
  static Channel accept(std::unique_ptr<ByteStream> stream, const PeerPolicy& policy);

  Channel(Channel&&) noexcept;
  Channel& operator=(Channel&&) noexcept;
  /// Does not say good-bye: see `close`.
  ~Channel();

  /// Who is at the other end.
  const Identity& peer() const;

  /// Throws `connection_broken`; `bad_argument` for more than kMostMessage or after `close`.
  void send(ByteView message);
  /// The next message, whole and in order, or nothing when the other side has closed. Throws `not_authentic` for what the other
  /// side did not send in this place, and `connection_broken` for an end without a good-bye. After an error every further call
  /// throws `connection_broken`.
  std::optional<SecretBytes> receive();
  /// Says good-bye, so that the other side knows that nothing was cut off. Nothing can be sent afterwards.
  void close();

 private:
  struct State;
  explicit Channel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sgxx
