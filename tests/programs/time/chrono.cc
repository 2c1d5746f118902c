// SPDX-License-Identifier: Apache-2.0
//
// <chrono>: durations, calendar, rounding, and conversion of time points, all computed.

#include <chrono>
#include <iostream>

#include "check.h"

int main() {
  using namespace std::chrono;
  using namespace std::chrono_literals;
  std::cout << duration_cast<minutes>(3h + 25min + 59s).count() << ' ' << round<seconds>(1500ms).count() << ' '
            << floor<days>(49h).count() << '\n';
  constexpr year_month_day leap = 2024y / February / last;
  static_assert(leap.ok() && leap.day() == day(29));
  const sys_days epoch = 1970y / January / 1;
  const sys_days later = sys_days(2026y / November / 22);
  std::cout << (later - epoch).count() << ' ' << weekday(later).c_encoding() << ' '
            << static_cast<unsigned>((year_month_day(later) + months(3)).month()) << '\n';
  const hh_mm_ss parts(12345678ms);
  std::cout << parts.hours().count() << ':' << parts.minutes().count() << ':' << parts.seconds().count() << '.'
            << parts.subseconds().count() << '\n';
  const auto when = system_clock::from_time_t(86400);
  CHECK(system_clock::to_time_t(when) == 86400 && when.time_since_epoch() == 24h);
}
