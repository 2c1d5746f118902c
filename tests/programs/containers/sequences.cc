// SPDX-License-Identifier: Apache-2.0
//
// <deque>, <list>, <forward_list>, <stack>, <queue>: order, splicing and stable iterators.

#include <deque>
#include <forward_list>
#include <iostream>
#include <list>
#include <queue>
#include <stack>

#include "check.h"

int main() {
  std::deque<int> deque;
  for (int i = 0; i < 50000; ++i) {
    deque.push_front(i);
    deque.push_back(-i);
  }
  long sum = 0;
  for (std::size_t i = 0; i < deque.size(); i += 3) sum += deque[i];
  std::list<int> list{5, 3, 9, 1};
  auto keep = list.begin();
  std::list<int> other{4, 2};
  list.splice(list.end(), other);
  list.sort();
  CHECK(*keep == 5 && other.empty());
  std::forward_list<int> forward(list.begin(), list.end());
  forward.reverse();
  forward.remove_if([](int x) { return x % 3 == 0; });
  std::cout << sum << ' ';
  for (int value : list) std::cout << value << ' ';
  for (int value : forward) std::cout << value << ' ';
  std::priority_queue<int, std::vector<int>, std::greater<>> heap;
  std::stack<int> stack;
  std::queue<int> queue;
  for (int i = 0; i < 10; ++i) {
    heap.push(i * 7 % 10);
    stack.push(i);
    queue.push(i);
  }
  std::cout << heap.top() << ' ' << stack.top() << ' ' << queue.front() << '\n';
}
