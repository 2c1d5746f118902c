// SPDX-License-Identifier: Apache-2.0
//
// Written by hand and not by a JSON library: the order of members and every byte is what is signed. Statuses, advisories and ids
// are put between quotes as they are.
#include "device/soft/pki/collateral.h"

#include <ctime>

namespace sgxx::device::soft {
namespace {

std::string hex(ByteView bytes, const char* digits) {
  std::string text;
  for (const u8 byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}
std::string upper(ByteView bytes) { return hex(bytes, "0123456789ABCDEF"); }

std::string member(const char* name, const std::string& value) { return std::string("\"") + name + "\":" + value; }
std::string quoted(const std::string& text) { return "\"" + text + "\""; }
std::string text_member(const char* name, const std::string& value) { return member(name, quoted(value)); }
std::string number_member(const char* name, i64 value) { return member(name, std::to_string(value)); }

std::string time_member(const char* name, UnixTime seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&time, &parts) != nullptr) std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text_member(name, text.data());
}

template <class Range, class Function>
std::string joined(const Range& range, Function function) {
  std::string all;
  for (const auto& item : range) all += (all.empty() ? "" : ",") + function(item);
  return all;
}

std::string advisories_member(const std::vector<std::string>& advisories) {
  if (advisories.empty()) return {};
  return "," + member("advisoryIDs", "[" + joined(advisories, quoted) + "]");
}

std::string components_v2(const std::array<u8, 16>& components) {
  int number = 0;
  return joined(components, [&number](u8 svn) {
    ++number;
    const std::string digits = (number < 10 ? "0" : "") + std::to_string(number);
    return number_member(("sgxtcbcomp" + digits + "svn").c_str(), svn);
  });
}

std::string components_v3(const std::array<u8, 16>& components) {
  return member("sgxtcbcomponents", "[" + joined(components, [](u8 svn) { return "{" + number_member("svn", svn) + "}"; }) + "]");
}

std::string level(const TcbLevel& tcb, int version) {
  const std::string components = version < 3 ? components_v2(tcb.components) : components_v3(tcb.components);
  return "{" + member("tcb", "{" + components + "," + number_member("pcesvn", tcb.pce_svn) + "}") + "," +
         time_member("tcbDate", tcb.date) + "," + text_member("tcbStatus", tcb.status) + advisories_member(tcb.advisories) + "}";
}

std::string level(const QeTcbLevel& tcb) {
  return "{" + member("tcb", "{" + number_member("isvsvn", tcb.isv_svn) + "}") + "," + time_member("tcbDate", tcb.date) + "," +
         text_member("tcbStatus", tcb.status) + advisories_member(tcb.advisories) + "}";
}

}  // namespace

std::string tcb_info_body(const TcbInfoKnobs& knobs) {
  const std::string id = knobs.version < 3 ? "" : text_member("id", "SGX") + ",";
  const auto one = [&knobs](const TcbLevel& tcb) { return level(tcb, knobs.version); };
  return "{" + id + number_member("version", knobs.version) + "," + time_member("issueDate", knobs.issue_date) + "," +
         time_member("nextUpdate", knobs.next_update) + "," + text_member("fmspc", upper(knobs.fmspc)) + "," +
         text_member("pceId", upper(knobs.pce_id)) + "," + number_member("tcbType", knobs.tcb_type) + "," +
         number_member("tcbEvaluationDataNumber", knobs.evaluation_data_number) + "," +
         member("tcbLevels", "[" + joined(knobs.levels, one) + "]") + "}";
}

std::string qe_identity_body(const QeIdentityKnobs& knobs) {
  const auto one = [](const QeTcbLevel& tcb) { return level(tcb); };
  // As Intel's: no bit outside of the mask, because verifiers compare with what the mask leaves of the report.
  const isa::Attributes attributes{knobs.attributes.flags & knobs.attribute_mask.flags,
                                   knobs.attributes.xfrm & knobs.attribute_mask.xfrm};
  return "{" + text_member("id", knobs.id) + "," + number_member("version", knobs.version) + "," +
         time_member("issueDate", knobs.issue_date) + "," + time_member("nextUpdate", knobs.next_update) + "," +
         number_member("tcbEvaluationDataNumber", knobs.evaluation_data_number) + "," +
         text_member("miscselect", upper(as_bytes_of(knobs.misc_select & knobs.misc_mask))) + "," +
         text_member("miscselectMask", upper(as_bytes_of(knobs.misc_mask))) + "," +
         text_member("attributes", upper(as_bytes_of(attributes))) + "," +
         text_member("attributesMask", upper(as_bytes_of(knobs.attribute_mask))) + "," +
         text_member("mrsigner", upper(knobs.mr_signer)) + "," + number_member("isvprodid", knobs.isv_prod_id) + "," +
         member("tcbLevels", "[" + joined(knobs.levels, one) + "]") + "}";
}

std::string signed_json(const std::string& name, const std::string& body, const EcKey& key) {
  const isa::EcdsaSignature signature = key.sign({reinterpret_cast<const u8*>(body.data()), body.size()});
  return "{" + member(name.c_str(), body) + "," + text_member("signature", hex(signature, "0123456789abcdef")) + "}";
}

}  // namespace sgxx::device::soft
