#include "os/environment.h"

#include <unistd.h>

namespace ward::os {

Environment Environment::of_process() {
  Environment environment;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.variables_.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::optional<std::string> Environment::get(std::string_view name) const {
  const auto at = variables_.find(name);
  if (at == variables_.end()) return std::nullopt;
  return at->second;
}

}  // namespace ward::os
