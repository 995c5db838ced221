// A state is read from any bytes or refused, and what is read is written and read the same. Nothing
// that was not sealed for this node opens.
#include "agent/saved_state.h"
#include "agent/state_file.h"
#include "authority/file_key_sealer.h"
#include "base/check.h"
#include "os/testing/memory_file_system.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  static os::testing::MemoryFileSystem files;
  static SeededRandom random(1);
  static const auto sealer = authority::FileKeySealer::open(files, "kek", random).value();
  constexpr std::string_view kNode = "spiffe://example.org/ward/agent/n1";
  const ByteView input(data, size);
  WARD_CHECK(!agent::open_state(*sealer, kNode, input).ok());
  const auto state = agent::decode_state(input);
  if (!state.ok()) return 0;
  const auto bytes = agent::encode_state(*state);
  if (!bytes.ok()) return 0;  // an entry that grew past its bound
  const auto file = agent::seal_state(*sealer, kNode, *bytes, random);
  WARD_CHECK(file.ok());
  const auto opened = agent::open_state(*sealer, kNode, *file);
  WARD_CHECK(opened.ok() && equal_constant_time(opened->view(), bytes->view()));
  const auto again = agent::decode_state(opened->view());
  WARD_CHECK(again.ok());
  WARD_CHECK(again->saved == state->saved && again->head.revision == state->head.revision);
  WARD_CHECK(again->entries == state->entries && again->svids.size() == state->svids.size() &&
             again->jwts.size() == state->jwts.size());
  return 0;
}
