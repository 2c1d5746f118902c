// SPDX-License-Identifier: Apache-2.0
//
// Reads any bytes as a manifest: accepted with every limit kept, or refused with one line.
#include "fuzz/target.h"
#include "image/manifest.h"

namespace {

using namespace sgxx;

void require(bool promise) {
  if (!promise) std::abort();
}

std::vector<u8> bytes(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  auto manifest = image::parse_manifest({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  if (!manifest.ok()) {
    const auto& message = manifest.error().message();
    require(message.starts_with("fuzz.toml:") && message.find('\n') == std::string::npos && message.size() < 1000);
    return 0;
  }
  for (u64 length : {manifest->heap, manifest->stack, manifest->thread_stack}) {
    require(length != 0 && length % kPageSize == 0 && length <= u64{1} << 36);
  }
  require(manifest->threads >= 1 && manifest->threads <= 4096 && isa::is_legal_xfrm(manifest->xfrm_allowed));
  require(manifest->arguments_from_manifest == !manifest->arguments.empty());
  for (const auto& variable : manifest->environment) {
    require(variable.find('=') != 0 && variable.find('=') != variable.npos && variable.find('\0') == variable.npos);
  }
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  return {bytes("heap = \"256 MiB\"\nthreads = 8\nstack = 65536\nxfrm = [\"avx\"]\nhost = [\"time\"]\ndebug = true\n"),
          bytes("arguments = [\"a\", \"b\"]\nproduct_id = 1\nfamily_id = \"00112233445566778899aabbccddeeff\"\n"
                "rewrite = false\n[environment]\nA = \"b\"\n\"C D\" = '''e\nf'''\n")};
}
