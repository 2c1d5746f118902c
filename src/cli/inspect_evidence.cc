// SPDX-License-Identifier: Apache-2.0
#include "cli/inspect_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/hex.h"
#include "cli/verdict_text.h"
#include "image/sigstruct.h"
#include "verify/quote.h"

namespace sgxx::cli {
namespace {

constexpr std::uintmax_t kLargest = 64 * 1024;

std::string row(const char* name, const std::string& value) { return fmt::format("  {:<18}{}\n", name, value); }

bool is_sigstruct(ByteView bytes) {
  constexpr std::array<u8, 8> kHeader = {6, 0, 0, 0, 0xe1, 0, 0, 0};
  return bytes.size() == sizeof(isa::SigStruct) && std::ranges::equal(kHeader, bytes.first(kHeader.size()));
}

bool is_quote(ByteView bytes) {
  auto header = read_at<isa::QuoteHeader>(bytes, 0);
  return header && header->version >= 3 && header->version <= 5 && header->key_type == isa::kKeyTypeEcdsaP256;
}

/// The members of a verdict that say what the quote says, and none that a verifier would have to vouch for.
std::string quote_json(const verify::Verdict& verdict) {
  const auto all = nlohmann::ordered_json::parse(verify::to_json(verdict));
  nlohmann::ordered_json json{{"format", 1}, {"kind", "quote"}};
  for (const char* member :
       {"quote_version", "enclave", "trust_domain", "report_data", "quoting_enclave", "certification", "platform"}) {
    json[member] = all.at(member);
  }
  return json.dump(2) + "\n";
}

std::string quote_text(const verify::Verdict& verdict, const std::string& name) {
  std::string text =
      fmt::format("{}: a quote, version {}; nothing is verified here (sgxx verify)\n\n", name, verdict.quote_version);
  if (verdict.enclave) text += "Enclave\n" + identity_text(*verdict.enclave);
  if (verdict.domain) text += "Trust domain\n" + identity_text(*verdict.domain);
  text += row("report data", hex(verdict.report_data));
  text += "\nQuoting enclave\n" + identity_text(verdict.quoting_enclave) + row("user data", hex(verdict.qe_user_data));
  text += "\nCertification\n" + row("type", fmt::format("{}", verdict.certification.type));
  if (verdict.platform) {
    text += row("PPID", hex(verdict.platform->ppid)) + row("FMSPC", hex(verdict.platform->fmspc));
    text += row("TCB", fmt::format("{}, PCESVN {}", hex(verdict.platform->tcb_components), verdict.platform->pce_svn));
  }
  if (verdict.certification.cpu_svn) text += row("CPUSVN", hex(*verdict.certification.cpu_svn));
  return text;
}

Result<std::string> inspect_quote(ByteView bytes, const std::string& name, Format format) {
  auto quote = verify::parse_quote(bytes);
  if (!quote) return bad_input(fmt::format("{}: it begins like a quote and is none: {}", name, quote.error().text));
  const auto verdict = verify::appraise(bytes, {}, {}, {});
  return format == Format::json ? quote_json(verdict) : quote_text(verdict, name);
}

std::string inspect_report(const isa::Report& report, const std::string& name, Format format) {
  if (format == Format::text) {
    return fmt::format("{}: a report, which only the enclave that it was made for can check\n\nEnclave\n", name) +
           identity_text(verify::identity_of(report.body)) + row("report data", hex(report.body.report_data)) +
           row("key id", hex(report.key_id));
  }
  verify::Verdict verdict;
  verdict.enclave = verify::identity_of(report.body);
  const auto all = nlohmann::ordered_json::parse(verify::to_json(verdict));
  nlohmann::ordered_json json{{"format", 1},
                              {"kind", "report"},
                              {"enclave", all.at("enclave")},
                              {"report_data", hex(report.body.report_data)},
                              {"key_id", hex(report.key_id)}};
  return json.dump(2) + "\n";
}

std::string inspect_sigstruct(const isa::SigStruct& sigstruct, const std::string& name, Format format) {
  const auto signer = image::verify(sigstruct);
  const std::string state = !image::is_signed(sigstruct) ? "unsigned" : signer ? "good" : "wrong";
  const std::string date =
      fmt::format("{:04x}-{:02x}-{:02x}", sigstruct.date >> 16, sigstruct.date >> 8 & 0xff, sigstruct.date & 0xff);
  auto masked = [](u64 value, u64 mask) { return fmt::format("{:#x}, mask {:#x}", value, mask); };
  if (format == Format::text) {
    std::string text = fmt::format("{}: a SIGSTRUCT, dated {}\n", name, date);
    text += row("MRENCLAVE", hex(sigstruct.enclave_hash)) + row("signature", state);
    text += row("MRSIGNER", hex(image::mr_signer_of(sigstruct.modulus)));
    text += row("product", fmt::format("{}, version {}", sigstruct.isv_prod_id, sigstruct.isv_svn));
    text += row("vendor", fmt::format("{:#x}", sigstruct.vendor));
    text += row("attributes", masked(sigstruct.attributes.flags, sigstruct.attribute_mask.flags));
    text += row("XFRM", masked(sigstruct.attributes.xfrm, sigstruct.attribute_mask.xfrm));
    text += row("MISCSELECT", masked(sigstruct.misc_select, sigstruct.misc_mask));
    return text + row("family id", hex(sigstruct.isv_family_id)) + row("ext. product id", hex(sigstruct.isv_ext_prod_id));
  }
  auto bits = [](u64 value) { return fmt::format("{:#018x}", value); };
  nlohmann::ordered_json json{{"format", 1},
                              {"kind", "sigstruct"},
                              {"mrenclave", hex(sigstruct.enclave_hash)},
                              {"signature", state},
                              {"mrsigner", hex(image::mr_signer_of(sigstruct.modulus))},
                              {"product_id", sigstruct.isv_prod_id},
                              {"version", sigstruct.isv_svn},
                              {"date", date},
                              {"vendor", sigstruct.vendor},
                              {"attributes", bits(sigstruct.attributes.flags)},
                              {"attributes_mask", bits(sigstruct.attribute_mask.flags)},
                              {"xfrm", bits(sigstruct.attributes.xfrm)},
                              {"xfrm_mask", bits(sigstruct.attribute_mask.xfrm)},
                              {"miscselect", sigstruct.misc_select},
                              {"miscselect_mask", sigstruct.misc_mask},
                              {"family_id", hex(sigstruct.isv_family_id)},
                              {"extended_product_id", hex(sigstruct.isv_ext_prod_id)}};
  return json.dump(2) + "\n";
}

}  // namespace

Result<std::optional<std::string>> inspect_evidence(const std::string& path, Format format) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kLargest) return std::optional<std::string>();
  const auto bytes = TRY(read_file(path));
  std::optional<std::string> text;
  if (is_sigstruct(bytes)) {
    text = inspect_sigstruct(*read_at<isa::SigStruct>(bytes, 0), path, format);
  } else if (is_quote(bytes)) {
    text = TRY(inspect_quote(bytes, path, format));
  } else if (bytes.size() == sizeof(isa::Report)) {
    text = inspect_report(*read_at<isa::Report>(bytes, 0), path, format);
  }
  return text;
}

}  // namespace sgxx::cli
