// SPDX-License-Identifier: Apache-2.0
//
// A Rust panic of the main thread ends the program with 101.
// sgxx-test: needs rustc
// sgxx-test: status 101

fn main() {
    println!("before");
    let none: Option<u32> = std::hint::black_box(None);
    println!("{}", none.unwrap());
}
