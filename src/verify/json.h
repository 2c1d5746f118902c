// SPDX-License-Identifier: Apache-2.0
//
// Signed JSON collateral: the exact bytes of the member that is signed, its signature, and a reader of members that names what is
// wrong.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "isa/quote.h"
#include "sgxx/verify.h"
#include "verify/hex.h"

namespace sgxx::verify {

using Json = nlohmann::json;
template <class T = void>
using JsonRead = Result<T, std::string>;

inline Failure<std::string> json_error(std::string text) { return {std::move(text)}; }

struct SignedJson {
  std::string_view body;  ///< as it stands in the document
  isa::EcdsaSignature signature;
  Json value;  ///< what `body` says: an object
};

/// A document {"MEMBER": {...}, "signature": "128 hexadecimal digits"}, the two in any order and alone.
JsonRead<SignedJson> read_signed_json(ByteView document, std::string_view member);

/// The names of a document's members; nothing when it is no JSON object. To tell documents apart.
std::optional<std::vector<std::string>> member_names(ByteView document);

/// Members of one object. Errors begin with the member's name.
class JsonFields {
 public:
  explicit JsonFields(const Json& object) : object_(object) {}

  bool has(const char* name) const { return object_.is_object() && object_.contains(name); }
  JsonRead<const Json*> any(const char* name) const;
  JsonRead<u64> number(const char* name, u64 highest) const;
  JsonRead<std::string> text(const char* name) const;
  /// "2019-09-05T07:47:08Z".
  JsonRead<Time> time(const char* name) const;
  JsonRead<const Json*> list(const char* name) const;
  template <std::size_t length>
  JsonRead<FixedBytes<length>> hex(const char* name) const {
    auto digits = TRY(text(name));
    auto bytes = from_hex_exactly<length>(digits);
    if (!bytes) return json_error(std::string(name) + " is not " + std::to_string(2 * length) + " hexadecimal digits");
    return *bytes;
  }

 private:
  const Json& object_;
};

}  // namespace sgxx::verify
