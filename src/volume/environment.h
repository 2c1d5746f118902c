// SPDX-License-Identifier: Apache-2.0
//
// What the engine asks of its surroundings: a disk, a cipher, memory, a lock. Each class below refers to an object of any class
// with the members that are named; the object outlives it. They are pairs of pointers made at run time and no virtual functions,
// because tables of those would need relocations, which the enclave's runtime does not have.
#pragma once

#include <span>

#include "volume/fault.h"
#include "volume/format.h"

namespace sgxx::volume {

/// Blocks that a host keeps, and may change, lose or make up. Called by several threads at once.
///   Outcome<> read(u64 first, std::span<u8* const> blocks)   consecutive blocks, each to where its pointer says; a disk that
///                                                            ends before them is Fault::integrity
///   Outcome<> write(u64 first, ByteView bytes)               whole blocks; may be lost or torn by a crash until `sync`
///   Outcome<> sync()                                         everything written before is there after a crash
///   Outcome<u64> size()                                      whole blocks
///   Outcome<> resize(u64 blocks)                             grows, with blocks of anything; Fault::no_space
class Disk {
 public:
  template <class T>
  explicit Disk(T& disk)
      : object_(&disk),
        read_([](void* object, u64 first, std::span<u8* const> blocks) { return static_cast<T*>(object)->read(first, blocks); }),
        write_([](void* object, u64 first, ByteView bytes) { return static_cast<T*>(object)->write(first, bytes); }),
        sync_([](void* object) { return static_cast<T*>(object)->sync(); }),
        size_([](void* object) { return static_cast<T*>(object)->size(); }),
        resize_([](void* object, u64 blocks) { return static_cast<T*>(object)->resize(blocks); }) {}
  Disk(const Disk&) = default;
  Disk& operator=(const Disk&) = default;

  Outcome<> read(u64 first, std::span<u8* const> blocks) const { return read_(object_, first, blocks); }
  Outcome<> read(u64 block, void* to) const {
    u8* const pointer = static_cast<u8*>(to);
    return read_(object_, block, {&pointer, 1});
  }
  Outcome<> write(u64 first, ByteView bytes) const { return write_(object_, first, bytes); }
  Outcome<> sync() const { return sync_(object_); }
  Outcome<u64> size() const { return size_(object_); }
  Outcome<> resize(u64 blocks) const { return resize_(object_, blocks); }

 private:
  void* object_;
  Outcome<> (*read_)(void*, u64, std::span<u8* const>);
  Outcome<> (*write_)(void*, u64, ByteView);
  Outcome<> (*sync_)(void*);
  Outcome<u64> (*size_)(void*);
  Outcome<> (*resize_)(void*, u64);
};

/// AES-128-GCM of one piece, with a nonce of 12 bytes and a tag of 16. `from` and `to` are the same place or do not overlap.
struct CipherJob {
  const u8* key;
  const u8* nonce;
  const u8* authenticated;
  const u8* from;
  u8* to;
  u8* tag;  ///< written by seal, compared by open
  u32 authenticated_length;
  u32 length;
};

/// Called by several threads at once.
///   Outcome<> random(ByteSpan bytes)                         from the true source
///   Outcome<> derive(ByteView secret, ByteView salt, ByteView info, ByteSpan out)    HKDF-SHA256 (RFC 5869)
///   Outcome<> seal(std::span<const CipherJob> jobs)
///   Outcome<u64> open(std::span<const CipherJob> jobs)       the index of the first job whose tag does not match, or the number
///                                                            of jobs; compared in constant time. What `to` of a job that did
///                                                            not match holds is never looked at
class Crypto {
 public:
  template <class T>
  explicit Crypto(T& crypto)
      : object_(&crypto),
        random_([](void* object, ByteSpan bytes) { return static_cast<T*>(object)->random(bytes); }),
        derive_([](void* object, ByteView secret, ByteView salt, ByteView info, ByteSpan out) {
          return static_cast<T*>(object)->derive(secret, salt, info, out);
        }),
        seal_([](void* object, std::span<const CipherJob> jobs) { return static_cast<T*>(object)->seal(jobs); }),
        open_([](void* object, std::span<const CipherJob> jobs) { return static_cast<T*>(object)->open(jobs); }) {}
  Crypto(const Crypto&) = default;
  Crypto& operator=(const Crypto&) = default;

  Outcome<> random(ByteSpan bytes) const { return random_(object_, bytes); }
  Outcome<> derive(ByteView secret, ByteView salt, ByteView info, ByteSpan out) const {
    return derive_(object_, secret, salt, info, out);
  }
  Outcome<> seal(std::span<const CipherJob> jobs) const { return seal_(object_, jobs); }
  Outcome<u64> open(std::span<const CipherJob> jobs) const { return open_(object_, jobs); }

 private:
  void* object_;
  Outcome<> (*random_)(void*, ByteSpan);
  Outcome<> (*derive_)(void*, ByteView, ByteView, ByteView, ByteSpan);
  Outcome<> (*seal_)(void*, std::span<const CipherJob>);
  Outcome<u64> (*open_)(void*, std::span<const CipherJob>);
};

/// Called by several threads at once.
///   void* allocate(u64 size)             zeroed, aligned to 16; nullptr when there is none
///   void release(void* memory, u64 size) as allocated
class Memory {
 public:
  template <class T>
  explicit Memory(T& memory)
      : object_(&memory),
        allocate_([](void* object, u64 size) -> void* { return static_cast<T*>(object)->allocate(size); }),
        release_([](void* object, void* piece, u64 size) { static_cast<T*>(object)->release(piece, size); }) {}
  Memory(const Memory&) = default;
  Memory& operator=(const Memory&) = default;

  Outcome<void*> allocate(u64 size) const {
    void* const memory = allocate_(object_, size);
    if (memory == nullptr) return fail(Fault::no_memory);
    return memory;
  }
  void release(void* memory, u64 size) const { release_(object_, memory, size); }

  template <class T, class... Arguments>
  Outcome<T*> create(Arguments&&... arguments) const {
    return new (TRY(allocate(sizeof(T)))) T(std::forward<Arguments>(arguments)...);
  }
  template <class T>
  void destroy(T* object) const {
    object->~T();
    release(object, sizeof(T));
  }

 private:
  void* object_;
  void* (*allocate_)(void*, u64);
  void (*release_)(void*, void*, u64);
};

/// lock() and unlock(). Held for short sections of computation, never over a call of Disk.
class Mutex {
 public:
  template <class T>
  explicit Mutex(T& mutex)
      : object_(&mutex),
        lock_([](void* object) { static_cast<T*>(object)->lock(); }),
        unlock_([](void* object) { static_cast<T*>(object)->unlock(); }) {}
  Mutex(const Mutex&) = default;
  Mutex& operator=(const Mutex&) = default;

  void lock() const { lock_(object_); }
  void unlock() const { unlock_(object_); }

 private:
  void* object_;
  void (*lock_)(void*);
  void (*unlock_)(void*);
};

struct Environment {
  Disk disk;
  Crypto crypto;
  Memory memory;
  Mutex mutex;  ///< of one volume alone
};

}  // namespace sgxx::volume
