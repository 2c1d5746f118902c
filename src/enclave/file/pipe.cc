// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/pipe.h"

#include "enclave/file/events.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/time.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kPages = Pipe::kCapacity / kPageSize;
constexpr u64 kRecordHeader = sizeof(u32);

/// Calls `move(address, bytes)` for the one or two stretches of the ring that hold [position, position + length).
template <class Move>
Outcome<> each_stretch(const Pipe& pipe, u64 position, u64 length, Move move) {
  position %= Pipe::kCapacity;
  const u64 first = length < Pipe::kCapacity - position ? length : Pipe::kCapacity - position;
  if (first != 0) TRY(move(reinterpret_cast<u8*>(pipe.buffer + position), first));
  if (length != first) TRY(move(reinterpret_cast<u8*>(pipe.buffer), length - first));
  return {};
}

u64 record_at_front(const Pipe& pipe) {
  u32 length = 0;
  auto* to = reinterpret_cast<u8*>(&length);
  (void)each_stretch(pipe, pipe.begin, kRecordHeader, [&to](const u8* from, u64 part) -> Outcome<> {
    memcpy(to, from, part);
    to += part;
    return {};
  });
  return length;
}

void put_record_header(Pipe& pipe, u32 length) {
  const auto* from = reinterpret_cast<const u8*>(&length);
  (void)each_stretch(pipe, pipe.begin + pipe.length, kRecordHeader, [&from](u8* to, u64 part) -> Outcome<> {
    memcpy(to, from, part);
    from += part;
    return {};
  });
  pipe.length += kRecordHeader;
}

void drop(Pipe& pipe, u64 length) {
  pipe.begin = (pipe.begin + length) % Pipe::kCapacity;
  pipe.length -= length;
  pipe.taken += length;
}

/// Of a stream, how many bytes may be read at once: up to the end of those that the next files came with.
u64 readable_at_once(const Pipe& pipe) {
  return pipe.batches == nullptr ? pipe.length : pipe.batches->position + pipe.batches->length - pipe.taken;
}

/// The files that came with one of the next `length` bytes; nullptr: none.
FileBatch* batch_within(const Pipe& pipe, u64 length) {
  return pipe.batches != nullptr && pipe.batches->position < pipe.taken + length ? pipe.batches : nullptr;
}

FileBatch* take_batch(Pipe& pipe) {
  FileBatch* const batch = pipe.batches;
  pipe.batches = batch->next;
  if (pipe.batches == nullptr) pipe.last_batch = nullptr;
  batch->next = nullptr;
  return batch;
}

void append_batch(Pipe& pipe, FileBatch& batch, u64 position, u64 length) {
  batch.position = position;
  batch.length = length;
  (pipe.last_batch == nullptr ? pipe.batches : pipe.last_batch->next) = &batch;
  pipe.last_batch = &batch;
}

/// Linux starts no call again that has a time limit of its own.
template <class Attempt>
Outcome<> wait_at_most(PipeEnd& end, const std::atomic<i64>& limit, Attempt attempt) {
  const i64 timeout = limit.load(std::memory_order_relaxed);
  if (timeout < 0) return block_on(end, kForever, attempt);
  Outcome<> ended = block_on(end, timeout == 0 ? 0 : deadline_after(static_cast<u64>(timeout)), attempt);
  if (!ended.ok() && ended.error() == Errno::restart) return fail(Errno::intr);
  return ended;
}

constinit SpinLock fifo_lock;  // guards which pipe is a FIFO's; taken before the pipe's

/// One side goes; the last one frees the pipe.
void leave(Pipe* pipe, PipeEnd* end) {
  if (pipe == nullptr) return;
  bool last = false;
  FileBatch* unread = nullptr;
  {
    Wakes wakes;
    std::optional<Guard<SpinLock>> fifo_guard;
    if (pipe->fifo != nullptr) fifo_guard.emplace(fifo_lock);
    Guard guard(pipe->lock);
    if (pipe->reader == end) pipe->reader = nullptr;
    if (pipe->writer == end) pipe->writer = nullptr;
    PipeEnd* const other = pipe->reader != nullptr ? pipe->reader : pipe->writer;
    if (other != nullptr) notify(*other, wakes);
    last = --pipe->owners == 0;
    if (last && pipe->fifo != nullptr) pipe->fifo->pipe = nullptr;
    // Nobody will ever get the files that are on their way to a reader who is gone.
    if (pipe->reader == nullptr) unread = std::exchange(pipe->batches, nullptr);
    if (unread != nullptr) pipe->last_batch = nullptr;
  }
  while (unread != nullptr) {
    FileBatch* const batch = unread;
    unread = batch->next;
    const SentFiles goes(batch);
  }
  if (!last) return;
  give_runtime_pages(pipe->buffer, kPages);
  destroy(pipe);
}

Outcome<Pipe*> make_ring(Pipe::Records records) {
  Pipe* const pipe = TRY(create<Pipe>());
  const auto buffer = take_runtime_pages(kPages);
  if (!buffer.ok()) {
    destroy(pipe);
    return fail(buffer.error());
  }
  pipe->buffer = *buffer;
  pipe->records = records;
  return pipe;
}

}  // namespace

PipeEnd::PipeEnd(u32 flags, Pipe* in, Pipe* out, u32 socket_type, Inode* fifo)
    : OpenFile(FileKind::pipe_end, flags), in_(in), out_(out), socket_type_(socket_type), fifo_(fifo) {
  if (in_ != nullptr) in_->reader = this;
  if (out_ != nullptr) out_->writer = this;
}

PipeEnd::~PipeEnd() {
  leave(in_, this);
  leave(out_, this);
}

Outcome<PipeEnd::Pair> PipeEnd::make_pipe(u32 flags) {
  Pipe* const pipe = TRY(make_ring(Pipe::Records::no));
  pipe->owners = 1;
  auto reader = create<PipeEnd>(flags | open_flag::read_only, pipe, nullptr, u32{0});
  if (!reader.ok()) {
    leave(pipe, nullptr);
    return fail(reader.error());
  }
  FileReference first(*reader);
  PipeEnd* const writer = TRY(create<PipeEnd>(flags | open_flag::write_only, nullptr, pipe, u32{0}));
  pipe->owners = 2;
  return Pair{std::move(first), FileReference(writer)};
}

namespace {

/// The side of a FIFO that `flags` ask for, as it is open already; nothing when it is not.
FileReference open_side(Pipe& pipe, bool reads, bool writes) {
  PipeEnd* const end = reads ? pipe.reader : pipe.writer;
  const bool serves = end != nullptr && (!(reads && writes) || pipe.reader == pipe.writer) && end->try_acquire();
  return FileReference(serves ? end : nullptr);
}

/// Opens that side of the FIFO's pipe, which is made when nobody has it open. The FIFOs' lock is held.
Outcome<FileReference> attach(Inode& inode, u32 flags, bool reads, bool writes, Wakes& wakes) {
  const bool nonblocking = (flags & open_flag::nonblocking) != 0;
  if (inode.pipe == nullptr) {
    if (nonblocking && !reads) return fail(Errno::nxio);
    inode.pipe = TRY(make_ring(Pipe::Records::no));
    inode.pipe->owners = 0;
    inode.pipe->fifo = &inode;
  }
  Pipe& pipe = *inode.pipe;
  Guard guard(pipe.lock);
  if (nonblocking && !reads && pipe.reader == nullptr) return fail(Errno::nxio);
  FileReference end = open_side(pipe, reads, writes);
  if (end.get() == nullptr) {
    if (reads && writes && (pipe.reader != nullptr || pipe.writer != nullptr)) return fail(Errno::nxio);
    auto made = create<PipeEnd>(flags, reads ? &pipe : nullptr, writes ? &pipe : nullptr, u32{0}, &inode);
    if (!made.ok()) return fail(made.error());
    pipe.owners += (reads ? 1 : 0) + (writes ? 1 : 0);
    end = FileReference(*made);
  }
  pipe.readers_opened += reads ? 1 : 0;
  pipe.writers_opened += writes ? 1 : 0;
  if (pipe.reader != nullptr) notify(*pipe.reader, wakes);
  if (pipe.writer != nullptr) notify(*pipe.writer, wakes);
  return end;
}

}  // namespace

Outcome<FileReference> PipeEnd::open_fifo(Inode& inode, u32 flags) {
  const u32 access = flags & open_flag::access_mode;
  const bool reads = access != open_flag::write_only, writes = access != open_flag::read_only;
  if (access > open_flag::read_write) return fail(Errno::inval);
  FileReference end(nullptr);
  Pipe* pipe = nullptr;
  u32 others = 0;
  {
    Wakes wakes;
    Guard guard(fifo_lock);
    auto attached = attach(inode, flags, reads, writes, wakes);
    // A pipe that was made just now and that nobody has.
    if (!attached.ok() && inode.pipe != nullptr && inode.pipe->owners == 0) {
      give_runtime_pages(inode.pipe->buffer, kPages);
      destroy(std::exchange(inode.pipe, nullptr));
    }
    if (!attached.ok()) return fail(attached.error());
    end = std::move(*attached);
    pipe = inode.pipe;
    others = reads ? pipe->writers_opened : pipe->readers_opened;
  }
  if ((reads && writes) || (flags & open_flag::nonblocking) != 0) return end;
  TRY(block_on(*end, kForever, [&]() -> Outcome<> {
    Guard guard(pipe->lock);
    const bool there = reads ? pipe->writer != nullptr || pipe->writers_opened != others
                             : pipe->reader != nullptr || pipe->readers_opened != others;
    return there ? Outcome<>{} : fail(Errno::again);
  }));
  return end;
}

Outcome<PipeEnd::Pair> PipeEnd::make_sockets(u32 flags, u32 socket_type) {
  const auto records = socket_type == kStreamSocket ? Pipe::Records::no : Pipe::Records::yes;
  Pipe* const there = TRY(make_ring(records));
  there->owners = 1;
  auto back = make_ring(records);
  if (!back.ok()) {
    leave(there, nullptr);
    return fail(back.error());
  }
  (*back)->owners = 1;
  auto one = create<PipeEnd>(flags | open_flag::read_write, *back, there, socket_type);
  if (!one.ok()) {
    leave(there, nullptr);
    leave(*back, nullptr);
    return fail(one.error());
  }
  FileReference first(*one);
  PipeEnd* const other = TRY(create<PipeEnd>(flags | open_flag::read_write, there, *back, socket_type));
  there->owners = (*back)->owners = 2;
  return Pair{std::move(first), FileReference(other)};
}

Outcome<> PipeEnd::receive_now(Transfer& transfer, Peek peek, u64* record_length, SentFiles& files) {
  Wakes wakes;
  Guard guard(in_->lock);
  Pipe& pipe = *in_;
  if (pipe.length == 0) {
    if (pipe.writer == nullptr || pipe.reader == nullptr) return {};
    return fail(Errno::again);
  }
  const u64 header = pipe.records == Pipe::Records::yes ? kRecordHeader : 0;
  const u64 available = header != 0 ? record_at_front(pipe) : readable_at_once(pipe);
  const u64 part = available < transfer.remaining() ? available : transfer.remaining();
  TRY(each_stretch(pipe, pipe.begin + header, part,
                   [&transfer](const u8* from, u64 bytes) { return transfer.to_program(from, bytes); }));
  if (record_length != nullptr) *record_length = available;
  FileBatch* const batch = batch_within(pipe, header + part);
  if (batch != nullptr) files = peek == Peek::yes ? TRY(SentFiles::copy(*batch)) : SentFiles(take_batch(pipe));
  if (peek == Peek::yes) return {};
  // Writers wait, and edge-triggered ones look, only when there was no room for a whole atomic write.
  const bool was_full = Pipe::kCapacity - pipe.length < Pipe::kAtomic || header != 0;
  drop(pipe, header != 0 ? header + available : part);
  if (pipe.writer != nullptr && was_full) notify(*pipe.writer, wakes);
  return {};
}

Outcome<> PipeEnd::receive(Transfer& transfer, Peek peek, Wait wait, u64* record_length, SentFiles* files) {
  if (in_ == nullptr) return fail(Errno::badf);
  if (transfer.remaining() == 0 && !keeps_records()) return {};
  SentFiles unwanted;  // go when no lock is held
  SentFiles& received = files != nullptr ? *files : unwanted;
  const auto attempt = [&] { return receive_now(transfer, peek, record_length, received); };
  return wait == Wait::yes ? wait_at_most(*this, options_.receive_timeout, attempt) : attempt();
}

/// As much as fits; all or nothing of a write that must stay whole.
Outcome<> PipeEnd::send_now(Transfer& transfer, SentFiles& files) {
  Wakes wakes;
  Guard guard(out_->lock);
  Pipe& pipe = *out_;
  if (pipe.reader == nullptr || pipe.writer == nullptr) return fail(Errno::pipe);
  const bool records = pipe.records == Pipe::Records::yes;
  const u64 header = records ? kRecordHeader : 0;
  const u64 room = Pipe::kCapacity - pipe.length;
  const u64 wanted = transfer.remaining();
  if (records && wanted > Pipe::kCapacity - header) return fail(Errno::msgsize);
  const bool whole = records || (wanted <= Pipe::kAtomic && transfer.done() == 0);
  if (room == 0 || (whole && room < wanted + header)) return fail(Errno::again);
  const u64 part = wanted + header < room ? wanted : room - header;
  const u64 length_before = pipe.length;
  if (records) put_record_header(pipe, static_cast<u32>(part));
  auto copied = each_stretch(pipe, pipe.begin + pipe.length, part,
                             [&transfer](u8* to, u64 bytes) { return transfer.from_program(to, bytes); });
  if (!copied.ok()) {
    pipe.length = length_before;  // nobody has seen it
    return copied;
  }
  if (files.count() != 0) append_batch(pipe, *files.take(), pipe.taken + length_before, part);
  pipe.length += part;
  notify(*pipe.reader, wakes);
  return {};
}

Outcome<> PipeEnd::send(Transfer& transfer, Wait wait, SentFiles files) {
  if (out_ == nullptr) return fail(Errno::badf);
  if (transfer.remaining() == 0 && !keeps_records()) return {};
  do {
    const auto attempt = [&] { return send_now(transfer, files); };
    Outcome<> sent = wait == Wait::yes ? wait_at_most(*this, options_.send_timeout, attempt) : attempt();
    if (!sent.ok()) return sent;
  } while (transfer.remaining() != 0);
  return {};
}

Outcome<> PipeEnd::write(Transfer& transfer) {
  Outcome<> sent = send(transfer, Wait::yes);
  if (!sent.ok() && sent.error() == Errno::pipe) send_signal(&current(), sig::pipe, si::kernel, 0);
  return sent;
}

void PipeEnd::shut_down(u32 how) {
  const auto end_of = [](Pipe* pipe, PipeEnd* Pipe::*side) {
    Wakes wakes;
    Guard guard(pipe->lock);
    PipeEnd* const reader = pipe->reader;
    PipeEnd* const writer = pipe->writer;
    pipe->*side = nullptr;
    if (reader != nullptr) notify(*reader, wakes);
    if (writer != nullptr) notify(*writer, wakes);
  };
  if (how != 1) end_of(in_, &Pipe::reader);
  if (how != 0) end_of(out_, &Pipe::writer);
}

Outcome<FileStatus> PipeEnd::status() {
  if (fifo_.get() != nullptr) return status_of(*fifo_);
  FileStatus status = anonymous_status();
  status.mode = is_socket() ? file_mode::socket | 0777 : file_mode::fifo | 0600;
  status.uid = status.gid = 1000;
  status.inode = in_ != nullptr ? in_->buffer / kPageSize : out_->buffer / kPageSize;
  return status;
}

Outcome<u64> PipeEnd::control(u64 request, u64 argument) {
  constexpr u64 kBytesAvailable = 0x541b;  // FIONREAD
  if (request != kBytesAvailable) return fail(Errno::notty);
  Pipe& pipe = in_ != nullptr ? *in_ : *out_;
  u64 available = 0;
  {
    Guard guard(pipe.lock);
    available = pipe.length == 0 ? 0 : (keeps_records() ? record_at_front(pipe) : pipe.length);
  }
  TRY(store(argument, static_cast<u32>(available)));
  return u64{0};
}

u32 PipeEnd::ready() {
  u32 bits = 0;
  if (in_ != nullptr) {
    Guard guard(in_->lock);
    // A FIFO that nobody has written to yet is not over.
    const bool begun = in_->fifo == nullptr || in_->writers_opened != 0;
    const bool over = begun && (in_->writer == nullptr || in_->reader == nullptr);
    if (in_->length != 0 || (over && is_socket())) bits |= poll_event::in | poll_event::read_normal;
    if (over && is_socket()) bits |= poll_event::peer_closed;
    if (over && (!is_socket() || out_->reader == nullptr || out_->writer == nullptr)) bits |= poll_event::hang_up;
  }
  if (out_ != nullptr) {
    Guard guard(out_->lock);
    if (out_->reader == nullptr || out_->writer == nullptr) {
      bits |= is_socket() ? poll_event::out | poll_event::write_normal
                          : poll_event::error | poll_event::out | poll_event::write_normal;
    } else if (Pipe::kCapacity - out_->length >= Pipe::kAtomic) {
      bits |= poll_event::out | poll_event::write_normal;
    }
  }
  return bits;
}

}  // namespace sgxx::enclave
