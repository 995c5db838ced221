// Selectors: what an attestor verified of a node or workload, as `type:value` texts
// (`unix:uid:1000`, `x509pop:serialnumber:2a`).
//
// A registration holds when all of its selectors are among the attested ones, so a selector that is
// left out can only deny.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace ward::attest {

using Selectors = std::vector<std::string>;  // sorted, without duplicates

// A selector that is longer matches no registration (the world keeps names of at most 2048 bytes).
inline constexpr std::size_t kSelectorBytesMax = 2048;

// Whether `value` may be part of a selector: not empty, UTF-8 without control characters, short
// enough. What is not is left out, never changed into something else.
bool is_selector_value(std::string_view value);

inline Selectors sorted(Selectors selectors) {
  std::ranges::sort(selectors);
  const auto repeated = std::ranges::unique(selectors);
  selectors.erase(repeated.begin(), repeated.end());
  return selectors;
}

}  // namespace ward::attest
