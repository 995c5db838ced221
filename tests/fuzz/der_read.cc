// Walks every element to the depth bound; what the typed readers take is written again to the same
// bytes.
#include <cstdlib>

#include "codec/der_reader.h"
#include "codec/der_writer.h"

namespace {

using namespace ward;

void expect_same(const Bytes& written, ByteView whole) {
  if (!std::equal(written.begin(), written.end(), whole.begin(), whole.end())) std::abort();
}

void check_typed(const codec::DerElement& element) {
  Bytes out;
  codec::DerWriter der(out);
  codec::DerReader one(element.whole);
  if (auto number = one.small_integer(); number.ok()) der.integer(*number);
  if (auto value = one.boolean(); value.ok()) der.boolean(*value);
  if (auto oid = one.oid(); oid.ok()) {
    der.oid(*oid);
    (void)codec::oid_text(*oid);
  }
  if (!out.empty()) expect_same(out, element.whole);
  (void)one.bit_string();
  (void)one.text();
  (void)one.time();
}

void walk(codec::DerReader reader) {
  while (!reader.is_at_end()) {
    codec::DerReader nested = reader;
    const auto element = reader.next();
    if (!element.ok()) return;
    Bytes out;
    codec::DerWriter(out).primitive(element->tag, element->content);
    expect_same(out, element->whole);
    check_typed(*element);
    (void)codec::der_tag_name(element->tag);
    if (!element->tag.is_constructed) continue;
    if (const auto inner = nested.enter(element->tag); inner.ok()) walk(*inner);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  walk(codec::DerReader({data, size}));
  return 0;
}
