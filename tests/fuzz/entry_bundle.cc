// A bundle that is read and written again is the same bytes; so is the path of a tile.
#include "evidence/tile.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward::evidence;
  const ward::ByteView bytes(data, size);
  if (const auto name = parse_tile_path(ward::as_text(bytes)); name.ok()) {
    WARD_CHECK(tile_path(*name) == ward::as_text(bytes));
  }
  if (size == 0) return 0;
  if (const auto entries = parse_bundle(bytes.subspan(1), data[0]); entries.ok()) {
    ward::Bytes again;
    for (const ward::ByteView entry : *entries) append_bundle_entry(again, entry);
    WARD_CHECK(std::ranges::equal(again, bytes.subspan(1)));
  }
  return 0;
}
