// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as JSON collateral, signatures left out: they would keep the reader of what is inside from being reached. And as a
// collection of collateral, of whatever kind.
#include "device/soft/platform_pki.h"
#include "fuzz/target.h"
#include "verify/files/collateral_folder.h"
#include "verify/store.h"

namespace {

using namespace sgxx;
using namespace sgxx::device::soft;

void require(bool promise) {
  if (!promise) std::abort();
}

template <class Content>
void read(ByteView bytes, const char* member, verify::JsonRead<Content> (*read_content)(const verify::Json&)) {
  auto document = verify::read_signed_json(bytes, member);
  if (!document.ok()) return require(!document.error().empty());
  const auto* begin = reinterpret_cast<const char*>(bytes.data());
  require(document->body.data() > begin && document->body.data() + document->body.size() < begin + bytes.size());
  require(document->body.front() == '{' && document->body.back() == '}');
  auto content = read_content(document->value);
  if (!content.ok()) require(!content.error().empty() && content.error().size() < 200);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView bytes(data, size);
  read<verify::TcbInfo>(bytes, "tcbInfo", verify::read_tcb_info);
  read<verify::QeIdentity>(bytes, "enclaveIdentity", verify::read_qe_identity);
  verify::Collateral collateral;
  if (verify::add_collateral(collateral, {bytes.begin(), bytes.end()})) (void)verify::Store(collateral);
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  auto knobs = default_knobs({1});
  knobs.tcb_info.levels[0].advisories = {"INTEL-SA-00334"};
  const auto pki = make_platform_pki({1}, knobs);
  knobs.tcb_info.version = 2;
  const auto older = make_platform_pki({1}, knobs).tcb_info;
  auto bytes = [](const std::string& text) { return std::vector<u8>(text.begin(), text.end()); };
  return {bytes(pki.tcb_info), bytes(older), bytes(pki.qe_identity), bytes(pki.pck_chain())};
}
