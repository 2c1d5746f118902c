// SPDX-License-Identifier: Apache-2.0
#include "image/data.h"

#include <algorithm>
#include <cstring>

#include "image/blob.h"
#include "image/enclave_pages.h"

namespace sgxx::image {
namespace {

// The bytes of the part that begins at `region`, without the padding of its last page; none for an empty region.
Result<std::vector<u8>> take_data(EnclavePages& pages, const abi::Region& region, u64 length) {
  if (region.length == 0) return std::vector<u8>();
  const auto part = std::find_if(pages.parts.begin(), pages.parts.end(), [&](const EnclavePages::Part& p) {
    return p.range == OffsetRange{EnclaveOffset(region.offset), region.length} && p.contents != Contents::zeroes;
  });
  if (part == pages.parts.end() || length > region.length) {
    return bad_input("the image's data is not where its configuration says; build it again");
  }
  std::vector<u8> bytes = std::move(part->bytes);
  bytes.resize(length);
  pages.parts.erase(part);
  return bytes;
}

void put_data(EnclavePages& pages, const abi::Region& region, std::vector<u8> bytes, Contents contents) {
  if (region.length == 0) return;
  bytes.resize(region.length);
  pages.parts.push_back(
      {{EnclaveOffset(region.offset), region.length}, isa::SecInfo::reg(Permission::r()), contents, std::move(bytes)});
}

u64 length_of_blob(const abi::EnclaveConfig& config) {
  return config.measured_data_length != 0
             ? config.measured_data + config.measured_data_length
             : std::max({config.environment + config.environment_length, config.arguments + config.arguments_length,
                         config.mounts + config.mounts_length});
}

bool blob_is_sound(const abi::EnclaveConfig& c) {
  const u64 length = c.blob.length;
  return fits(c.environment, c.environment_length, length) && fits(c.arguments, c.arguments_length, length) &&
         fits(c.mounts, c.mounts_length, length) && fits(c.measured_data, c.measured_data_length, length) &&
         c.unmeasured_length <= c.unmeasured.length;
}

}  // namespace

Result<Stream> append_data(ByteView stream, const MoreData& more) {
  EnclavePages pages = TRY(read_pages(stream));
  auto config = config_of(pages);
  if (!config || !blob_is_sound(*config)) {
    return bad_input("data can be appended only to an enclave that this version of sgxx built");
  }
  std::vector<u8> blob = TRY(take_data(pages, config->blob, length_of_blob(*config)));
  std::vector<u8> unmeasured = TRY(take_data(pages, config->unmeasured, config->unmeasured_length));
  if (!config_of(pages)) return bad_input("the image's data overlaps its configuration; build it again");
  extend_blob(blob, more.measured, *config);
  unmeasured.insert(unmeasured.end(), more.unmeasured.begin(), more.unmeasured.end());

  const EnclavePages::Part& last = pages.parts.back();
  u64 end = last.range.end().value;
  for (const OffsetRange& range : dynamic_ranges(*config)) end = std::max(end, align_up(range.end().value, kPageSize));
  Layout layout;
  layout.regions.push_back({"enclave", "enclave", {EnclaveOffset(0), end}, last.info, Backing::measured});
  TRY(lay_out_data(layout, blob.size(), unmeasured.size(), *config));

  pages.size = layout.size;
  put_data(pages, config->blob, std::move(blob), Contents::measured);
  put_data(pages, config->unmeasured, std::move(unmeasured), Contents::unmeasured);
  std::memcpy(pages.parts.front().bytes.data(), &*config, sizeof *config);
  return write_pages(pages);
}

}  // namespace sgxx::image
