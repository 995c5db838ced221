// Environment variables as a value: taken once in main, passed on, made up in tests.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ward::os {

class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> variables)
      : variables_(std::move(variables)) {}
  // A copy of this process's; call while there is one thread. The first of two of a name counts.
  static Environment of_process();

  std::optional<std::string> get(std::string_view name) const;
  const std::map<std::string, std::string, std::less<>>& variables() const { return variables_; }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace ward::os
