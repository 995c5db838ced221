// What readers of members share. Private to codec.
#pragma once

#include <optional>
#include <utility>

#include "base/result.h"

namespace ward::codec {

// Turns "absent" into the error that `missing` makes.
template <typename T>
Result<T> required(Result<std::optional<T>> value, const auto& missing) {
  WARD_TRY(std::optional<T> present, std::move(value));
  if (!present) return missing();
  return std::move(*present);
}

}  // namespace ward::codec
