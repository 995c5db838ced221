// A chain that is taken is within its bounds and has exactly one spelling.
#include <cstdlib>

#include "attest/x509pop.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward;
  const ByteView payload(data, size);
  const auto chain = attest::parse_x509pop_payload(payload);
  if (!chain.ok()) return 0;
  if (chain->empty() || chain->size() > 1 + attest::kX509PopIntermediatesMax) std::abort();
  const auto again = attest::encode_x509pop_payload(*chain);
  if (!again.ok() || *again != to_bytes(payload)) std::abort();
  return 0;
}
