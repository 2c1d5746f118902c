// SPDX-License-Identifier: Apache-2.0
//
// <memory_resource>: monotonic buffers, pools shared by threads, the null resource's bad_alloc.

#include <iostream>
#include <map>
#include <memory_resource>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

int main() {
  alignas(16) std::byte buffer[4096];
  std::pmr::monotonic_buffer_resource arena(buffer, sizeof buffer, std::pmr::null_memory_resource());
  std::pmr::vector<std::pmr::string> words(&arena);
  int fitted = 0;
  try {
    for (;; ++fitted) words.emplace_back("a string that is longer than the small buffer");
  } catch (const std::bad_alloc&) {
    std::cout << "full after " << fitted << '\n';
  }
  std::pmr::synchronized_pool_resource pool;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&pool] {
      std::pmr::map<int, std::pmr::string> map(&pool);
      for (int i = 0; i < 3000; ++i) map[i * 7 % 1000].append(20, 'p');
      CHECK(map.size() == 1000);
    });
  for (auto& thread : threads) thread.join();
  std::pmr::unsynchronized_pool_resource single;
  std::pmr::polymorphic_allocator<> allocator(&single);
  auto* number = allocator.new_object<long>(5);
  CHECK(*number == 5);
  allocator.delete_object(number);
  std::cout << (std::pmr::get_default_resource() == std::pmr::new_delete_resource()) << '\n';
}
