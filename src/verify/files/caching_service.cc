// SPDX-License-Identifier: Apache-2.0
#include "verify/files/caching_service.h"

#include <algorithm>

#include "verify/hex.h"
#include "verify/quote.h"
#include "verify/sgx_extension.h"
#include "verify/store.h"

namespace sgxx::verify {
namespace {

/// "%2B" and the like, as headers hold certificates.
std::optional<Bytes> percent_decoded(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes.push_back(static_cast<u8>(text[i]));
      continue;
    }
    auto byte = i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (!byte) return std::nullopt;
    bytes.push_back((*byte)[0]);
    i += 2;
  }
  return bytes;
}

class Service {
 public:
  Service(std::string base, const HttpOptions& options, Collateral& collateral)
      : base_(std::move(base)), options_(options), collateral_(collateral) {
    while (base_.ends_with('/')) base_.pop_back();
    for (const char* version : {"v3", "v4"}) {
      const auto suffix = std::string("/sgx/certification/") + version;
      if (!base_.ends_with(suffix)) continue;
      base_.resize(base_.size() - suffix.size());
      version_ = version;
    }
  }

  /// The body of what lies at /KIND/certification/VERSION/PATH. The certificates that a header brings are collateral, too.
  Result<Bytes> get(const char* kind, const std::string& path) {
    const auto url = base_ + "/" + kind + "/certification/" + version_ + "/" + path;
    auto answer = TRY(http_get(url, options_));
    constexpr int kOk = 200;
    if (answer.status != kOk) return unsupported(url + ": status " + std::to_string(answer.status));
    for (const auto& header : answer.headers) {
      if (!header.name.ends_with("issuer-chain")) continue;
      auto chain = percent_decoded(header.value);
      if (!chain) return bad_input(url + ": the issuers' certificates cannot be read");
      collateral_.certificates.push_back(std::move(*chain));
    }
    return std::move(answer.body);
  }

 private:
  std::string base_, version_ = "v4";
  const HttpOptions& options_;
  Collateral& collateral_;
};

/// The PCK certificate that certification data of types 1 to 3 point to.
Result<Bytes> fetch_pck(Service& service, const Quote& quote) {
  auto hint = platform_hint_of(quote);
  if (!hint) return bad_input("the quote does not say which platform it is from");
  const ByteView qe_id = ByteView(quote.header.user_data).first(16);
  const u16 pce_id = hint->pce_id.value_or(0);  // the only one there is
  return service.get("sgx", "pckcert?qeid=" + to_hex(qe_id) + "&encrypted_ppid=" + to_hex(hint->ppid) +
                                "&cpusvn=" + to_hex(hint->cpu_svn) + "&pcesvn=" + to_hex(as_bytes_of(hint->pce_svn)) +
                                "&pceid=" + to_hex(as_bytes_of(pce_id)));
}

}  // namespace

Result<void> fetch_collateral(const std::string& service_url, ByteView bytes, const HttpOptions& options,
                              Collateral& collateral) {
  auto quote = parse_quote(bytes);
  if (!quote) return bad_input("the quote cannot be read: " + quote.error().text);
  Service service(service_url, options, collateral);
  Bytes chain(quote->certification.begin(), quote->certification.end());
  if (quote->certification_type <= static_cast<u16>(isa::CertificationType::ppid_rsa_3072)) {
    chain = TRY(fetch_pck(service, *quote));
    collateral.certificates.push_back(chain);
  }
  std::vector<Refusal> refusals;
  const auto certificates = read_certificates(chain, "", {}, refusals);
  const auto pck = std::ranges::find_if(certificates, [](const Certificate& other) { return other.sgx_extension().has_value(); });
  if (pck == certificates.end()) return bad_input("the platform's PCK certificate is missing");
  auto platform = read_sgx_extension(*pck->sgx_extension());
  if (!platform) return bad_input("the PCK certificate's SGX extension: " + platform.error());

  const char* kind = quote->domain ? "tdx" : "sgx";
  const char* authority = pck->issuer_name().ends_with(isa::certificate_name::platform_ca) ? "platform" : "processor";
  collateral.tcb_infos.push_back(TRY(service.get(kind, "tcb?fmspc=" + to_hex(platform->fmspc))));
  collateral.qe_identities.push_back(TRY(service.get(kind, "qe/identity")));
  collateral.crls.push_back(TRY(service.get("sgx", std::string("pckcrl?ca=") + authority + "&encoding=der")));
  collateral.crls.push_back(TRY(service.get("sgx", "rootcacrl")));
  return {};
}

}  // namespace sgxx::verify
