// SPDX-License-Identifier: Apache-2.0
//
// The quoting enclave of the software SGX: a program that sgxx runs like any other, built into the command. It believes a report
// because the processor made it for this enclave (local attestation) and then signs what the report says, so that somebody on
// another machine can believe it too. Its attestation key derives from a key that the processor gives to this very build.
//
// With the argument `sample` it is an example instead, of a program that gets a quote of itself: report data from standard input,
// quote to standard output. Arguments are measured, so the two are different enclaves.
//
// Standard input and output belong to the host (abi/quoting.h). There is nothing to hide from it but the key: reports and quotes
// are public, and a request that is not as it must be ends the program.
#include <openssl/sha.h>
#include <sgxx/key.h>
#include <sgxx/quote.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "abi/quoting.h"
#include "device/soft/pki/ec_key.h"

namespace sgxx::device::soft {
namespace {

using abi::QuotingKind;

constexpr u16 kQuoteVersion = 3;

bool read_all(ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return true;
}

bool write_all(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return true;
}

/// Header and body in one write.
bool answer(QuotingKind kind, ByteView body) {
  const abi::QuotingMessage message{static_cast<u32>(kind), static_cast<u32>(body.size())};
  std::array<u8, sizeof(message) + sizeof(abi::QuotingIntroduction)> bytes;
  std::ranges::copy(as_bytes_of(message), bytes.begin());
  std::ranges::copy(body, bytes.begin() + sizeof(message));
  return write_all(ByteView(bytes).first(sizeof(message) + body.size()));
}

/// The request's body, when it is as long as it says and must.
template <class T>
std::optional<T> body_of(const abi::QuotingMessage& message) {
  std::array<u8, sizeof(T)> bytes;
  if (message.length != bytes.size() || !read_all(bytes)) return std::nullopt;
  return read_at<T>(bytes, 0);
}

/// Every build has its own, the same at every start.
EcKey attestation_key() {
  KeyRequest request;
  request.policy = KeyPolicy::this_enclave();
  return EcKey::derived(derive_key(request).bytes(), "attestation key");
}

class QuotingEnclave {
 public:
  QuotingEnclave() : key_(attestation_key()) {
    // Intel's is made of the platform's keys; to verifiers it is opaque.
    const isa::EcdsaPublicKey point = key_.public_point();
    SHA256(point.data(), point.size(), authentication_data_.data());
  }

  bool introduce(const isa::TargetInfo& certifier) const {
    abi::QuotingIntroduction introduction{};
    introduction.target = *read_at<isa::TargetInfo>(TargetInfo::own().bytes(), 0);
    introduction.attestation_key = key_.public_point();
    introduction.authentication_data = authentication_data_;
    std::array<u8, sizeof(introduction.attestation_key) + sizeof(authentication_data_)> bound;
    std::ranges::copy(authentication_data_, std::ranges::copy(introduction.attestation_key, bound.begin()).out);
    ReportData data;
    SHA256(bound.data(), bound.size(), data.bytes.data());
    const Report report = create_report(TargetInfo::from_bytes(as_bytes_of(certifier)), data);
    introduction.report = *read_at<isa::Report>(report.bytes(), 0);
    return answer(QuotingKind::introduction, as_bytes_of(introduction));
  }

  bool quote(const isa::Report& report) const {
    try {
      (void)verify_report(Report::from_bytes(as_bytes_of(report)));
    } catch (const SdkError&) {
      return answer(QuotingKind::refused, {});
    }
    abi::Quoted quoted{};
    quoted.header.version = kQuoteVersion;
    quoted.header.key_type = isa::kKeyTypeEcdsaP256;
    quoted.header.qe_svn = static_cast<u16>(own_identity().version);
    quoted.header.pce_svn = 1;
    quoted.header.vendor_id = isa::kIntelQeVendor;  // the format's, which verifiers insist on; whom to believe says the root
    quoted.body = report.body;
    const ByteView whole = as_bytes_of(quoted);
    quoted.signature = key_.sign(whole.first(offsetof(abi::Quoted, signature)));
    return answer(QuotingKind::quoted, whole);
  }

 private:
  EcKey key_;
  std::array<u8, 32> authentication_data_{};
};

int serve() {
  const QuotingEnclave enclave;
  for (abi::QuotingMessage message; read_all({reinterpret_cast<u8*>(&message), sizeof(message)});) {
    bool done = false;
    switch (static_cast<QuotingKind>(message.kind)) {
      case QuotingKind::introduce:
        if (const auto certifier = body_of<isa::TargetInfo>(message)) done = enclave.introduce(*certifier);
        break;
      case QuotingKind::quote:
        if (const auto report = body_of<isa::Report>(message)) done = enclave.quote(*report);
        break;
      default: break;
    }
    if (!done) return 1;
  }
  return 0;
}

int quote_oneself() {
  ReportData data;
  return read_all(data.bytes) && write_all(create_quote(data)) ? 0 : 1;
}

}  // namespace
}  // namespace sgxx::device::soft

int main(int count, char** arguments) {
  try {
    if (count > 1 && arguments[1] == std::string_view("sample")) return sgxx::device::soft::quote_oneself();
    return sgxx::device::soft::serve();
  } catch (const std::exception& error) {
    const std::string text = std::string(error.what()) + "\n";
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    return 1;
  }
}
