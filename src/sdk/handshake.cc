// SPDX-License-Identifier: Apache-2.0
#include "sdk/handshake.h"

#include <algorithm>

namespace sgxx::sdk {
namespace {

constexpr std::size_t kPublicSize = 32;

struct Hello {
  std::array<u8, 8> magic;
  std::array<u8, TargetInfo::kSize> target;
  std::array<u8, kPublicSize> public_key;
  static constexpr std::array<u8, 8> kMagic = {'S', 'G', 'X', 'X', 'C', 'H', 'N', '1'};
};
struct Answer {
  std::array<u8, kPublicSize> public_key;
  std::array<u8, Report::kSize> report;
};
struct Proof {
  std::array<u8, Report::kSize> report;
};
static_assert(Crossable<Hello> && Crossable<Answer> && Crossable<Proof>);

template <std::size_t N>
std::array<u8, N> array_from(ByteView bytes) {
  std::array<u8, N> array{};
  std::ranges::copy(bytes.first(N), array.begin());
  return array;
}

[[noreturn]] void throw_refused_by_peer(ByteView body) {
  const char* reason = body.size() == 1 ? text_of(static_cast<Refusal>(body[0])) : "it gave no reason";
  throw SdkError(ErrorCode::refused_by_peer, std::string("the other side does not accept this enclave: ") + reason);
}

/// The body of the record that must come now.
template <Crossable T>
T expect(ByteStream& stream, RecordType type) {
  const Record record = read_record(stream, sizeof(T));
  if (record.type == RecordType::refusal) throw_refused_by_peer(record.body);
  if (record.type != type || record.body.size() != sizeof(T)) {
    throw SdkError(ErrorCode::malformed, "channel: not what has to come in this place");
  }
  return *read_at<T>(record.body, 0);
}

template <class... Parts>
Digest256 hash_of(std::string_view purpose, const Parts&... parts) {
  Hash<Digest256> hash;
  // The purposes differ in their first letter and the parts have fixed lengths: no two inputs are the same.
  hash.add(view_of(purpose));
  (hash.add(as_bytes_of(parts)), ...);
  return hash.finish();
}

ReportData report_data(const Digest256& digest) {
  ReportData data;
  std::ranges::copy(digest.bytes, data.bytes.begin());
  return data;
}

/// Who made `report`, if it says `expected`.
Identity verified(ReportMaker& reports, const Report& report, const Digest256& expected) {
  const VerifiedReport verified = reports.verify(report);
  if (verified.data != report_data(expected)) {
    throw SdkError(ErrorCode::not_authentic, "channel: a genuine report, but of another conversation");
  }
  return verified.identity;
}

struct Keys {
  RecordKeys initiator, responder;
};
Keys keys_for(const AgreementKey& own, ByteView other_public, const Digest256& transcript) {
  const SecretBytes shared = [&] {
    try {
      return own.agree(other_public);
    } catch (const SdkError&) {
      throw SdkError(ErrorCode::malformed, "channel: no key that anything can be agreed with");
    }
  }();
  const auto direction = [&](std::string_view name) {
    return RecordKeys(hkdf_sha256(shared.bytes(), transcript.bytes, name, 32));
  };
  return {direction("sgxx channel 1, from the initiator"), direction("sgxx channel 1, from the responder")};
}

/// The other side's last word: it accepts, or says why not.
void expect_accepted(ByteStream& stream, RecordKeys& in) {
  const RecordKeys::Opened record = in.read(stream);
  if (record.type == RecordType::refusal) throw_refused_by_peer(record.plaintext.bytes());
  if (record.type != RecordType::accepted || !record.plaintext.empty()) {
    throw SdkError(ErrorCode::malformed, "channel: not what has to come in this place");
  }
}

std::array<u8, 1> byte_of(Refusal refusal) { return {static_cast<u8>(refusal)}; }

}  // namespace

Session handshake_as_initiator(ByteStream& stream, const PeerPolicy& policy, ReportMaker& reports) {
  const AgreementKey key = AgreementKey::generate(AgreementGroup::x25519);
  const Hello hello = {Hello::kMagic, array_from<TargetInfo::kSize>(reports.own_target().bytes()),
                       array_from<kPublicSize>(key.public_bytes())};
  write_record(stream, RecordType::hello, as_bytes_of(hello));

  const auto answer = expect<Answer>(stream, RecordType::answer);
  const Report report = Report::from_bytes(answer.report);
  const Identity peer = verified(reports, report, hash_of("responder, sgxx channel 1", hello, answer.public_key));
  if (const auto refusal = policy.judge(peer)) {
    write_record(stream, RecordType::refusal, byte_of(*refusal));
    throw PeerRefused(*refusal, peer);
  }
  const ReportData data = report_data(hash_of("initiator, sgxx channel 1", hello, answer));
  const Proof proof = {array_from<Report::kSize>(reports.create(TargetInfo::of(report), data).bytes())};
  Keys keys = keys_for(key, answer.public_key, hash_of("keys, sgxx channel 1", hello, answer, proof));
  write_record(stream, RecordType::proof, as_bytes_of(proof));
  keys.initiator.write(stream, RecordType::accepted, {});
  expect_accepted(stream, keys.responder);
  return {peer, std::move(keys.initiator), std::move(keys.responder)};
}

Session handshake_as_responder(ByteStream& stream, const PeerPolicy& policy, ReportMaker& reports) {
  const auto hello = expect<Hello>(stream, RecordType::hello);
  if (hello.magic != Hello::kMagic) throw SdkError(ErrorCode::malformed, "channel: not a hello of this version");
  const AgreementKey key = AgreementKey::generate(AgreementGroup::x25519);
  Answer answer{array_from<kPublicSize>(key.public_bytes()), {}};
  const ReportData data = report_data(hash_of("responder, sgxx channel 1", hello, answer.public_key));
  answer.report = array_from<Report::kSize>(reports.create(TargetInfo::from_bytes(hello.target), data).bytes());
  write_record(stream, RecordType::answer, as_bytes_of(answer));

  const auto proof = expect<Proof>(stream, RecordType::proof);
  const Identity peer = verified(reports, Report::from_bytes(proof.report), hash_of("initiator, sgxx channel 1", hello, answer));
  Keys keys = keys_for(key, hello.public_key, hash_of("keys, sgxx channel 1", hello, answer, proof));
  expect_accepted(stream, keys.initiator);
  if (const auto refusal = policy.judge(peer)) {
    keys.responder.write(stream, RecordType::refusal, byte_of(*refusal));
    throw PeerRefused(*refusal, peer);
  }
  keys.responder.write(stream, RecordType::accepted, {});
  return {peer, std::move(keys.responder), std::move(keys.initiator)};
}

}  // namespace sgxx::sdk
