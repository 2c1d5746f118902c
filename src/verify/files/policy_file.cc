// SPDX-License-Identifier: Apache-2.0
//
// One row for each key, as in image/manifest.cc. A key that nobody knows is refused: a misspelt condition would otherwise be
// none.
#include "verify/files/policy_file.h"

#include <charconv>
#include <filesystem>

#include "base/file.h"
#include "image/manifest_value.h"
#include "verify/hex.h"

namespace sgxx::verify {
namespace {

using image::expected;
using image::Read;

template <std::size_t length>
Read<FixedBytes<length>> read_hex(const toml::node& node) {
  auto text = node.value_exact<std::string_view>();
  auto bytes = text ? from_hex_exactly<length>(*text) : std::nullopt;
  if (!bytes) return expected(std::to_string(2 * length) + " hexadecimal digits", &node);
  return *bytes;
}

/// A number that may have all of its bits, which TOML's integers cannot.
Read<u64> read_bits(const toml::node& node, u64 highest) {
  std::optional<u64> bits;
  if (auto number = node.value_exact<i64>(); number && *number >= 0) bits = static_cast<u64>(*number);
  if (auto text = node.value_exact<std::string_view>(); text && text->starts_with("0x")) {
    u64 value = 0;
    auto [end, error] = std::from_chars(text->data() + 2, text->data() + text->size(), value, 16);
    if (error == std::errc() && end == text->data() + text->size()) bits = value;
  }
  if (!bits || *bits > highest) return expected("a number, or \"0x\" and hexadecimal digits", &node);
  return *bits;
}

template <class T>
Read<Masked<T>> read_masked(const toml::node& node) {
  const auto* table = node.as_table();
  const auto* value = table != nullptr ? table->get("value") : nullptr;
  const auto* mask = table != nullptr ? table->get("mask") : nullptr;
  if (value == nullptr || mask == nullptr || table->size() != 2) return expected("{ value = ..., mask = ... }");
  constexpr u64 kHighest = static_cast<T>(~T{0});
  const u64 value_bits = TRY(read_bits(*value, kHighest));
  const u64 mask_bits = TRY(read_bits(*mask, kHighest));
  if ((value_bits & ~mask_bits) != 0) return expected("no bit of the value outside of the mask");
  return Masked<T>{static_cast<T>(value_bits), static_cast<T>(mask_bits)};
}

/// Calls `read` for each member of a list.
template <class Each>
Read<void> for_each(const toml::node& node, const char* what, Each read) {
  const auto* list = node.as_array();
  if (list == nullptr || list->empty()) return expected(std::string("a list of ") + what);
  for (const auto& item : *list) TRY(read(item));
  return {};
}

template <class Target>
struct Key {
  std::string_view name;
  std::string_view takes;
  std::string_view meaning;
  Read<void> (*read)(const toml::node& node, Target& target);
};

template <auto member, std::size_t length, class Target>
Read<void> set_hex(const toml::node& node, Target& target) {
  target.*member = TRY(read_hex<length>(node));
  return {};
}
template <auto member, class Number, class Target>
Read<void> set_number(const toml::node& node, Target& target) {
  target.*member = static_cast<Number>(TRY(image::read_integer(node, 0, std::numeric_limits<Number>::max())));
  return {};
}
template <auto member, class Number, class Target>
Read<void> set_masked(const toml::node& node, Target& target) {
  target.*member = TRY(read_masked<Number>(node));
  return {};
}
template <auto member, class Target>
Read<void> set_boolean(const toml::node& node, Target& target) {
  target.*member = TRY(image::read_boolean(node));
  return {};
}
template <std::size_t index>
Read<void> set_rtmr(const toml::node& node, DomainRule& rule) {
  rule.rtmr[index] = TRY(read_hex<48>(node));
  return {};
}

const Key<EnclaveRule> kEnclaveKeys[] = {
    {"mrenclave", "64 hexadecimal digits", "The very build (`sgxx measure`).", set_hex<&EnclaveRule::mr_enclave, 32>},
    {"mrsigner", "64 hexadecimal digits", "Whoever has this key; needs `product_id` and `min_version`.",
     set_hex<&EnclaveRule::mr_signer, 32>},
    {"product_id", "integer", "ISVPRODID.", set_number<&EnclaveRule::product_id, u16>},
    {"min_version", "integer", "The lowest ISVSVN.", set_number<&EnclaveRule::min_version, u16>},
    {"family_id", "32 hexadecimal digits", "ISVFAMILYID.", set_hex<&EnclaveRule::family_id, 16>},
    {"extended_product_id", "32 hexadecimal digits", "ISVEXTPRODID.", set_hex<&EnclaveRule::extended_product_id, 16>},
    {"config_id", "128 hexadecimal digits", "CONFIGID, which the host chooses at launch; zero when not given.",
     set_hex<&EnclaveRule::config_id, 64>},
    {"min_config_version", "integer", "The lowest CONFIGSVN; zero, or any beside a given `config_id`, when not given.",
     set_number<&EnclaveRule::min_config_svn, u16>},
    {"any_config", "boolean", "Any CONFIGID and CONFIGSVN: the enclave does not read them.",
     set_boolean<&EnclaveRule::any_config>},
    {"attributes", "{ value, mask }", "Further conditions on ATTRIBUTES.FLAGS.", set_masked<&EnclaveRule::attributes, u64>},
    {"xfrm", "{ value, mask }", "Conditions on ATTRIBUTES.XFRM.", set_masked<&EnclaveRule::xfrm, u64>},
    {"miscselect", "{ value, mask }", "Conditions on MISCSELECT.", set_masked<&EnclaveRule::misc_select, u32>},
};

const Key<DomainRule> kDomainKeys[] = {
    {"mrtd", "96 hexadecimal digits", "The initial contents; required.", set_hex<&DomainRule::mr_td, 48>},
    {"rtmr0", "96 hexadecimal digits", "Run-time measurements, to RTMR3; any value when not given.", set_rtmr<0>},
    {"rtmr1", "96 hexadecimal digits", "", set_rtmr<1>},
    {"rtmr2", "96 hexadecimal digits", "", set_rtmr<2>},
    {"rtmr3", "96 hexadecimal digits", "", set_rtmr<3>},
    {"mrconfigid", "96 hexadecimal digits", "What the host chooses at launch; zero when not given.",
     set_hex<&DomainRule::mr_config_id, 48>},
    {"mrowner", "96 hexadecimal digits", "The same.", set_hex<&DomainRule::mr_owner, 48>},
    {"mrownerconfig", "96 hexadecimal digits", "The same.", set_hex<&DomainRule::mr_owner_config, 48>},
    {"any_config", "boolean", "Any value of these three.", set_boolean<&DomainRule::any_config>},
    {"attributes", "{ value, mask }", "Further conditions on TDATTRIBUTES.", set_masked<&DomainRule::attributes, u64>},
    {"xfam", "{ value, mask }", "Conditions on XFAM.", set_masked<&DomainRule::xfam, u64>},
};

template <class Target>
const Key<Target>* find_key(std::span<const Key<Target>> keys, std::string_view name) {
  for (const auto& key : keys)
    if (key.name == name) return &key;
  return nullptr;
}

template <class Target>
std::string unknown_key(std::span<const Key<Target>> keys, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& key : keys) names.push_back(key.name);
  return image::unknown_name("key", name, names);
}

/// The members of one table. An error tells its key, too, because it may be deep in the file.
template <class Target>
Read<void> read_table(const toml::table& table, std::span<const Key<Target>> keys, Target& target) {
  for (const auto& [written, node] : table) {
    const auto* key = find_key(keys, written.str());
    if (key == nullptr) return Failure{image::Expectation{unknown_key(keys, written.str()), &node}};
    auto outcome = key->read(node, target);
    if (outcome) continue;
    const auto& inner = outcome.error();
    const bool named = inner.text.find(": expected ") != std::string::npos || inner.text.starts_with("unknown ");
    return Failure{image::Expectation{named ? inner.text : std::string(key->name) + ": expected " + inner.text,
                                      inner.culprit != nullptr ? inner.culprit : &node}};
  }
  return {};
}

template <class Rule>
Read<void> read_rules(const toml::node& node, std::span<const Key<Rule>> keys, std::vector<Rule>& rules,
                      bool (*complete)(const Rule&), const char* needs) {
  return for_each(node, "tables", [&](const toml::node& item) -> Read<void> {
    const auto* table = item.as_table();
    if (table == nullptr) return expected("a table", &item);
    TRY(read_table(*table, keys, rules.emplace_back()));
    if (!complete(rules.back())) return expected(needs, &item);
    return {};
  });
}

bool says_whom(const EnclaveRule& rule) { return rule.mr_enclave || (rule.mr_signer && rule.product_id && rule.min_version); }
bool says_whom(const DomainRule& rule) { return rule.mr_td.has_value(); }

/// The policy, and where its files lie.
struct Draft {
  Policy policy;
  std::string folder;
};

Read<void> read_enclaves(const toml::node& node, Draft& draft) {
  return read_rules<EnclaveRule>(node, kEnclaveKeys, draft.policy.enclaves, says_whom,
                                 "mrenclave, or mrsigner with product_id and min_version");
}

Read<void> read_domains(const toml::node& node, Draft& draft) {
  return read_rules<DomainRule>(node, kDomainKeys, draft.policy.domains, says_whom, "mrtd");
}

Read<void> read_accept(const toml::node& node, Draft& draft) {
  return for_each(node, "tokens", [&](const toml::node& item) -> Read<void> {
    auto text = item.value_exact<std::string_view>();
    auto token = text ? accept_named(*text) : std::nullopt;
    if (!token) {
      std::string names;
      for (unsigned i = 0; i <= static_cast<unsigned>(kLastAccept); ++i) {
        names += (i == 0 ? "\"" : ", \"") + std::string(name_of(static_cast<Accept>(i))) + "\"";
      }
      return expected("one of " + names, &item);
    }
    draft.policy.accept.push_back(*token);
    return {};
  });
}

Read<void> read_roots(const toml::node& node, Draft& draft) {
  return for_each(node, "keys or files", [&](const toml::node& item) -> Read<void> {
    auto text = item.value_exact<std::string>();
    if (!text) return expected("\"intel\", 130 hexadecimal digits, or the path of a certificate", &item);
    auto key = from_hex_exactly<65>(*text);
    if (*text == "intel") key = kIntelRootKey;
    if (!key) {
      auto certificate = read_file((std::filesystem::path(draft.folder) / *text).string());
      if (!certificate) return expected("a certificate: " + certificate.error().message(), &item);
      key = root_key_of(*certificate);
    }
    if (!key || (*key)[0] != 4) return expected("a root's certificate, or its key as an uncompressed point on P-256", &item);
    draft.policy.roots.push_back(*key);
    return {};
  });
}

Read<void> read_not_before(const toml::node& node, Draft& draft) {
  auto value = node.value_exact<toml::date_time>();
  if (!value || !value->offset || value->offset->minutes != 0) return expected("a time such as 2026-01-01T00:00:00Z");
  using namespace std::chrono;
  const year_month_day date(year(value->date.year), month(value->date.month), day(value->date.day));
  draft.policy.not_before = sys_days(date) + hours(value->time.hour) + minutes(value->time.minute) + seconds(value->time.second);
  return {};
}

template <auto member, class Number>
Read<void> set_policy_number(const toml::node& node, Draft& draft) {
  draft.policy.*member = static_cast<Number>(TRY(image::read_integer(node, 0, std::numeric_limits<Number>::max())));
  return {};
}

const Key<Draft> kPolicyKeys[] = {
    {"enclave", "list of tables", "The enclaves that are accepted; see below. One rule must fit as a whole.", read_enclaves},
    {"trust_domain", "list of tables", "The TDX trust domains that are accepted; see below.", read_domains},
    {"accept", "list of tokens", "What is accepted beyond the best; see below.", read_accept},
    {"advisories", "list of strings", "Security advisories (`INTEL-SA-...`) that are known and accepted.",
     [](const toml::node& node, Draft& draft) -> Read<void> {
       draft.policy.advisories = TRY(image::read_strings(node));
       return {};
     }},
    {"roots", "list of strings", "Root keys in place of Intel's: paths of certificates, 130 hexadecimal digits, or \"intel\".",
     read_roots},
    {"min_evaluation_number", "integer", "The lowest tcbEvaluationDataNumber of TCB info and QE identity.",
     set_policy_number<&Policy::min_evaluation_number, u32>},
    {"min_root_crl_number", "integer", "The lowest number of the root's revocation list.",
     set_policy_number<&Policy::min_root_crl_number, u64>},
    {"min_pck_crl_number", "integer", "The lowest number of the intermediate's revocation list.",
     set_policy_number<&Policy::min_pck_crl_number, u64>},
    {"platforms", "list of strings", "PPIDs or platform instances (32 hexadecimal digits) of the machines that are accepted.",
     [](const toml::node& node, Draft& draft) -> Read<void> {
       return for_each(node, "strings", [&](const toml::node& item) -> Read<void> {
         draft.policy.platforms.push_back(TRY(read_hex<16>(item)));
         return {};
       });
     }},
    {"not_before", "time", "A time that has certainly passed: a clock that says less is refused.", read_not_before},
};

template <class Target>
std::string table_text(std::span<const Key<Target>> keys) {
  std::string table = "| key | takes | meaning |\n|---|---|---|\n";
  for (const auto& key : keys) {
    table += "| `" + std::string(key.name) + "` | " + std::string(key.takes) + " | " + std::string(key.meaning) + " |\n";
  }
  return table;
}

}  // namespace

Result<Policy> parse_policy(std::string_view text, const std::string& name, const std::string& folder) {
  const toml::table root = TRY(image::parse_toml(text, name));
  Draft draft{{}, folder};
  auto outcome = read_table<Draft>(root, kPolicyKeys, draft);
  if (!outcome) {
    const auto& wrong = outcome.error();
    return bad_input(image::place_text(name, wrong.culprit->source().begin) + image::printable(wrong.text));
  }
  if (draft.policy.enclaves.empty() && draft.policy.domains.empty()) {
    return bad_input(name + ": it names nobody: add [[enclave]] with mrenclave, or with mrsigner, product_id and min_version");
  }
  return std::move(draft.policy);
}

Result<Policy> read_policy(const std::string& path) {
  auto text = TRY(read_file(path));
  return parse_policy(text_of(text), path, std::filesystem::path(path).parent_path().string());
}

std::string policy_key_table() {
  return table_text<Draft>(kPolicyKeys) + "\n`[[enclave]]`\n\n" + table_text<EnclaveRule>(kEnclaveKeys) +
         "\n`[[trust_domain]]`\n\n" + table_text<DomainRule>(kDomainKeys);
}

}  // namespace sgxx::verify
