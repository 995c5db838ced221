#include "cedar/syntax/pattern.h"

#include <array>
#include <cstddef>
#include <memory_resource>

#include "base/check.h"
#include "cedar/value/identifier.h"

namespace ward::cedar {
namespace {

// The first place of `needle` in `text` at or after `from`, in time linear in both (Knuth, Morris
// and Pratt): std::string_view::find would take their product on adverse input.
std::size_t find_linear(std::string_view text, std::string_view needle, std::size_t from) {
  constexpr std::size_t kShort = 8;  // so short that the product is linear
  if (needle.size() <= kShort) return text.find(needle, from);
  // PERF: what fits here is looked for without touching the heap.
  std::array<std::byte, 2048> buffer;
  std::pmr::monotonic_buffer_resource memory(buffer.data(), buffer.size());
  std::pmr::vector<std::size_t> fallback(needle.size(), 0, &memory);
  for (std::size_t i = 1, k = 0; i < needle.size(); ++i) {
    while (k > 0 && needle[i] != needle[k]) k = fallback[k - 1];
    if (needle[i] == needle[k]) ++k;
    fallback[i] = k;
  }
  for (std::size_t i = from, k = 0; i < text.size(); ++i) {
    while (k > 0 && text[i] != needle[k]) k = fallback[k - 1];
    if (text[i] == needle[k]) ++k;
    if (k == needle.size()) return i + 1 - k;
  }
  return std::string_view::npos;
}

}  // namespace

Pattern::Pattern(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {
  WARD_CHECK(!pieces_.empty());
}

bool Pattern::matches(std::string_view text) const {
  const std::string& first = pieces_.front();
  if (pieces_.size() == 1) return text == first;
  const std::string& last = pieces_.back();
  if (text.size() < first.size() + last.size()) return false;
  if (!text.starts_with(first) || !text.ends_with(last)) return false;
  // The leftmost place for each middle piece leaves the most room for those after it.
  const std::string_view middle = text.substr(0, text.size() - last.size());
  std::size_t at = first.size();
  for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
    at = find_linear(middle, pieces_[i], at);
    if (at == std::string_view::npos) return false;
    at += pieces_[i].size();
  }
  return true;
}

std::string Pattern::text() const {
  std::string out = "\"";
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    if (i > 0) out += '*';
    append_escaped(out, pieces_[i], true);
  }
  out += '"';
  return out;
}

}  // namespace ward::cedar
