// SPDX-License-Identifier: Apache-2.0
#include "verify/files/collateral_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "verify/certificate.h"
#include "verify/hex.h"
#include "verify/json.h"

namespace sgxx::verify {
namespace {

constexpr std::string_view kPemBegin = "-----BEGIN ";

bool add_json(Collateral& collateral, Bytes& bytes) {
  auto names = member_names(bytes);
  if (!names) return false;
  auto has = [&](const char* name) { return std::ranges::find(*names, name) != names->end(); };
  if (has("tcbInfo")) {
    collateral.tcb_infos.push_back(std::move(bytes));
  } else if (has("enclaveIdentity")) {
    collateral.qe_identities.push_back(std::move(bytes));
  } else {
    return false;
  }
  return true;
}

bool add_der(Collateral& collateral, Bytes& bytes) {
  if (Certificate::parse(bytes)) {
    collateral.certificates.push_back(std::move(bytes));
  } else if (RevocationList::parse(bytes)) {
    collateral.crls.push_back(std::move(bytes));
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool add_collateral(Collateral& collateral, Bytes bytes) {
  constexpr u8 kSequence = 0x30;
  const auto text = text_of(bytes);
  const auto begin = text.find_first_not_of("\r\n");
  if (begin == text.npos) return false;
  if (text.compare(begin, kPemBegin.size(), kPemBegin) == 0) {
    // A broken block is for the verdict to refuse, not to pass over.
    if (text.compare(begin + kPemBegin.size(), 11, "CERTIFICATE") == 0) return collateral.certificates.push_back(bytes), true;
    if (text.compare(begin + kPemBegin.size(), 8, "X509 CRL") == 0) return collateral.crls.push_back(bytes), true;
    return false;
  }
  if (bytes[0] == '{') return add_json(collateral, bytes);
  if (bytes[0] == kSequence) return add_der(collateral, bytes);
  const auto digits = text.substr(0, text.find_last_not_of("\r\n") + 1);
  auto der = from_hex(digits);
  return der && RevocationList::parse(*der) && (collateral.crls.push_back(std::move(*der)), true);
}

Result<void> read_collateral(const std::string& path, Collateral& collateral, std::vector<std::string>& passed_over) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> files;
  if (fs::is_directory(path, error)) {
    for (const auto& entry : fs::directory_iterator(path, error)) {
      if (entry.is_regular_file(error)) files.push_back(entry.path().string());
    }
    if (error) return bad_input(path + ": cannot read: " + error.message());
    std::ranges::sort(files);
  } else {
    files.push_back(path);
  }
  for (const auto& file : files) {
    if (!add_collateral(collateral, TRY(read_file(file)))) passed_over.push_back(file);
  }
  return {};
}

}  // namespace sgxx::verify
