// SPDX-License-Identifier: Apache-2.0
#include "device/soft/enclave.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "abi/entry_constants.h"
#include "device/soft/einit.h"
#include "device/soft/keys.h"
#include "device/soft/observer.h"

namespace sgxx::device::soft {
namespace {

// ATTRIBUTES.FLAGS and MISCSELECT that this processor knows (CPUID leaf 12H of a Linux machine with KSS).
constexpr u64 kKnownFlags = isa::attribute::debug | isa::attribute::mode64 | isa::attribute::provision_key |
                            isa::attribute::einit_token_key | isa::attribute::kss;
constexpr u64 kLargestElrange = u64{1} << 46;
constexpr u64 kHugePage = 2 * 1024 * 1024;

template <class Bytes>
bool all_zero(const Bytes& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](u8 byte) { return byte == 0; });
}

std::string in_hex(u64 value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

// ECREATE's checks of SECS (SDM vol. 3D, ECREATE, Operation). What hardware answers with #GP is a refusal here, too.
Result<void> check_secs(const isa::Secs& secs) {
  if (!is_power_of_two(secs.size) || secs.size < 2 * kPageSize || secs.size > kLargestElrange)
    return bad_input("ECREATE: SECS.SIZE must be a power of two from 8 KiB to 64 TiB, is " + in_hex(secs.size));
  if (!is_aligned(secs.base, secs.size))
    return bad_input("ECREATE: SECS.BASEADDR must be a multiple of SECS.SIZE, is " + in_hex(secs.base));
  if (secs.base >= u64{1} << 47 || secs.size > (u64{1} << 47) - secs.base)
    return bad_input("ECREATE: SECS.BASEADDR must be canonical and in the lower half");
  if ((secs.misc_select & ~isa::kMiscExinfo) != 0) return bad_input("ECREATE: SECS.MISCSELECT has a reserved bit set");
  if ((secs.attributes.flags & ~kKnownFlags) != 0)
    return bad_input("ECREATE: SECS.ATTRIBUTES has INIT or a reserved bit set: " + in_hex(secs.attributes.flags));
  if ((secs.attributes.flags & isa::attribute::mode64) == 0) return bad_input("ECREATE: SECS.ATTRIBUTES.MODE64BIT must be set");
  if (!isa::is_legal_xfrm(secs.attributes.xfrm))
    return bad_input("ECREATE: SECS.ATTRIBUTES.XFRM is no value that XSETBV takes: " + in_hex(secs.attributes.xfrm));
  u32 low = 0, high = 0;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((secs.attributes.xfrm & ~(u64{high} << 32 | low)) != 0)
    return unsupported("ECREATE: this machine lacks a state component of XFRM " + in_hex(secs.attributes.xfrm) +
                       "; leave it out");
  const u64 needed =
      isa::xsave_size(secs.attributes.xfrm) + sizeof(isa::SsaGpr) + (secs.misc_select != 0 ? sizeof(isa::ExInfo) : 0);
  if (secs.ssa_frame_size > 64 || secs.ssa_frame_size * kPageSize < needed)
    return bad_input("ECREATE: SECS.SSAFRAMESIZE is too small: " + std::to_string(needed) + " bytes are needed");
  const bool kss = (secs.attributes.flags & isa::attribute::kss) != 0;
  if (!kss && (!all_zero(secs.config_id) || secs.config_svn != 0))
    return bad_input("ECREATE: CONFIGID and CONFIGSVN must be zero without ATTRIBUTES.KSS");
  if (!all_zero(secs.reserved1) || !all_zero(secs.reserved2) || !all_zero(secs.reserved3) || !all_zero(secs.reserved4) ||
      secs.isv_prod_id != 0 || secs.isv_svn != 0)
    return bad_input("ECREATE: a reserved field of SECS is not zero");
  return {};
}

u64 length_of(const PageSource& source) {
  if (const auto* bytes = std::get_if<ByteView>(&source)) return bytes->size();
  return std::get<Zeroes>(source).length;
}

}  // namespace

bool is_zero(ByteView bytes) { return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0; }

int protection_of(u8 permission) {
  return ((permission & 1) != 0 ? PROT_READ : 0) | ((permission & 2) != 0 ? PROT_READ | PROT_WRITE : 0) |
         ((permission & 4) != 0 ? PROT_READ | PROT_EXEC : 0);
}

Enclave::Enclave(const isa::Secs& secs) : filler_(filler_of_unmeasured_pages()) {
  identity_.secs = secs;
  identity_.secs.mr_enclave = {};
  identity_.secs.mr_signer = {};
  const u64 pages = secs.size / kPageSize;
  epcm_ = LazyArray<EpcmEntry>(pages);
  tcs_by_page_ = LazyArray<TcsState*>(pages);
  tcs_by_gs_page_ = LazyArray<TcsState*>(pages);
  measurement_.ecreate(secs.ssa_frame_size, secs.size);
}

Result<std::unique_ptr<Enclave>> Enclave::create(const isa::Secs& secs) {
  TRY(check_secs(secs));
  const u64 begin = std::max(secs.base, kLowestMapped);
  const u64 length = secs.base + secs.size - begin;
  void* wanted = reinterpret_cast<void*>(begin);
  void* got = ::mmap(wanted, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (got == MAP_FAILED)
    return system_error("cannot reserve the enclave's address range " + in_hex(begin) + "-" + in_hex(begin + length));
  if (got != wanted) {
    ::munmap(got, length);
    return unsupported("cannot reserve the enclave's address range at " + in_hex(begin) + ": Linux 4.17 or later is needed");
  }
  return std::unique_ptr<Enclave>(new Enclave(secs));
}

Enclave::~Enclave() {
  const u64 begin = std::max(secs().base, kLowestMapped);
  ::munmap(reinterpret_cast<void*>(begin), secs().base + secs().size - begin);
  if (thunk_ != 0) ::munmap(reinterpret_cast<void*>(thunk_), kPageSize);
}

TcsState* Enclave::tcs_at(EnclaveOffset offset) {
  if (offset.value >= secs().size || !is_aligned(offset.value, kPageSize)) return nullptr;
  return tcs_by_page_[offset.value / kPageSize];
}

EpcmEntry Enclave::epcm_at(u64 address) const {
  return contains(address) ? epcm_[(address - secs().base) / kPageSize] : EpcmEntry{};
}

bool Enclave::grants(u64 address, u64 length, Permission permission) const {
  if (!contains(address) || !fits(address - secs().base, length, secs().size)) return false;
  for (u64 page = align_down(address, kPageSize); page < address + length; page += kPageSize)
    if (!epcm_at(page).allows(permission)) return false;
  return true;
}

bool Enclave::accessible(u64 address, u64 length, Permission permission) {
  if (!grants(address, length, permission)) return false;
  for (u64 page = align_down(address, kPageSize); page < address + length; page += kPageSize)
    if (epcm_at(page).mapped == 0 && !follow(page, permission)) return false;
  return true;
}

void Enclave::map_frames(TcsState& tcs) {
  accessible(tcs.ssa, tcs.usable_frames * tcs.frame_size, Permission::rw());
  __atomic_store_n(&tcs.frames_mapped, 1, __ATOMIC_RELEASE);
}

Result<void> Enclave::add_pages(EnclaveOffset offset, PageSource source, const isa::SecInfo& info, Measure measure) {
  const u64 length = length_of(source);
  if (measured_) return bad_input("EADD: EINIT has ended the measurement");
  if (length == 0 || !is_aligned(length, kPageSize) || !is_aligned(offset.value, kPageSize) ||
      !fits(offset.value, length, secs().size))
    return bad_input("EADD: " + in_hex(offset.value) + "+" + in_hex(length) + " are not whole pages within ELRANGE");
  if (secs().base + offset.value < kLowestMapped)
    return bad_input("EADD: no page can be mapped below 0x10000, wanted " + in_hex(offset.value));
  const u64 known = 7 | 0xff00;
  if ((info.flags & ~known) != 0 || !all_zero(info.reserved)) return bad_input("EADD: SECINFO has a reserved bit set");
  if (info.type() != isa::PageType::reg && info.type() != isa::PageType::tcs)
    return bad_input("EADD: SECINFO.PAGE_TYPE must be PT_REG or PT_TCS");
  const auto permission = static_cast<u8>(info.flags & 7);
  if (info.type() == isa::PageType::tcs && permission != 0) return bad_input("EADD: SECINFO of a TCS must not grant access");
  if ((permission & 3) == 2) return bad_input("EADD: SECINFO.W without SECINFO.R");
  for (u64 page = 0; page < length; page += kPageSize)
    if (epcm_[(offset.value + page) / kPageSize].valid != 0)
      return bad_input("EADD: page " + in_hex(offset.value + page) + " was added already");

  const bool is_tcs = info.type() == isa::PageType::tcs;
  const auto* bytes = std::get_if<ByteView>(&source);
  bool lazy = false;
  if (is_tcs) {
    if (bytes == nullptr) return bad_input("EADD: a TCS needs contents");
    for (u64 page = 0; page < length; page += kPageSize) TRY(add_tcs(offset + page, bytes->subspan(page, kPageSize)));
  } else if (bytes == nullptr && measure == Measure::no && filler_ != 0) {
    TRY(fill(secs().base + offset.value, length));
  } else if (bytes == nullptr || is_zero(*bytes)) {
    // The mapping is fresh and reads as zero. Many such pages are never touched (threads that never start): their rights wait,
    // but for a large region, where each touch of 4 KiB costs several times what one of 2 MiB costs.
    lazy = (permission & 2) != 0 && length < kHugePage;
    if (length >= kHugePage) ::madvise(reinterpret_cast<void*>(secs().base + offset.value), length, MADV_HUGEPAGE);
  } else {
    TRY(place(secs().base + offset.value, *bytes));
  }
  record_pages(offset, source, info, measure, lazy);
  added_.push_back({{offset, length}, is_tcs || lazy ? PROT_NONE : protection_of(permission)});
  return {};
}

// EADD's checks of a TCS (SDM vol. 3D, EADD, Operation).
Result<void> Enclave::add_tcs(EnclaveOffset offset, ByteView page) {
  const auto tcs = *read_at<isa::Tcs>(page, 0);
  const bool reserved_clear =
      tcs.reserved1 == 0 && tcs.flags == 0 && tcs.ocetssa == 0 && tcs.prevssp == 0 && all_zero(tcs.reserved2);
  if (!reserved_clear) return bad_input("EADD: TCS at " + in_hex(offset.value) + ": FLAGS or a reserved field is not zero");
  if (tcs.cssa != 0) return bad_input("EADD: TCS at " + in_hex(offset.value) + ": CSSA must be zero");
  if (!is_aligned(tcs.ossa, kPageSize) || !is_aligned(tcs.ofsbase, kPageSize) || !is_aligned(tcs.ogsbase, kPageSize))
    return bad_input("EADD: TCS at " + in_hex(offset.value) + ": OSSA, OFSBASGX and OGSBASGX must be page-aligned");
  for (u64 place : {tcs.ossa, tcs.oentry, tcs.ofsbase, tcs.ogsbase})
    if (place >= secs().size) return bad_input("EADD: TCS at " + in_hex(offset.value) + ": an offset lies outside ELRANGE");

  auto state = std::make_unique<TcsState>();
  state->nssa = tcs.nssa;
  state->entry = secs().base + tcs.oentry;
  state->fsbase = secs().base + tcs.ofsbase;
  state->gsbase = secs().base + tcs.ogsbase;
  state->ssa = secs().base + tcs.ossa;
  state->frame_size = secs().ssa_frame_size * kPageSize;
  state->address = secs().base + offset.value;
  state->enclave = this;
  state->set_cssa(0);
  tcs_by_page_[offset.value / kPageSize] = state.get();
  tcs_.push_back(std::move(state));
  return {};
}

Result<void> Enclave::place(u64 address, ByteView bytes) {
  auto* memory = reinterpret_cast<u8*>(address);
  if (::mprotect(memory, bytes.size(), PROT_READ | PROT_WRITE) != 0) return system_error("cannot back enclave pages");
  ::madvise(memory, bytes.size(), kPopulateWrite);
  std::memcpy(memory, bytes.data(), bytes.size());
  return {};
}

// What nobody measured is the host's: for tests, which make it visible.
Result<void> Enclave::fill(u64 address, u64 length) {
  auto* memory = reinterpret_cast<u8*>(address);
  if (::mprotect(memory, length, PROT_READ | PROT_WRITE) != 0) return system_error("cannot back enclave pages");
  std::memset(memory, filler_, length);
  return {};
}

// The measurement and the EPCM of pages that have passed every check.
void Enclave::record_pages(EnclaveOffset offset, PageSource source, const isa::SecInfo& info, Measure measure, bool lazy) {
  static constexpr std::array<u8, kPageSize> kZeroPage{};
  const auto* bytes = std::get_if<ByteView>(&source);
  const u64 length = length_of(source);
  EpcmEntry entry{};
  entry.valid = 1;
  entry.lazy = lazy ? 1 : 0;
  entry.mapped = lazy ? 0 : 1;
  entry.permission = entry.table = info.flags & 7;
  entry.type = static_cast<u8>(info.type()) & 15;
  EpcmEntry* entries = epcm_.data() + offset.value / kPageSize;
  std::fill(entries, entries + length / kPageSize, entry);
  if (measure == Measure::no) return measurement_.eadd_range({offset, length}, info);
  for (u64 page = 0; page < length; page += kPageSize) {
    measurement_.eadd(offset + page, info);
    const u8* contents = bytes != nullptr ? bytes->data() + page : kZeroPage.data();
    measurement_.eextend_page(offset + page, image::PageView(contents, kPageSize));
  }
}

// How many SSA frames EENTER would find valid, PT_REG, readable and writable. The EPCM is final, so counting once is enough.
void Enclave::count_usable_frames(TcsState& tcs) {
  tcs.usable_frames = 0;
  while (tcs.usable_frames < tcs.nssa && grants(tcs.ssa + tcs.usable_frames * tcs.frame_size, tcs.frame_size, Permission::rw()))
    ++tcs.usable_frames;
}

Result<void> Enclave::init(const isa::SigStruct& signature) {
  if (initialised_) return bad_input("EINIT: the enclave is initialised already");
  isa::Secs& secs = identity_.secs;
  if (!measured_) secs.mr_enclave = measurement_.finish();
  measured_ = true;
  secs.mr_signer = TRY(check_signature(signature, secs));
  secs.isv_prod_id = signature.isv_prod_id;
  secs.isv_svn = signature.isv_svn;
  secs.attributes.flags |= isa::attribute::init;
  identity_.isv_family_id = signature.isv_family_id;
  identity_.isv_ext_prod_id = signature.isv_ext_prod_id;
  keys_ = std::make_unique<KeyDeriver>(TRY(load_root_key()));

  for (auto& tcs : tcs_) {
    count_usable_frames(*tcs);
    TcsState*& entry = tcs_by_gs_page_[(tcs->gsbase - secs.base) / kPageSize];
    static TcsState shared{};  // matches no GS base: EEXIT of threads that share one takes the slow path
    entry = entry == nullptr ? tcs.get() : &shared;
  }
  join_runs();
  TRY(make_thunk());
  TRY(redirect_enclu_sites());
  TRY(apply_rights());
  initialised_ = true;
  return {};
}

// A page of code of its own that tells the fast paths whose table to use.
Result<void> Enclave::make_thunk() {
  leaf_table_ = {secs().base, secs().size / kPageSize, tcs_by_gs_page_.data(), epcm_.data()};
  void* page = ::mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return system_error("cannot map the exit thunk");
  thunk_ = address_of(page);
  const auto put = [&](u64 offset, u8 rex, u8 move, const u8* microcode) {
    std::array<u8, 24> code = {rex,  move, 0, 0, 0, 0, 0, 0, 0, 0,  // movabs $table, register
                               0xff, 0x25, 0, 0, 0, 0};             // jmp *microcode
    const u64 table = address_of(&leaf_table_), target = address_of(microcode);
    std::memcpy(&code[2], &table, 8);
    std::memcpy(&code[16], &target, 8);
    std::memcpy(reinterpret_cast<u8*>(thunk_) + offset, code.data(), code.size());
  };
  put(0, 0x48, 0xb9, sgxx_soft_eexit_begin);               // RCX
  put(kAcceptThunk, 0x49, 0xbb, sgxx_soft_eaccept_begin);  // R11
  if (::mprotect(page, kPageSize, PROT_READ | PROT_EXEC) != 0) return system_error("cannot protect the exit thunk");
  return {};
}

// Redirects the marked sites of kinds EXIT and ACCEPT (abi/enclu.inc) in executable pages. The measurement is final by now.
Result<void> Enclave::redirect_enclu_sites() {
  using Site = std::array<u8, 16>;
  static constexpr Site kMark = {0x0f, 0x01, 0xd7, 0x0f, 0x1f, 0x80, 0, 0x73, 0x67, 0x78, 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00};
  constexpr size_t kKind = 6;
  constexpr size_t kRare = 8;  // a byte of the mark that is rare in code
  const u64 accept_thunk = thunk_ + kAcceptThunk;
  Site exit = {0xff, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xcc, 0xcc};
  Site accept = {0xff, 0x15, 2, 0, 0, 0, 0xeb, 8, 0, 0, 0, 0, 0, 0, 0, 0};
  std::memcpy(&exit[6], &thunk_, 8);
  std::memcpy(&accept[8], &accept_thunk, 8);
  for (const Run& run : added_) {
    if ((run.protection & PROT_EXEC) == 0) continue;
    auto* begin = reinterpret_cast<u8*>(secs().base + run.range.begin.value);
    if (::mprotect(begin, run.range.length, PROT_READ | PROT_WRITE) != 0) return system_error("cannot redirect ENCLU");
    auto* const end = begin + run.range.length;
    for (u8* at = begin; (at = static_cast<u8*>(std::memchr(at, kMark[kRare], static_cast<size_t>(end - at)))) != nullptr; ++at) {
      if (at - begin < static_cast<i64>(kRare) || end - at < static_cast<i64>(kMark.size() - kRare)) continue;
      u8* const site = at - kRare;
      Site mark = kMark;
      mark[kKind] = site[kKind];
      if (std::memcmp(site, mark.data(), mark.size()) != 0) continue;
      if (site[kKind] == SGXX_ENCLU_KIND_EXIT) std::memcpy(site, exit.data(), exit.size());
      if (site[kKind] == SGXX_ENCLU_KIND_ACCEPT) std::memcpy(site, accept.data(), accept.size());
    }
  }
  return {};
}

// Joins neighbours with the same rights: every call to the kernel counts at start-up.
void Enclave::join_runs() {
  std::sort(added_.begin(), added_.end(), [](const Run& a, const Run& b) { return a.range.begin < b.range.begin; });
  std::vector<Run> joined;
  for (const Run& run : added_) {
    const bool extends =
        !joined.empty() && joined.back().range.end() == run.range.begin && joined.back().protection == run.protection;
    if (extends) {
      joined.back().range.length += run.range.length;
    } else {
      joined.push_back(run);
    }
  }
  added_ = std::move(joined);
}

// Page tables grant what the EPCM grants, until `protect` says less.
Result<void> Enclave::apply_rights() {
  for (const Run& run : added_) {
    if (run.protection == PROT_NONE) continue;
    if (::mprotect(reinterpret_cast<void*>(secs().base + run.range.begin.value), run.range.length, run.protection) != 0)
      return system_error("cannot set the rights of enclave pages");
  }
  added_.clear();
  return {};
}

Result<void> Enclave::protect(OffsetRange range, Permission permission) {
  if (!initialised_) return bad_input("protect: the enclave is not initialised");
  if (!is_aligned(range.begin.value, kPageSize) || !is_aligned(range.length, kPageSize) ||
      !fits(range.begin.value, range.length, secs().size))
    return bad_input("protect: " + in_hex(range.begin.value) + "+" + in_hex(range.length) +
                     " are not whole pages within ELRANGE");
  for (u64 page = 0; page < range.length; page += kPageSize) {
    const EpcmEntry entry = epcm_[(range.begin.value + page) / kPageSize];
    const u8 most = entry.growing != 0 ? Permission::rw().bits() : entry.permission;
    const bool regular = entry.growing != 0 || (entry.valid != 0 && entry.type == static_cast<u8>(isa::PageType::reg));
    if (!regular || (permission.bits() & ~most) != 0)
      return bad_input("protect: page " + in_hex(range.begin.value + page) + " does not grant those rights");
  }
  const u64 begin = range.begin.value / kPageSize;
  if (!set_table(begin, begin + range.length / kPageSize, permission.bits()))
    return system_error("cannot change the rights of enclave pages");
  return {};
}

}  // namespace sgxx::device::soft
