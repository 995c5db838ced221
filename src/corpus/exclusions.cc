#include "corpus/exclusions.h"

#include <fmt/format.h>

namespace ward::corpus {

Result<void> Exclusions::add(std::string_view text, std::string_view file_name) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with('#')) continue;
    const std::size_t first = line.find('\t');
    const std::size_t second = first == std::string_view::npos ? first : line.find('\t', first + 1);
    const std::string place = fmt::format("{}:{}", file_name, number);
    if (second == std::string_view::npos || first == 0 || second == first + 1 ||
        second + 1 == line.size()) {
      return invalid_argument("{}: expected PATH, CHECK or `*`, and REASON with a tab between each",
                              place);
    }
    lines_.try_emplace(Key(line.substr(0, first), line.substr(first + 1, second - first - 1)),
                       Line{place});
  }
  return {};
}

bool Exclusions::excludes(std::string_view test, std::string_view check) {
  if (lines_.empty()) return false;
  bool is_excluded = false;
  for (const std::string_view each : {check, std::string_view("*")}) {
    const auto found = lines_.find(Key(test, each));
    if (found == lines_.end()) continue;
    found->second.is_used = true;
    is_excluded = true;
  }
  return is_excluded;
}

std::vector<std::string> Exclusions::unused() const {
  std::vector<std::string> out;
  for (const auto& [key, line] : lines_) {
    if (!line.is_used) out.push_back(fmt::format("{}: {} {}", line.place, key.first, key.second));
  }
  return out;
}

}  // namespace ward::corpus
