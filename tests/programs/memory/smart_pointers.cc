// SPDX-License-Identifier: Apache-2.0
//
// <memory>: unique, shared and weak ownership, custom deleters, aliasing, shared_from_this, uninitialised storage.

#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

struct Node : std::enable_shared_from_this<Node> {
  explicit Node(int number) : value(number) { ++alive; }
  ~Node() { --alive; }
  int value;
  std::weak_ptr<Node> parent;
  std::vector<std::shared_ptr<Node>> children;
  static inline int alive = 0;
};

int main() {
  {
    auto root = std::make_shared<Node>(1);
    for (int i = 2; i < 5; ++i) {
      root->children.push_back(std::make_shared<Node>(i));
      root->children.back()->parent = root->weak_from_this();
    }
    std::shared_ptr<int> alias(root, &root->value);
    std::weak_ptr<Node> watch = root;
    root.reset();
    std::cout << watch.expired() << ' ' << *alias << ' ' << Node::alive << '\n';
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([alias] {
        for (int i = 0; i < 10000; ++i) {
          auto copy = alias;
          CHECK(*copy == 1);
        }
      });
    for (auto& thread : threads) thread.join();
    std::cout << alias.use_count() << '\n';
  }
  std::cout << Node::alive << '\n';
  int deleted = 0;
  auto deleter = [&deleted](int* p) {
    ++deleted;
    delete p;
  };
  { std::unique_ptr<int, decltype(deleter)> own(new int(3), deleter); }
  alignas(std::string) unsigned char raw[sizeof(std::string) * 2];
  auto* strings = reinterpret_cast<std::string*>(raw);
  std::uninitialized_fill_n(strings, 2, std::string(40, 'q'));
  std::cout << deleted << ' ' << strings[1].size() << '\n';
  std::destroy_n(strings, 2);
  std::atomic<std::shared_ptr<int>> shared(std::make_shared<int>(8));
  CHECK(*shared.load() == 8);
}
