// SPDX-License-Identifier: Apache-2.0
//
// A call of a pure virtual function. A static program holds only a weak reference to
// libstdc++'s handler, so the call goes to address 0: a fault, natively and inside.
// sgxx-test: status 139

struct Base {
  Base() { call(); }
  virtual ~Base() = default;
  [[gnu::noinline]] void call() { reach(this); }
  static void reach(Base* self) {
    asm("" : "+r"(self));
    self->subject();
  }
  virtual void subject() = 0;
};
struct Derived : Base {
  void subject() override {}
};

int main() { Derived derived; }
