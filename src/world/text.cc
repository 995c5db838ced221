#include "world/text.h"

#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <ostream>

#include "base/check.h"

namespace ward::world {

Text::Block* Text::make(std::string_view string) {
  if (string.empty()) return nullptr;
  WARD_CHECK(string.size() <= std::numeric_limits<std::uint32_t>::max());
  const std::size_t size = std::max(sizeof(Block), offsetof(Block, bytes) + string.size());
  auto* block =
      new (::operator new(size)) Block{{1}, static_cast<std::uint32_t>(string.size()), {}};
  // SAFETY: the allocation holds string.size() bytes from `bytes` on.
  std::memcpy(reinterpret_cast<char*>(block) + offsetof(Block, bytes), string.data(),
              string.size());
  return block;
}

void Text::destroy(Block* block) {
  block->~Block();
  ::operator delete(block);
}

std::ostream& operator<<(std::ostream& out, const Text& text) {
  return out << text.view();
}

}  // namespace ward::world
