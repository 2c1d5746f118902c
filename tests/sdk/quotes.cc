// SPDX-License-Identifier: Apache-2.0
//
// A program gets a quote that says what it wanted to be said. The quoting enclave refuses a report that was changed, made for
// somebody else, or is none; what the host is asked for is bounded by the room that there is.
// sgxx-test: enclave-stdout a quote, version 3, of this enclave and this data, with a chain of 3 certificates
// sgxx-test: enclave-stdout the same again: another signature, the same key
// sgxx-test: enclave-stdout 36 changed reports, 0 quoted
// sgxx-test: enclave-stdout for oneself: 22
// sgxx-test: enclave-stdout room 100: 34, none: 34, unmapped: 14 14 14
#include <sgxx/quote.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "outside.h"

namespace {

constexpr long kQuoteTarget = 0x53475b, kQuote = kQuoteTarget + 1;
constexpr std::size_t kBody = 48, kBodySize = 384, kKey = 500;

template <class... Arguments>
long call(long number, Arguments... arguments) {
  const long result = syscall(number, arguments...);
  return result < 0 ? errno : result;
}

sgxx::TargetInfo quoting_enclave() {
  std::array<std::uint8_t, sgxx::TargetInfo::kSize> target{};
  CHECK(call(kQuoteTarget, target.data()) == 0);
  return sgxx::TargetInfo::from_bytes(target);
}

long quote_of(sgxx::ByteView report) {
  static std::uint8_t room[65536];
  return call(kQuote, report.data(), room, sizeof room);
}

int certificates_in(const sgxx::QuoteBytes& quote) {
  const std::string text(quote.begin(), quote.end());
  int count = 0;
  for (std::size_t at = 0; (at = text.find("-----BEGIN CERTIFICATE-----", at)) != std::string::npos; ++at) ++count;
  return count;
}

void look_at_one() {
  sgxx::ReportData data;
  std::ranges::fill(data.bytes, std::uint8_t{0xd4});
  const sgxx::QuoteBytes quote = sgxx::create_quote(data);
  const sgxx::Report own = sgxx::create_report(quoting_enclave(), data);
  CHECK(quote.size() > kBody + kBodySize &&
        std::equal(own.bytes().begin(), own.bytes().begin() + kBodySize, quote.begin() + kBody));
  std::printf("a quote, version %d, of this enclave and this data, with a chain of %d certificates\n", quote[0] | quote[1] << 8,
              certificates_in(quote));

  const sgxx::QuoteBytes again = sgxx::create_quote(data);
  const bool same_signature = std::equal(quote.begin() + 436, quote.begin() + 500, again.begin() + 436);
  const bool same_key = std::equal(quote.begin() + kKey, quote.begin() + kKey + 64, again.begin() + kKey);
  std::printf("the same again: %s signature, %s key\n", same_signature ? "the same" : "another",
              same_key ? "the same" : "another");
}

void forge() {
  const sgxx::Report report = sgxx::create_report(quoting_enclave());
  CHECK(quote_of(report.bytes()) > 1000);
  int changed = 0, quoted = 0;
  for (std::size_t place = 0; place < report.bytes().size(); place += 12) {
    std::vector<std::uint8_t> forged(report.bytes().begin(), report.bytes().end());
    forged[place] ^= 1;
    ++changed;
    quoted += quote_of(forged) != EINVAL;
  }
  std::printf("%d changed reports, %d quoted\n", changed, quoted);
  std::printf("for oneself: %ld\n", quote_of(sgxx::create_report(sgxx::TargetInfo::own()).bytes()));
}

void ask_wrongly() {
  const sgxx::Report report = sgxx::create_report(quoting_enclave());
  std::uint8_t room[100];
  auto* page = static_cast<std::uint8_t*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  munmap(page + 4096, 4096);
  std::uint8_t* const edge = page + 4096;
  std::printf("room 100: %ld, none: %ld, unmapped: %ld %ld %ld\n", call(kQuote, report.bytes().data(), room, sizeof room),
              call(kQuote, report.bytes().data(), room, 0ul), call(kQuoteTarget, edge - 511),
              call(kQuote, edge - 431, room, sizeof room), call(kQuote, report.bytes().data(), edge - 1, 65536ul));
}

void test() {
  look_at_one();
  forge();
  ask_wrongly();
}

}  // namespace

int main() { return sgxx_test::run(test); }
