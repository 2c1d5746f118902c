// SPDX-License-Identifier: Apache-2.0
//
// The image file `app.sgx`: everything that running an enclave needs, in one file.
//
//   SGX stream | SIGSTRCT record | SGXXNOTE record | SGXXEND record
//
// The trailing records look like those of the stream: 64 bytes, of which the first eight are a tag, then the payload.
//   SIGSTRCT: u64 1808, zeroes; the SIGSTRUCT's 1808 bytes. While the image is unsigned its modulus is zero, and the rest says
//             what is to be signed.
//   SGXXNOTE: u64 length, zeroes; that many bytes of JSON. Absent when there is nothing to note. Nobody signed it: advice only.
//   SGXXEND:  u64 length of the stream, u64 length of the file, zeroes. The last 64 bytes of every image file.
// Whoever wants the plain stream takes the first `length of the stream` bytes (`sgxx pack --split` does). A plain stream without
// the trailing records is read as an image without signature.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "isa/sgx.h"

namespace sgxx::image {

/// Parts of an image file's bytes, which must outlive it.
struct ImageView {
  ByteView stream;                          ///< not looked into yet: visit_stream does that
  std::optional<isa::SigStruct> sigstruct;  ///< not verified, perhaps not signed
  std::string_view notes;                   ///< JSON or empty; not looked into
};

/// True when `bytes` begin as an SGX stream does: an image rather than a program.
bool is_image(ByteView bytes);

Result<ImageView> read_image(ByteView bytes);

/// The SIGSTRUCT of a signed image, or an error that says how to get one.
Result<isa::SigStruct> require_signature(const ImageView& image);

std::vector<u8> write_image(ByteView stream, const std::optional<isa::SigStruct>& sigstruct, std::string_view notes);

}  // namespace sgxx::image
