// SPDX-License-Identifier: Apache-2.0
//
// The functions of {fmt}, compiled into the command: Debian has them as a shared library only, which would bring the shared
// libstdc++ along, and loading those takes as long as measuring a small enclave.
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
template void vformat_to(buffer<char>& out, string_view text, basic_format_args<FMT_BUFFER_CONTEXT(char)> arguments,
                         locale_ref where);
template void buffer<char>::append(const char* begin, const char* end);
template auto thousands_sep_impl(locale_ref where) -> thousands_sep_result<char>;
template auto decimal_point_impl(locale_ref where) -> char;
template auto dragonbox::to_decimal(float number) noexcept -> dragonbox::decimal_fp<float>;
template auto dragonbox::to_decimal(double number) noexcept -> dragonbox::decimal_fp<double>;
template locale_ref::locale_ref(const std::locale& where);
template auto locale_ref::get<std::locale>() const -> std::locale;
}  // namespace detail
FMT_END_NAMESPACE
