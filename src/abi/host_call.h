// SPDX-License-Identifier: Apache-2.0
//
// Host calls: the some fifty things the enclave asks of the host. A request and its reply cross in the thread's HostArea, in
// host memory: the enclave writes `call`, leaves with ExitKind::host_call, and finds `reply` and `data` when it is entered
// again. Everything the host writes is advice: the enclave copies it in once, in aligned 8-byte units, and checks the copy.
//
// Files of the host's have handles: numbers that the enclave chooses, so that none can be confused with another. 0 to 2 are the
// standard streams. A handle is in use from the call that makes it until `close` has returned.
//
// Folders of the host's have numbers: the order in which the measured configuration names them. Paths in calls on them are
// relative to the folder, without . or .. in them; empty: the folder itself. What they carry is in folder.h.
//
// Bytes and tables go through `data`; the enclave never gives the host an enclave address to read or write.
#pragma once

#include "base/bytes.h"

namespace sgxx::abi {

inline constexpr u64 kHostDataSize = 128 * 1024;

// clang-format off
/// X(name, number, "what the host does; arguments as argN=name -> reply value"). Errors are negative errno values of the Linux ABI.
#define SGXX_HOST_CALLS(X) \
  X(read, 1, "read up to arg0=bytes from arg1=handle into data, waiting arg2=ns at most (-1: for ever) -> bytes, 0: end") \
  X(write, 2, "write arg0=bytes of data to arg1=handle, waiting arg2=ns at most -> bytes written") \
  X(poll, 3, "data holds arg0=count PollEntry, filled in; wait arg1=ns at most (-1: for ever) -> how many are ready") \
  X(clock_read, 4, "arg0=clock (CLOCK_*), arg1=thread (index), whose processor time -> nanoseconds") \
  X(wait, 5, \
    "sleep until arg0=deadline in ns of CLOCK_MONOTONIC (or ~0) or until this thread is woken -> 0, -ETIMEDOUT, -EINTR") \
  X(wake, 6, "wake arg0=thread (index) from `wait`, or make its next `wait` return at once -> 0") \
  X(thread_start, 7, "enter arg0=thread (index) with EnterKind::start -> 0 or -EAGAIN") \
  X(thread_interrupt, 8, "make arg0=thread (index) leave the enclave soon and enter it for an exception -> 0") \
  X(protect, 9, "change page-table rights of arg0=offset, arg1=length to arg2=rights (Permission) -> 0") \
  X(exit, 10, "end the process with arg0=code, or by arg1=signal when that is not 0; does not return") \
  X(yield, 11, "sched_yield -> 0") \
  X(attend, 13, "interrupt a thread at arg0=deadline in ns of CLOCK_MONOTONIC (~0: never) and whenever a signal of arg1=mask " \
    "comes (bit n-1: signal n), which then has no other effect -> the next of these that came, 0: none") \
  X(close, 20, "arg0=handle is no longer used -> 0") \
  X(epoll_create, 21, "arg0=handle becomes an epoll -> 0") \
  X(epoll_control, 22, "on arg0=epoll arg1=operation (EPOLL_CTL_*): arg2=handle, arg3=events, arg4=token -> 0") \
  X(epoll_wait, 23, "up to arg1=count EpollReady of arg0=epoll into data, waiting arg2=ns at most -> how many") \
  X(socket, 30, "arg0=handle becomes a socket of arg1=domain, arg2=type, arg3=protocol -> 0") \
  X(bind, 31, "arg0=socket gets the address in data -> 0") \
  X(connect, 32, "arg0=socket to the address in data, waiting arg1=ns at most -> 0") \
  X(listen, 33, "arg0=socket, arg1=backlog -> 0") \
  X(accept, 34, "a connection to arg0=socket becomes arg1=handle, waiting arg2=ns at most; its address into data -> 0") \
  X(send, 35, "arg1=bytes by arg0=socket, arg2=flags (MSG_*), waiting arg3=ns at most, to the address in data when arg4=said has bit 0, with its SocketControl when it has bit 1 -> bytes") \
  X(receive, 36, "up to arg1=bytes from arg0=socket, arg2=flags (MSG_*), waiting arg3=ns at most -> bytes that the message has") \
  X(shutdown, 37, "arg0=socket, arg1=how (SHUT_*) -> 0") \
  X(socket_name, 38, "address of arg0=socket, or its peer's when arg1=peer is 1, into data -> 0") \
  X(socket_get, 39, "option of arg0=socket: arg1=level, arg2=name, up to arg3=bytes into data -> bytes") \
  X(socket_set, 40, "option of arg0=socket: arg1=level, arg2=name, arg3=bytes of data -> 0") \
  X(socket_bytes, 41, "arg1=which (SocketCount) of arg0=socket -> the count") \
  X(resolve, 42, "addresses of arg1=family of the name in data, arg0=bytes: HostAddress into data -> how many") \
  X(interfaces, 43, "the network interfaces of the machine and their addresses: HostInterface into data -> how many") \
  X(folder_open, 50, "arg0=handle becomes the file in arg1=folder that the path in data, arg2=bytes, leads to, arg3=flags (O_*), arg4=mode; " \
    "FileAttributes into data -> 0") \
  X(file_read, 51, "up to arg1=bytes at arg2=offset of arg0=handle into data -> bytes, 0: end") \
  X(file_write, 52, "arg1=bytes of data to arg2=offset of arg0=handle (~0: its end; the new end into data) -> bytes written") \
  X(file_status, 53, "FileAttributes of arg0=handle into data -> 0") \
  X(file_resize, 54, "arg0=handle becomes arg1=size bytes long -> 0") \
  X(file_sync, 55, "what was written to arg0=handle is safe, without its times when arg1=data is 1 -> 0") \
  X(file_reserve, 56, "fallocate of arg0=handle: arg1=mode, arg2=offset, arg3=length -> 0") \
  X(folder_list, 57, "the next names in arg0=handle, from the start when arg1=restart is 1: FolderEntry into data -> bytes, 0: end") \
  X(folder_status, 58, "FileAttributes of the path in data, arg1=bytes, in arg0=folder, arg2=follow a link, into data -> 0") \
  X(folder_access, 59, "whether the path in data, arg1=bytes, in arg0=folder may be used as arg2=mode (R_OK...), arg3=follow a link -> 0") \
  X(folder_make, 60, "a directory at the path in data, arg1=bytes, in arg0=folder, arg2=mode -> 0") \
  X(folder_remove, 61, "takes away the path in data, arg1=bytes, in arg0=folder; arg2=directory -> 0") \
  X(folder_rename, 62, "the path in data, arg1=bytes, in arg0=folder becomes the one behind it, arg2=bytes, arg3=flags (RENAME_*) -> 0") \
  X(folder_link, 63, "the file at the path in data, arg1=bytes, in arg0=folder gets the name behind it, arg2=bytes, too -> 0") \
  X(folder_make_link, 64, "at the path in data, arg1=bytes, in arg0=folder a symbolic link to what stands behind it, arg2=bytes -> 0") \
  X(folder_read_link, 65, "where the link at the path in data, arg1=bytes, in arg0=folder leads, into data -> bytes") \
  X(folder_set_mode, 66, "the file at the path in data, arg1=bytes, in arg0=folder gets arg2=mode -> 0") \
  X(folder_set_times, 67, "the path behind the NewFileTimes in data, arg1=bytes, in arg0=folder gets these times, arg2=follow a link -> 0") \
  X(folder_space, 68, "FolderSpace of arg0=folder into data -> 0") \
  X(file_find, 69, "the first of data (arg2=data is 1) or of a hole in arg0=handle from arg1=offset on -> its offset") \
  X(quote_target, 80, "the quoting enclave's TARGETINFO into data -> 0") \
  X(quote, 81, "the quote of the REPORT in data, which was made for the quoting enclave, into data -> bytes")
// clang-format on

enum class HostCallNumber : u64 {
#define SGXX_X(name, number, text) name = number,
  SGXX_HOST_CALLS(SGXX_X)
#undef SGXX_X
};

struct HostCall {
  u64 number;  // HostCallNumber
  std::array<u64, 5> args;
};
static_assert(Crossable<HostCall> && sizeof(HostCall) == 48);

/// How a request without leaving goes, in HostArea::ring. The enclave may leave with ExitKind::host_call at any time: then the
/// host finishes what it has taken, or serves the call as if it had never been in the ring.
enum class RingState : u64 {
  none,
  requested,  // by the enclave: `call` is to be served by a thread of the host's, if that needs no waiting
  taken,      // by such a thread
  done,       // `reply` and `data` are there
  declined,   // it would have to wait: the enclave has to leave
};

/// One for each thread, in host memory, 4096-aligned, for the lifetime of the enclave.
struct HostArea {
  HostCall call;                       // written by the enclave
  i64 reply;                           // written by the host
  u32 attention;                       // written by the host: not 0 when the enclave should call `attend`
  u32 ring_is_served;                  // written by the host: 1 while a thread looks at `ring`
  std::array<u8, kHostDataSize> data;  // either direction
  u64 ring;                            // RingState, written by both
};
static_assert(Crossable<HostArea> && offsetof(HostArea, reply) == 48 && offsetof(HostArea, data) == 64);

inline constexpr u32 kMostHandles = 65536;

/// What poll asks and answers for one handle; POLL* bits.
struct PollEntry {
  u32 handle;
  u16 events, ready;
};
static_assert(Crossable<PollEntry> && sizeof(PollEntry) == 8);
inline constexpr u64 kMostPollEntries = kHostDataSize / sizeof(PollEntry);

/// One answer of epoll_wait; EPOLL* bits.
struct EpollReady {
  u64 token;
  u32 events;
  u32 reserved;
};
static_assert(Crossable<EpollReady> && sizeof(EpollReady) == 16);

/// At the start of `data` in calls on sockets: an address, and what is said of a received message. The bytes of a message follow.
struct SocketMessage {
  std::array<u8, 112> address;  // a struct sockaddr of Linux
  u32 address_length;           // 0: none
  u32 flags;                    // MSG_* of a received message
  u64 reserved;
};
static_assert(Crossable<SocketMessage> && sizeof(SocketMessage) == 128);
inline constexpr u64 kMostMessageBytes = kHostDataSize - sizeof(SocketMessage);

/// A flag of `receive` beside MSG_*: the socket is asked for readiness first, because it has a low-water mark.
inline constexpr u32 kReceiveWhenReady = 1u << 31;
/// And: nothing is asked but the bytes; SocketMessage is left alone.
inline constexpr u32 kReceiveBytesOnly = 1u << 28;

/// And: what is said of the message besides its bytes goes into SocketControl (socket_control.h).
inline constexpr u32 kReceiveControl = 1u << 24;

enum class SocketCount : u64 { readable, unsent, at_mark };

/// One answer of resolve.
struct HostAddress {
  u32 family;                // AF_INET or AF_INET6
  std::array<u8, 16> bytes;  // in network order; the first four of AF_INET
  u32 reserved;
};
static_assert(Crossable<HostAddress> && sizeof(HostAddress) == 24);
inline constexpr u32 kMostHostAddresses = 16;

/// One answer of interfaces: an interface, or with a `family` an address of one.
struct HostInterface {
  u32 index, flags;  // IFF_*
  u32 mtu, type;     // ARPHRD_*
  std::array<char, 16> name;
  std::array<u8, 32> hardware;  // address
  u32 hardware_length;          // bytes
  u32 family;                   // AF_INET, AF_INET6; 0: no address
  u32 prefix_length, scope;     // bits; RT_SCOPE_*
  std::array<u8, 16> address;   // in network order; the first four of AF_INET
  std::array<u8, 16> broadcast;
};
static_assert(Crossable<HostInterface> && sizeof(HostInterface) == 112);
inline constexpr u32 kMostHostInterfaces = 128;

/// The longest quote that is taken. It comes with its length in one call: asked for apart, the two could differ.
inline constexpr u64 kMostQuoteBytes = 64 * 1024;

/// One CPUID answer.
struct CpuidEntry {
  u32 leaf, subleaf;
  u32 eax, ebx, ecx, edx;
};

inline constexpr u64 kStartMagic = 0x31727473'78786773;  // "sgxxstr1"
inline constexpr u32 kMaxCpuidEntries = 128;
inline constexpr u32 kMaxArguments = 32768;

/// What a standard stream is connected to: an S_IFMT file type, so that isatty and stdio buffering behave as natively.
struct StreamInfo {
  u32 mode;          // st_mode; 0 when the stream is closed
  u32 terminal;      // 1 when isatty
  u64 columns_rows;  // columns << 32 | rows of a terminal
};

/// In HostArea::data when the first thread starts. Followed by `argument_bytes` of NUL-terminated argument strings.
struct StartInfo {
  u64 magic;
  u32 abi_version;
  u32 cpuid_count;
  u32 argument_count;
  u32 argument_bytes;
  std::array<StreamInfo, 3> streams;
  u64 cpu_count;  // processors of the machine: advice
  u64 tsc_hz;     // of the time stamp counter against CLOCK_MONOTONIC; 0: unknown
  std::array<CpuidEntry, kMaxCpuidEntries> cpuid;
};
static_assert(Crossable<StartInfo> && sizeof(StartInfo) % 8 == 0 && sizeof(StartInfo) < kHostDataSize);

}  // namespace sgxx::abi
