// SPDX-License-Identifier: Apache-2.0
//
// Reads any bytes as an image file. What has its trailing records is written back to the same bytes.
#include <algorithm>

#include "fuzz/target.h"
#include "image/image_file.h"
#include "image/sgxs.h"

namespace {

using namespace sgxx;
using namespace sgxx::image;

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView bytes(data, size);
  const auto image = read_image(bytes);
  if (!image.ok()) {
    require(!image.error().message().empty() && image.error().message().find('\n') == std::string::npos);
    return 0;
  }
  require(image->stream.data() == data && image->stream.size() <= size);
  if (image->stream.size() < size) {
    const auto again = write_image(image->stream, image->sigstruct, image->notes);
    require(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  }
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  StreamWriter writer(1, 0x100000);
  writer.add_measured(EnclaveOffset(0), std::vector<u8>(kPageSize, 0x90), isa::SecInfo::reg(Permission::rx()));
  const auto stream = std::move(writer).finish().bytes;
  isa::SigStruct sigstruct{};
  sigstruct.modulus[0] = 1;
  return {write_image(stream, sigstruct, "{\"notes\":true}"), write_image(stream, std::nullopt, ""), stream};
}
