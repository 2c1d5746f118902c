// SPDX-License-Identifier: Apache-2.0
#include "image/image_file.h"

#include <cstring>
#include <string>

#include "image/measurement.h"
#include "image/sigstruct.h"

namespace sgxx::image {
namespace {

constexpr u64 kSignatureTag = record_tag("SIGSTRCT");
constexpr u64 kNotesTag = record_tag("SGXXNOTE");
constexpr u64 kEndTag = record_tag("SGXXEND\0");

struct Trailer {
  u64 tag;
  u64 length;
  u64 file_length;  // of the end record only
  std::array<u8, 40> zeroes;
};
static_assert(sizeof(Trailer) == kRecordSize && Crossable<Trailer>);

void append(std::vector<u8>& file, ByteView bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); }

void append_record(std::vector<u8>& file, u64 tag, ByteView payload) {
  append(file, as_bytes_of(Trailer{tag, payload.size(), 0, {}}));
  append(file, payload);
}

std::string_view text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Result<void> read_trailer(ByteView trailer, ImageView& image) {
  u64 position = 0;
  while (position < trailer.size()) {
    const auto record = read_at<Trailer>(trailer, position);
    if (!record) return bad_input("damaged image file: a trailing record is cut short");
    const auto payload = slice(trailer, position + sizeof(Trailer), record->length);
    if (!payload) return bad_input("damaged image file: a trailing record reaches beyond the end");
    if (record->file_length != 0 || record->zeroes != std::array<u8, 40>{}) {
      return bad_input("damaged image file: a trailing record has reserved bytes that are not zero");
    }
    if (record->tag == kSignatureTag && payload->size() == sizeof(isa::SigStruct) && !image.sigstruct && image.notes.empty()) {
      image.sigstruct = read_at<isa::SigStruct>(*payload, 0);
    } else if (record->tag == kNotesTag && !payload->empty() && image.notes.empty()) {
      image.notes = text(*payload);
    } else {
      return bad_input("damaged image file, or one of a newer sgxx: unexpected trailing record");
    }
    position += sizeof(Trailer) + record->length;
  }
  return {};
}

}  // namespace

bool is_image(ByteView bytes) { return read_at<u64>(bytes, 0) == kEcreateTag; }

Result<ImageView> read_image(ByteView bytes) {
  if (!is_image(bytes)) return bad_input("not an enclave image: it does not begin with an SGX stream");
  ImageView image;
  const auto end = bytes.size() < 2 * kRecordSize ? std::nullopt : read_at<Trailer>(bytes, bytes.size() - kRecordSize);
  if (!end || end->tag != kEndTag) {
    image.stream = bytes;
    return image;
  }
  if (end->file_length != bytes.size()) return bad_input("damaged image file: it is shorter or longer than it says");
  if (end->zeroes != std::array<u8, 40>{})
    return bad_input("damaged image file: the end record has reserved bytes that are not zero");
  const u64 before_end = bytes.size() - kRecordSize;
  if (end->length < kRecordSize || end->length > before_end)
    return bad_input("damaged image file: impossible length of the stream");
  image.stream = bytes.first(end->length);
  TRY(read_trailer(bytes.subspan(end->length, before_end - end->length), image));
  return image;
}

Result<isa::SigStruct> require_signature(const ImageView& image) {
  if (!image.sigstruct || !is_signed(*image.sigstruct)) {
    return bad_input("the image has no signature (sign it with `sgxx sign`), or its end was cut off");
  }
  return *image.sigstruct;
}

std::vector<u8> write_image(ByteView stream, const std::optional<isa::SigStruct>& sigstruct, std::string_view notes) {
  std::vector<u8> file;
  file.reserve(stream.size() + notes.size() + sizeof(isa::SigStruct) + 3 * kRecordSize);
  append(file, stream);
  if (sigstruct) append_record(file, kSignatureTag, as_bytes_of(*sigstruct));
  if (!notes.empty()) append_record(file, kNotesTag, {reinterpret_cast<const u8*>(notes.data()), notes.size()});
  append(file, as_bytes_of(Trailer{kEndTag, stream.size(), file.size() + kRecordSize, {}}));
  return file;
}

}  // namespace sgxx::image
