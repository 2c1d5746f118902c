// SPDX-License-Identifier: Apache-2.0
#include "image/sigstruct.h"

#include <openssl/bn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "image/measurement.h"

namespace sgxx::image {
namespace {

constexpr std::array<u8, 16> kHeader = {6, 0, 0, 0, 0xE1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
constexpr std::array<u8, 16> kHeader2 = {1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0};
constexpr u32 kIntelVendor = 0x8086;
constexpr u32 kExponent = 3;

template <size_t N>
bool all_zero(const std::array<u8, N>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](u8 byte) { return byte == 0; });
}

Failure<Error> refuse(isa::SgxError code, const std::string& why) {
  return refused(static_cast<unsigned>(code), std::string(isa::name_of(code)) + ": " + why);
}

void must(bool done) {
  if (!done) std::abort();
}

// A non-negative integer of any size. Arithmetic fails only when memory has run out.
class Integer {
 public:
  Integer() : number_(BN_new()) { must(number_ != nullptr); }
  explicit Integer(const isa::Rsa3072& little_endian)
      : number_(BN_lebin2bn(little_endian.data(), static_cast<int>(little_endian.size()), nullptr)) {
    must(number_ != nullptr);
  }

  /// Nothing when it needs more than 384 bytes.
  std::optional<isa::Rsa3072> bytes() const {
    isa::Rsa3072 bytes;
    if (BN_bn2lebinpad(get(), bytes.data(), static_cast<int>(bytes.size())) < 0) return std::nullopt;
    return bytes;
  }
  bool is_zero() const { return BN_is_zero(get()) != 0; }
  BIGNUM* get() const { return number_.get(); }

  friend bool operator<(const Integer& a, const Integer& b) { return BN_cmp(a.get(), b.get()) < 0; }
  friend bool operator==(const Integer& a, const Integer& b) { return BN_cmp(a.get(), b.get()) == 0; }

 private:
  struct Deleter {
    void operator()(BIGNUM* number) const { BN_free(number); }
  };
  std::unique_ptr<BIGNUM, Deleter> number_;
};

struct ContextDeleter {
  void operator()(BN_CTX* context) const { BN_CTX_free(context); }
};
using Context = std::unique_ptr<BN_CTX, ContextDeleter>;

// a * b = quotient * n + remainder. n is not zero.
struct Division {
  Integer quotient;
  Integer remainder;
};
Division multiply_then_divide(const Integer& a, const Integer& b, const Integer& n, BN_CTX* context) {
  Integer product;
  Division result;
  must(BN_mul(product.get(), a.get(), b.get(), context) == 1);
  must(BN_div(result.quotient.get(), result.remainder.get(), product.get(), n.get(), context) == 1);
  return result;
}

// What a valid signature's cube is: EMSA-PKCS1-v1_5 of SHA-256 (RFC 8017, 9.2), little-endian.
isa::Rsa3072 padded_digest(const isa::Hash256& digest) {
  constexpr std::array<u8, 19> kDigestInfo = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                              0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
  isa::Rsa3072 message;
  message.fill(0xff);
  message[0] = 0;
  message[1] = 1;
  const size_t tail = message.size() - digest.size() - kDigestInfo.size();
  message[tail - 1] = 0;
  std::memcpy(&message[tail], kDigestInfo.data(), kDigestInfo.size());
  std::memcpy(&message[tail + kDigestInfo.size()], digest.data(), digest.size());
  std::reverse(message.begin(), message.end());
  return message;
}

Result<void> check_fixed_fields(const isa::SigStruct& s) {
  const auto wrong = [](const char* field) {
    return refuse(isa::SgxError::invalid_sig_struct, std::string("SIGSTRUCT.") + field);
  };
  if (s.header != kHeader) return wrong("HEADER is not the constant that it must be");
  if (s.vendor != 0 && s.vendor != kIntelVendor) return wrong("VENDOR is neither 0 nor 0x8086");
  if (s.header2 != kHeader2) return wrong("HEADER2 is not the constant that it must be");
  if (s.exponent != kExponent) return wrong("EXPONENT is not 3");
  if (!all_zero(s.reserved1) || !all_zero(s.reserved2) || !all_zero(s.reserved3) || !all_zero(s.reserved4)) {
    return wrong("RESERVED bytes are not zero");
  }
  return {};
}

Result<isa::SigStruct> complete(isa::SigStruct sigstruct, const isa::Rsa3072& modulus, const isa::Rsa3072& signature) {
  const Quotients q = TRY(quotients(signature, modulus));
  sigstruct.modulus = modulus;
  sigstruct.exponent = kExponent;
  sigstruct.signature = signature;
  sigstruct.q1 = q.q1;
  sigstruct.q2 = q.q2;
  TRY(verify(sigstruct));
  return sigstruct;
}

constexpr u32 bcd(u32 value, unsigned digits) {
  u32 result = 0;
  for (unsigned i = 0; i < digits; ++i, value /= 10) result |= value % 10 << 4 * i;
  return result;
}

// Days since 1970-01-01 to a date of the Gregorian calendar (years 1970 to 9999).
u32 bcd_date_of_day(u64 day) {
  const auto is_leap = [](u64 y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; };
  u64 year = 1970;
  for (; day >= (is_leap(year) ? 366u : 365u); ++year) day -= is_leap(year) ? 366 : 365;
  const std::array<u64, 12> lengths = {31, is_leap(year) ? 29u : 28u, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  u32 month = 0;
  for (; day >= lengths[month]; ++month) day -= lengths[month];
  return bcd(static_cast<u32>(year), 4) << 16 | bcd(month + 1, 2) << 8 | bcd(static_cast<u32>(day) + 1, 2);
}

std::optional<u64> parse_digits(std::string_view text) {
  if (text.empty() || text.size() > 12) return std::nullopt;
  u64 value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<u64>(c - '0');
  }
  return value;
}

}  // namespace

Result<isa::SigStruct> unsigned_sigstruct(const SigStructOptions& options) {
  if (!options.kss && (!all_zero(options.isv_family_id) || !all_zero(options.isv_ext_prod_id))) {
    return bad_input("a family id or extended product id needs key separation and sharing (kss) to be on");
  }
  isa::SigStruct s{};
  s.header = kHeader;
  s.header2 = kHeader2;
  s.exponent = kExponent;
  s.date = options.date;
  s.misc_select = options.misc_select;
  s.misc_mask = ~u32{0};
  s.isv_family_id = options.isv_family_id;
  s.isv_ext_prod_id = options.isv_ext_prod_id;
  s.attributes.flags = isa::attribute::mode64;
  if (options.debug) s.attributes.flags |= isa::attribute::debug;
  if (options.kss) s.attributes.flags |= isa::attribute::kss;
  s.attributes.xfrm = isa::xfrm::legacy;
  s.attribute_mask.flags = ~u64{0};
  s.attribute_mask.xfrm = ~(options.xfrm_allowed & ~isa::xfrm::legacy);
  s.enclave_hash = options.enclave_hash;
  s.isv_prod_id = options.isv_prod_id;
  s.isv_svn = options.isv_svn;
  return s;
}

bool is_signed(const isa::SigStruct& sigstruct) { return !all_zero(sigstruct.modulus); }

SignedBytes signed_bytes_of(const isa::SigStruct& sigstruct) {
  constexpr size_t kFirst = offsetof(isa::SigStruct, modulus);
  constexpr size_t kSecond = offsetof(isa::SigStruct, misc_select);
  const ByteView bytes = as_bytes_of(sigstruct);
  SignedBytes covered;
  std::copy_n(bytes.begin(), kFirst, covered.begin());
  std::copy_n(bytes.begin() + kSecond, covered.size() - kFirst, covered.begin() + kFirst);
  return covered;
}

Result<isa::SigStruct> sign(isa::SigStruct sigstruct, const SigningKey& key) {
  sigstruct.exponent = kExponent;
  return complete(sigstruct, key.modulus(), key.sign(signed_bytes_of(sigstruct)));
}

Result<isa::SigStruct> attach_signature(isa::SigStruct sigstruct, const isa::Rsa3072& modulus, ByteView signature) {
  isa::Rsa3072 little_endian;
  if (signature.size() != little_endian.size()) {
    return bad_input("the signature has " + std::to_string(signature.size()) + " bytes; an RSA-3072 signature has 384");
  }
  std::reverse_copy(signature.begin(), signature.end(), little_endian.begin());
  auto attached = complete(sigstruct, modulus, little_endian);
  if (!attached && attached.error().code() == static_cast<unsigned>(isa::SgxError::invalid_signature)) {
    return bad_input(
        "the signature does not belong to this image and key; sign the exported bytes with RSA PKCS#1 v1.5 and SHA-256");
  }
  return attached;
}

Result<isa::Hash256> verify(const isa::SigStruct& s) {
  TRY(check_fixed_fields(s));
  const auto wrong = [](const char* what) { return refuse(isa::SgxError::invalid_signature, what); };
  const Integer modulus(s.modulus);
  const Integer signature(s.signature);
  if (!(signature < modulus)) return wrong("the signature is not below the modulus");
  const Context context(BN_CTX_new());
  must(context != nullptr);
  const Division square = multiply_then_divide(signature, signature, modulus, context.get());
  if (!(square.quotient == Integer(s.q1))) return wrong("Q1 does not belong to the signature");
  const Division cube = multiply_then_divide(square.remainder, signature, modulus, context.get());
  if (!(cube.quotient == Integer(s.q2))) return wrong("Q2 does not belong to the signature");
  if (!(cube.remainder == Integer(padded_digest(sha256(signed_bytes_of(s)))))) return wrong("the signature does not verify");
  return mr_signer_of(s.modulus);
}

Result<void> check_enclave(const isa::SigStruct& s, const isa::Hash256& mr_enclave, const isa::Attributes& attributes,
                           u32 misc_select) {
  if (s.enclave_hash != mr_enclave) {
    return refuse(isa::SgxError::invalid_measurement, "the enclave is not the one that was signed");
  }
  const bool flags_match = ((attributes.flags ^ s.attributes.flags) & s.attribute_mask.flags & ~isa::attribute::init) == 0;
  const bool xfrm_matches = ((attributes.xfrm ^ s.attributes.xfrm) & s.attribute_mask.xfrm) == 0;
  if (!flags_match || !xfrm_matches) {
    return refuse(isa::SgxError::invalid_attribute, "the enclave's attributes are not those that were signed");
  }
  if (((misc_select ^ s.misc_select) & s.misc_mask) != 0) {
    return refuse(isa::SgxError::invalid_attribute, "the enclave's MISCSELECT is not the one that was signed");
  }
  return {};
}

Result<Quotients> quotients(const isa::Rsa3072& signature, const isa::Rsa3072& modulus) {
  const Integer s(signature);
  const Integer n(modulus);
  if (!(s < n)) return refuse(isa::SgxError::invalid_signature, "the signature is not below the modulus");
  const Context context(BN_CTX_new());
  must(context != nullptr);
  const Division square = multiply_then_divide(s, s, n, context.get());
  const Division cube = multiply_then_divide(square.remainder, s, n, context.get());
  // Both are below n, because s and the remainder are.
  return Quotients{*square.quotient.bytes(), *cube.quotient.bytes()};
}

Result<isa::SigStruct> read_sigstruct(ByteView bytes) {
  if (bytes.size() != sizeof(isa::SigStruct)) {
    return bad_input("a SIGSTRUCT has 1808 bytes, this has " + std::to_string(bytes.size()));
  }
  return *read_at<isa::SigStruct>(bytes, 0);
}

Result<u32> parse_date(std::string_view text) {
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-';
  const auto year = shaped ? parse_digits(text.substr(0, 4)) : std::nullopt;
  const auto month = shaped ? parse_digits(text.substr(5, 2)) : std::nullopt;
  const auto day = shaped ? parse_digits(text.substr(8, 2)) : std::nullopt;
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) {
    return bad_input("not a date: \"" + std::string(text.substr(0, 40)) + "\"; expected YYYY-MM-DD");
  }
  return bcd(static_cast<u32>(*year), 4) << 16 | bcd(static_cast<u32>(*month), 2) << 8 | bcd(static_cast<u32>(*day), 2);
}

Result<u32> default_date(std::optional<std::string_view> source_date_epoch) {
  if (!source_date_epoch) return bcd_date_of_day(0);
  constexpr u64 kSecondsPerDay = 86400;
  constexpr u64 kLastSecond = 253402300799;  // of the year 9999
  const auto seconds = parse_digits(*source_date_epoch);
  if (!seconds || *seconds > kLastSecond) {
    return bad_input("SOURCE_DATE_EPOCH is not a number of seconds since 1970: \"" +
                     std::string(source_date_epoch->substr(0, 40)) + "\"");
  }
  return bcd_date_of_day(*seconds / kSecondsPerDay);
}

}  // namespace sgxx::image
