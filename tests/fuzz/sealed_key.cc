// Nothing that the sealer did not make opens; what it made opens to the same secret.
#include <cstdlib>

#include "authority/file_key_sealer.h"
#include "os/testing/memory_file_system.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  static os::testing::MemoryFileSystem files;
  static SeededRandom random(1);
  static const auto sealer = authority::FileKeySealer::open(files, "kek", random).value();
  const ByteView input(data, size);
  if (sealer->unseal(input, as_bytes("slot")).ok()) std::abort();
  const auto sealed = sealer->seal(SecretBytes(input), as_bytes("slot"));
  if (!sealed.ok()) return 0;
  const auto opened = sealer->unseal(*sealed, as_bytes("slot"));
  if (!opened.ok() || !equal_constant_time(opened->view(), input)) std::abort();
  return 0;
}
