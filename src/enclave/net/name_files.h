// SPDX-License-Identifier: Apache-2.0
//
// The files of /etc that a C library reads to resolve names, where the program is granted the network: they lead it to the
// resolver inside (resolver.h).
#pragma once

namespace sgxx::enclave {

/// Puts them into the tree, where nothing else has their names; boot calls it.
void make_name_files();

}  // namespace sgxx::enclave
