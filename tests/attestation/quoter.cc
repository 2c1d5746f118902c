// SPDX-License-Identifier: Apache-2.0
//
// quoter DIGITS: a quote whose report data is these bytes and zeroes, on standard output; or the name of the error on standard
// error.
#include <sgxx/quote.h>

#include <iostream>
#include <string>

int main(int count, char** arguments) try {
  if (count != 2) return 2;
  std::string digits = arguments[1];
  digits.resize(128, '0');
  const auto data = sgxx::ReportData::from_hex(digits);
  if (!data) return 2;
  const sgxx::QuoteBytes quote = sgxx::create_quote(*data);
  std::cout.write(reinterpret_cast<const char*>(quote.data()), static_cast<std::streamsize>(quote.size()));
} catch (const sgxx::SdkError& error) {
  std::cerr << name_of(error.code()) << '\n';
  return 1;
}
