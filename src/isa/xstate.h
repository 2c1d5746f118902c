// SPDX-License-Identifier: Apache-2.0
//
// XSAVE state components and the layout of the XSAVE area. Source: Intel SDM volume 1, "Managing State Using the XSAVE Feature
// Set". XFRM uses the same bit numbers as XCR0.
#pragma once

#include "base/bytes.h"

namespace sgxx::isa {

namespace xfrm {
inline constexpr u64 x87 = 1u << 0;
inline constexpr u64 sse = 1u << 1;
inline constexpr u64 avx = 1u << 2;
inline constexpr u64 avx512 = 7u << 5;  // opmask, ZMM_Hi256, Hi16_ZMM: all or none
inline constexpr u64 pkru = 1u << 9;
inline constexpr u64 amx = 3u << 17;  // XTILECFG, XTILEDATA: both or none
inline constexpr u64 legacy = x87 | sse;
}  // namespace xfrm

/// True for the values that XSETBV accepts among the components above (SDM vol. 3D, "XFRM").
constexpr bool is_legal_xfrm(u64 value) {
  if ((value & xfrm::legacy) != xfrm::legacy) return false;
  if ((value & xfrm::avx512) != 0 && ((value & xfrm::avx512) != xfrm::avx512 || (value & xfrm::avx) == 0)) return false;
  if ((value & xfrm::amx) != 0 && (value & xfrm::amx) != xfrm::amx) return false;
  return (value & ~(xfrm::legacy | xfrm::avx | xfrm::avx512 | xfrm::pkru | xfrm::amx)) == 0;
}

/// The legacy region and header at the start of every XSAVE area.
struct XsaveLegacy {
  u16 fcw, fsw;
  u8 ftw, reserved1;
  u16 fop;
  u64 fip, fdp;
  u32 mxcsr, mxcsr_mask;
  std::array<u8, 128> st;
  std::array<u8, 256> xmm;
  std::array<u8, 96> available;
  u64 xstate_bv, xcomp_bv;
  std::array<u8, 48> reserved2;
};
static_assert(sizeof(XsaveLegacy) == 576 && offsetof(XsaveLegacy, mxcsr) == 24 && offsetof(XsaveLegacy, xstate_bv) == 512 &&
              Crossable<XsaveLegacy>);

/// Bytes of the standard (non-compacted) XSAVE area for `value`, as on every processor so far: offsets of the user state
/// components are fixed in practice; the loader checks them against CPUID leaf 0DH before it relies on them.
constexpr u64 xsave_size(u64 value) {
  if ((value & xfrm::amx) != 0) return 11008;
  if ((value & xfrm::pkru) != 0) return 2696;
  if ((value & xfrm::avx512) != 0) return 2688;
  if ((value & xfrm::avx) != 0) return 832;
  return sizeof(XsaveLegacy);
}

}  // namespace sgxx::isa
