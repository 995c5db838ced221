// How messages write the types of schemas and of expressions. Private to cedar.
#pragma once

#include <cstddef>
#include <string>

#include "cedar/value/identifier.h"

namespace ward::cedar {

// `{age?: Long, owner: NS::User}`. Shared parts are written out; a message needs no more than the
// bound. `append_type` writes the type of one attribute.
template <typename Attributes, typename AppendType>
void append_record_text(std::string& out, const Attributes& attributes, AppendType append_type) {
  constexpr std::size_t kTextMax = 1000;
  out += '{';
  for (const auto& each : attributes) {
    if (&each != &attributes.front()) out += ", ";
    if (out.size() > kTextMax) {
      out += "...";
      break;
    }
    out += is_identifier(each.name) ? each.name : quoted(each.name);
    out += each.is_required ? ": " : "?: ";
    append_type(out, *each.type);
  }
  out += '}';
}

}  // namespace ward::cedar
