// A snapshot reader takes any bytes, cut anywhere. So that the fuzzer gets past the hash, the
// records are also put into a snapshot with a right trailer, which must be read whole.
#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"
#include "world/snapshot.h"

namespace {

ward::Bytes with_trailer(ward::ByteView records) {
  ward::Bytes bytes = ward::to_bytes("WARDWLD1");
  bytes.insert(bytes.end(), 8, 0);
  ward::append(bytes, records);
  bytes.insert(bytes.end(), 4, 0);
  bytes.insert(bytes.end(), 7, 0);
  bytes.push_back(1);  // of one record
  const auto digest = ward::crypto::sha256(bytes);
  ward::append(bytes, ward::ByteView(digest));
  return bytes;
}

void read(ward::ByteView bytes, std::size_t piece) {
  ward::world::SnapshotReader reader;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (!reader.feed(bytes.subspan(at, std::min(piece, bytes.size() - at))).ok()) return;
  }
  const auto world = std::move(reader).finish();
  if (!world.ok()) return;
  // What was read can be written and read again.
  ward::Bytes again;
  WARD_CHECK(ward::world::write_snapshot(*world, [&](ward::ByteView chunk) {
               ward::append(again, chunk);
               return ward::Result<void>();
             }).ok());
  ward::world::SnapshotReader second;
  WARD_CHECK(second.feed(again).ok());
  const auto same = std::move(second).finish();
  WARD_CHECK(same.ok() && same->counts() == world->counts());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ward::ByteView input(data, size);
  read(input, 7);
  read(with_trailer(input), size + 64);
  return 0;
}
