// SPDX-License-Identifier: Apache-2.0
#include "verify/quote.h"

#include <iterator>

namespace sgxx::verify {
namespace {

template <class T = void>
using Read = Result<T, QuoteError>;

Failure<QuoteError> malformed(std::string text) { return {QuoteError{false, std::move(text)}}; }
Failure<QuoteError> unsupported(std::string text) { return {QuoteError{true, std::move(text)}}; }

/// Takes structures from the front of what is left.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  template <Crossable T>
  Read<T> take(const char* what) {
    auto value = read_at<T>(rest_, 0);
    if (!value) return malformed(std::string("ends within the ") + what);
    rest_ = rest_.subspan(sizeof(T));
    return *value;
  }
  Read<ByteView> take_bytes(u64 length, const char* what) {
    auto bytes = slice(rest_, 0, length);
    if (!bytes) return malformed(std::string("ends within the ") + what);
    rest_ = rest_.subspan(length);
    return *bytes;
  }
  Read<> end(const char* what) const {
    if (!rest_.empty()) return malformed(std::to_string(rest_.size()) + " bytes too many behind the " + what);
    return {};
  }
  u64 remaining() const { return rest_.size(); }

 private:
  ByteView rest_;
};

Read<isa::QuoteBodyType> body_type_of(const isa::QuoteHeader& header, Reader& reader) {
  const auto tee = static_cast<isa::TeeType>(header.tee_type);
  if (header.version == 3) {
    if (header.tee_type != 0) return malformed("reserved bytes of the header are not zero");
    return isa::QuoteBodyType::sgx_report;
  }
  if (tee != isa::TeeType::sgx && tee != isa::TeeType::tdx) return unsupported("neither of an SGX enclave nor of a trust domain");
  if (header.version == 4) {
    return tee == isa::TeeType::sgx ? isa::QuoteBodyType::sgx_report : isa::QuoteBodyType::td_report_1_0;
  }
  auto body = TRY(reader.take<isa::QuoteBodyHeader>("body's header"));
  const auto type = static_cast<isa::QuoteBodyType>(u16{body.type});
  u64 size = 0;
  switch (type) {
    case isa::QuoteBodyType::sgx_report: size = sizeof(isa::ReportBody); break;
    case isa::QuoteBodyType::td_report_1_0: size = sizeof(isa::TdReport10); break;
    case isa::QuoteBodyType::td_report_1_5: size = sizeof(isa::TdReport15); break;
    default: return unsupported("body of type " + std::to_string(u16{body.type}));
  }
  if (body.size != size) return malformed("the body's size is not that of its type");
  if ((type == isa::QuoteBodyType::sgx_report) != (tee == isa::TeeType::sgx)) return malformed("header and body disagree");
  return type;
}

Read<> read_body(isa::QuoteBodyType type, Reader& reader, Quote& quote) {
  switch (type) {
    case isa::QuoteBodyType::sgx_report: quote.enclave = TRY(reader.take<isa::ReportBody>("enclave's report")); break;
    case isa::QuoteBodyType::td_report_1_0: quote.domain = TRY(reader.take<isa::TdReport10>("trust domain's report")); break;
    case isa::QuoteBodyType::td_report_1_5:
      quote.domain_15 = TRY(reader.take<isa::TdReport15>("trust domain's report"));
      quote.domain = quote.domain_15->base;
      break;
  }
  return {};
}

/// The quoting enclave's report, its authentication data and, last, certification data of types 1 to 5.
Read<> read_qe(Reader& reader, Quote& quote) {
  quote.qe = TRY(reader.take<isa::QeReportSignature>("quoting enclave's report"));
  const u16 length = TRY(reader.take<u16>("length of the authentication data"));
  quote.authentication_data = TRY(reader.take_bytes(length, "authentication data"));
  auto header = TRY(reader.take<isa::CertificationHeader>("certification data's header"));
  quote.certification_type = header.type;
  if (header.type < 1 || header.type > 5) return unsupported("certification data of type " + std::to_string(u16{header.type}));
  quote.certification = TRY(reader.take_bytes(header.length, "certification data"));
  return reader.end("certification data");
}

Read<> read_signature(Reader& reader, Quote& quote) {
  quote.signature = TRY(reader.take<isa::EcdsaSignature>("signature"));
  quote.attestation_key = TRY(reader.take<isa::EcdsaPublicKey>("attestation key"));
  if (quote.header.version == 3) return read_qe(reader, quote);
  auto header = TRY(reader.take<isa::CertificationHeader>("certification data's header"));
  if (header.type != static_cast<u16>(isa::CertificationType::qe_report)) {
    return unsupported("certification data of type " + std::to_string(u16{header.type}) + " where 6 is due");
  }
  Reader inner(TRY(reader.take_bytes(header.length, "quoting enclave's certification data")));
  TRY(reader.end("signature"));
  return read_qe(inner, quote);
}

}  // namespace

Result<Quote, QuoteError> parse_quote(ByteView bytes) {
  Reader reader(bytes);
  Quote quote{};
  quote.header = TRY(reader.take<isa::QuoteHeader>("header"));
  if (quote.header.version < 3 || quote.header.version > 5) {
    return unsupported("version " + std::to_string(quote.header.version));
  }
  if (quote.header.key_type != isa::kKeyTypeEcdsaP256) {
    return unsupported("attestation key of type " + std::to_string(quote.header.key_type));
  }
  const auto type = TRY(body_type_of(quote.header, reader));
  TRY(read_body(type, reader, quote));
  quote.signed_part = bytes.first(bytes.size() - reader.remaining());
  const u32 length = TRY(reader.take<u32>("signature's length"));
  Reader signature(TRY(reader.take_bytes(length, "signature")));
  TRY(reader.end("signature"));
  TRY(read_signature(signature, quote));
  return quote;
}

std::optional<PlatformHint> platform_hint_of(const Quote& quote) {
  constexpr u64 kPpidLength[] = {0, 16, 256, 384};
  if (quote.certification_type == 0 || quote.certification_type >= std::size(kPpidLength)) return std::nullopt;
  const u64 length = kPpidLength[quote.certification_type];
  const auto ppid = slice(quote.certification, 0, length);
  const auto cpu_svn = read_at<std::array<u8, 16>>(quote.certification, length);
  const auto pce_svn = read_at<u16>(quote.certification, length + offsetof(isa::PlatformTcb, pce_svn));
  const auto pce_id = read_at<u16>(quote.certification, length + offsetof(isa::PlatformTcb, pce_id));
  if (!ppid || !cpu_svn || !pce_svn) return std::nullopt;
  if (quote.certification.size() != length + (pce_id ? sizeof(isa::PlatformTcb) : offsetof(isa::PlatformTcb, pce_id)))
    return std::nullopt;
  return PlatformHint{*ppid, *cpu_svn, *pce_svn, pce_id};
}

}  // namespace sgxx::verify
