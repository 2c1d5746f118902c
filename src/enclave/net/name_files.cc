// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/name_files.h"

#include "enclave/thread_block.h"
#include "enclave/vfs/mount.h"

namespace sgxx::enclave {
namespace {

/// X(name in /etc, text). The address in resolv.conf is kResolverAddress. Only host names that every machine has are in hosts;
/// the host is asked for all others.
#define SGXX_NAME_FILES(X)                                                                                   \
  X("resolv.conf", "nameserver 240.0.0.53\n")                                                                \
  X("hosts", "127.0.0.1\tlocalhost\n127.0.0.1\tenclave\n::1\tlocalhost ip6-localhost ip6-loopback\n")        \
  X("host.conf", "multi on\n")                                                                               \
  X("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n")   \
  X("services",                                                                                              \
    "ftp\t21/tcp\nssh\t22/tcp\ntelnet\t23/tcp\nsmtp\t25/tcp\ndomain\t53/tcp\ndomain\t53/udp\nhttp\t80/tcp\n" \
    "pop3\t110/tcp\nntp\t123/udp\nimap2\t143/tcp\nhttps\t443/tcp\nhttps\t443/udp\nimaps\t993/tcp\n"          \
    "mysql\t3306/tcp\npostgresql\t5432/tcp\nredis\t6379/tcp\n")                                              \
  X("protocols", "ip\t0\tIP\nicmp\t1\tICMP\ntcp\t6\tTCP\nudp\t17\tUDP\nipv6\t41\tIPv6\nipv6-icmp\t58\tIPv6-ICMP\n")

void make_file(Inode& directory, Text name, Text text) {
  if (directory.entries.find(name) != nullptr) return;
  Inode& file = *add_file(directory, name, file_mode::regular | 0444).inode;
  file.contents.use_measured(reinterpret_cast<u64>(text.data), text.length);
}

}  // namespace

void make_name_files() {
  if ((enclave_config.grants & abi::grant::network) == 0) return;
  Inode& directory = make_directories(Text::of("/etc"));
#define SGXX_X(name, text) make_file(directory, Text::of(name), Text::of(text));
  SGXX_NAME_FILES(SGXX_X)
#undef SGXX_X
}

}  // namespace sgxx::enclave
