// What decode_fact takes can be written again, and reads the same again.
#include "base/check.h"
#include "world/fact.h"
#include "world/world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward::world;
  const auto fact = decode_fact({data, size});
  if (!fact.ok()) return 0;
  const auto world = apply(World(), 1, *fact);
  WARD_CHECK(world.ok());
  touches(*fact);
  static_cast<void>(admissible(*world, *fact).ok());
  const auto bytes = encode_fact(*fact);
  if (std::holds_alternative<UnknownBody>(fact->body)) return 0;
  // Only the size may stand in the way: unknown fields of the input are not in the value.
  WARD_CHECK(bytes.ok());
  const auto again = decode_fact(*bytes);
  WARD_CHECK(again.ok() && *again == *fact);
  return 0;
}
