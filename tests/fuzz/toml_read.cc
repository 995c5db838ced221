// What parses can be read by every getter of every key, and then has no unknown keys.
#include <cstdlib>

#include "base/bytes.h"
#include "codec/toml.h"

namespace {

using namespace ward;

void read_all(codec::TomlReader reader) {
  for (const std::string& key : reader.keys()) {
    (void)reader.optional_string(key);
    (void)reader.optional_integer(key, {.min = 0, .max = 9});
    (void)reader.optional_boolean(key);
    (void)reader.optional_duration(key);
    (void)reader.optional_size(key);
    (void)reader.optional_strings(key);
    const auto table = reader.optional_table(key);
    if (table.ok() && *table) read_all(**table);
    const auto tables = reader.optional_tables(key);
    if (!tables.ok()) continue;
    for (const codec::TomlReader& nested : *tables) read_all(nested);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto document = codec::TomlDocument::parse(as_text({data, size}), "fuzz", {.max_bytes = 4096});
  if (!document.ok()) return 0;
  read_all(document->root());
  (void)document->no_other_keys();
  return 0;
}
