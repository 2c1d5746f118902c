// SPDX-License-Identifier: Apache-2.0
//
// Handles: the numbers by which the enclave names files of the host's. It chooses them itself, so that a host cannot give one
// twice; one is free again only after the host was told to close it.
#pragma once

#include "enclave/errno.h"

namespace sgxx::enclave {

/// The standard streams have handles 0 to 2; they are never closed.
inline constexpr u32 kStreamHandles = 3;

/// A free handle, or ENFILE.
Outcome<u32> take_handle();
/// A handle that the host never made use of.
void give_handle(u32 handle);
/// Tells the host, then gives the handle back.
void close_handle(u32 handle);

}  // namespace sgxx::enclave
