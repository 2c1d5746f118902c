// SPDX-License-Identifier: Apache-2.0
//
// liburcu, whose readers execute no fence: whoever writes asks for one in all threads (membarrier), waits until no reader can
// still have the old object, and spoils it. No reader ever sees a spoilt one.
// sgxx-test: flags -lurcu-memb -lurcu-common
// sgxx-test: needs liburcu-memb.a

#include <urcu/urcu-memb.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

extern "C" int urcu_memb_has_sys_membarrier;  // not 0: the library found it

namespace {

constexpr unsigned kUpdates = 100, kReaders = 2;

struct Object {
  unsigned number, again;
};
Object* current = nullptr;
std::atomic<bool> stop = false;
std::atomic<unsigned long> started = 0, spoilt = 0;

void read_on() {
  urcu_memb_register_thread();
  unsigned long wrong = 0;
  ++started;
  while (!stop) {
    urcu_memb_read_lock();
    const Object* const object = rcu_dereference(current);
    const unsigned number = object->number;
    asm volatile("" ::: "memory");
    wrong += number == 0 || object->again != number;
    urcu_memb_read_unlock();
  }
  spoilt += wrong;
  urcu_memb_unregister_thread();
}

}  // namespace

int main() {
  current = new Object{1, 1};
  std::vector<std::thread> readers;
  for (unsigned i = 0; i < kReaders; ++i) readers.emplace_back(read_on);
  while (started < kReaders) std::this_thread::yield();
  for (unsigned i = 2; i < kUpdates; ++i) {
    auto* const next = new Object{i, i};
    Object* const old = current;
    rcu_assign_pointer(current, next);
    urcu_memb_synchronize_rcu();
    *old = {0, i};
    delete old;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  std::printf("membarrier %s, %lu spoilt\n", urcu_memb_has_sys_membarrier != 0 ? "used" : "not used", spoilt.load());
}
