// SPDX-License-Identifier: Apache-2.0
//
// Lies: answers to host calls from a seeded generator. Some are what an honest host could say (so that the program gets on), some
// are legal and unwelcome (errors, short counts, spurious wake-ups), some cannot be right: counts beyond what was asked, errors
// that do not belong to the call, handles and tokens of others, addresses in the enclave, time that runs back, files that are
// no files, names that are no names. The data area holds lies, too.
#pragma once

#include <random>
#include <span>

#include "abi/host_call.h"

namespace sgxx::boundary {

class Lies {
 public:
  /// `boldness`: how many answers in a hundred are such that they cannot be right.
  Lies(u64 seed, u32 boldness) : random_(seed), boldness_(boldness) {}

  /// The reply to the call in `area`, whose data it may have overwritten.
  i64 answer(abi::HostArea& area);
  /// Below `limit`, for decisions that are not answers.
  u64 below(u64 limit) { return random_() % limit; }

 private:
  i64 plausible(const abi::HostCall& call, abi::HostArea& area);
  i64 outrageous(const abi::HostCall& call);
  i64 some_count(u64 most);
  i64 some_error();
  u64 some_word();
  void scribble(abi::HostArea& area, u64 length);
  void fill_poll(abi::HostArea& area, u64 count);
  void fill_message(abi::HostArea& area);
  void fill_control(abi::HostArea& area);
  void fill_epoll(abi::HostArea& area, u64 count);
  void fill_attributes(abi::HostArea& area);
  i64 fill_entries(abi::HostArea& area);
  i64 fill_link(abi::HostArea& area);
  i64 fill_interfaces(abi::HostArea& area);
  i64 fill_addresses(abi::HostArea& area, u64 family);
  i64 plausible_of_folder(const abi::HostCall& call, abi::HostArea& area);
  /// Whether it tells something that ends the run; asked as often as `chances` for one answer.
  bool cannot_be(u64 chances = 1);
  i64 some_listed_error(std::span<const i32> errors);

  std::mt19937_64 random_;
  u32 boldness_;
  u64 token_ = 0;  // the latest that the enclave registered
  i64 clock_ = 1'000'000'000;
  u32 listings_ = 0;  // answers to folder_list
};

}  // namespace sgxx::boundary
