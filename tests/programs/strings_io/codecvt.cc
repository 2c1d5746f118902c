// SPDX-License-Identifier: Apache-2.0
//
// <codecvt> and std::wstring_convert convert between UTF-8, UTF-16 and UTF-32 without locale files.
// sgxx-test: flags -Wno-deprecated-declarations

#include <codecvt>
#include <iomanip>
#include <iostream>
#include <locale>
#include <string>

#include "check.h"

int main() {
  std::wstring_convert<std::codecvt_utf8_utf16<char16_t>, char16_t> utf16;
  const std::u16string units = utf16.from_bytes("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80");
  std::cout << units.size() << ' ' << std::hex << static_cast<unsigned>(units[5]) << static_cast<unsigned>(units[6]) << '\n';
  CHECK(utf16.to_bytes(units) == "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80");
  std::wstring_convert<std::codecvt_utf8<char32_t>, char32_t> utf32("error");
  CHECK(utf32.from_bytes("\xF0\x9F\x98\x80") == U"\U0001F600" && utf32.to_bytes(U"\U0001F600").size() == 4);
  try {
    utf16.from_bytes("\xFF");
  } catch (const std::range_error& error) {
    std::cout << "range_error\n";
  }
}
