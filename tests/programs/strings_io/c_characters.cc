// SPDX-License-Identifier: Apache-2.0
//
// <cctype>, <cwctype>, <cwchar>, <cuchar>, <cstring>: classification and multibyte text in the C locale.

#include <cctype>
#include <climits>
#include <cstring>
#include <cuchar>
#include <cwchar>
#include <cwctype>
#include <iostream>

#include "check.h"

int main() {
  int letters = 0, spaces = 0, printable = 0;
  for (int c = 0; c < 256; ++c) {
    letters += std::isalpha(c) != 0;
    spaces += std::isspace(c) != 0;
    printable += std::isprint(c) != 0;
  }
  std::cout << letters << ' ' << spaces << ' ' << printable << ' ' << static_cast<char>(std::toupper('q')) << '\n';
  wchar_t wide[32];
  CHECK(std::swprintf(wide, 32, L"%ls-%d", L"wide", 7) == 6 && std::wcscmp(wide, L"wide-7") == 0);
  CHECK(std::wcstol(L"123", nullptr, 10) == 123 && std::iswdigit(L'5') && std::towupper(L'a') == L'A');
  std::mbstate_t state{};
  char16_t unit = 0;
  CHECK(std::mbrtoc16(&unit, "A", 1, &state) == 1 && unit == u'A');
  char bytes[MB_LEN_MAX > 8 ? MB_LEN_MAX : 8];
  CHECK(std::c32rtomb(bytes, U'z', &state) == 1 && bytes[0] == 'z');
  char text[] = "a,b;c";
  int parts = 0;
  for (char* part = std::strtok(text, ",;"); part; part = std::strtok(nullptr, ",;")) ++parts;
  std::cout << parts << ' ' << std::strspn("aabbcc", "ab") << ' ' << std::strstr("haystack", "st") << ' '
            << std::memcmp("a", "b", 1) << ' ' << std::strerror(2) << '\n';
}
