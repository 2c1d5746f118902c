// SPDX-License-Identifier: Apache-2.0
//
// A Rust program linked statically: collections, threads, channels, caught panics, time, arguments.
// sgxx-test: needs rustc
// sgxx-test: args first second

use std::collections::{BTreeMap, HashMap};
use std::sync::{mpsc, Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

thread_local! {
    static COUNTER: std::cell::Cell<u32> = std::cell::Cell::new(0);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("{:?}", arguments);
    let mut words: HashMap<String, usize> = HashMap::new();
    for i in 0..10000 {
        *words.entry(format!("word{}", i % 100)).or_default() += i;
    }
    let sorted: BTreeMap<_, _> = words.iter().collect();
    println!("{:?}", sorted.iter().next());
    let total = Arc::new((Mutex::new(0u64), Condvar::new()));
    let (sender, receiver) = mpsc::channel();
    let threads: Vec<_> = (0..4u64)
        .map(|index| {
            let total = Arc::clone(&total);
            let sender = sender.clone();
            std::thread::spawn(move || {
                for value in 0..1000u64 {
                    *total.0.lock().unwrap() += value * index;
                }
                COUNTER.with(|counter| counter.set(counter.get() + 1));
                sender.send(index).unwrap();
                total.1.notify_all();
            })
        })
        .collect();
    drop(sender);
    for thread in threads {
        thread.join().unwrap();
    }
    println!("{} {}", total.0.lock().unwrap(), receiver.iter().sum::<u64>());
    std::panic::set_hook(Box::new(|_| {}));
    let caught = std::panic::catch_unwind(|| {
        let empty: Vec<u32> = Vec::new();
        empty[std::hint::black_box(3)]
    });
    println!("caught {}", caught.is_err());
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(5));
    assert!(start.elapsed() >= Duration::from_millis(5));
    println!("{:.6} {}", (2.0f64).sqrt().sin(), u128::MAX);
    println!("{}", std::fs::read("/no/such/file").is_err());
}
