// What decodes and scans agrees, and encodes again.
#include "evidence/record_scan.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ward::evidence;
  const ward::ByteView bytes(data, size);
  const auto head = scan_record(bytes);
  RecordNames names;
  if (head.ok()) (void)scan_names(*head, names).ok();
  const auto record = decode_record(bytes);
  if (!record.ok()) return 0;
  WARD_CHECK(encode_record(*record).ok() || size > kRecordBytesMax / 2);
  if (head.ok()) WARD_CHECK(head->kind == record->kind() && head->revision == record->revision);
  return 0;
}
