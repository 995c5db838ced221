// Length-prefixed messages: the same messages however the bytes are cut, none over the bound, and
// every octet accounted for.
#include <cstdlib>
#include <vector>

#include "grpc/wire.h"

namespace {

using namespace ward;

constexpr std::size_t kMessageMax = 1000;

struct Outcome {
  std::vector<Bytes> messages;
  bool has_failed = false;
  std::size_t pending = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome cut(ByteView input, std::size_t piece) {
  grpc::Deframer deframer(kMessageMax);
  Outcome out;
  while (!input.empty()) {
    const Bytes part = to_bytes(input.first(std::min(piece, input.size())));
    input = input.subspan(part.size());
    deframer.feed(part);
    for (;;) {
      const auto next = deframer.next();
      if (!next.ok()) {
        out.has_failed = true;
        return out;
      }
      if (!*next) break;
      if ((**next).size() > kMessageMax) std::abort();
      out.messages.push_back(to_bytes(**next));
    }
  }
  out.pending = deframer.pending();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, std::min<std::size_t>(size, 8192));
  const auto whole = cut(input, input.size() + 1);
  if (!whole.has_failed) {
    std::size_t total = whole.pending;
    for (const auto& message : whole.messages) total += message.size() + grpc::kFramePrefixBytes;
    if (total != input.size()) std::abort();
  }
  if (cut(input, 1) != whole || cut(input, 7) != whole) std::abort();
  return 0;
}
