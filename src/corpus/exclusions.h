// Which checks a run shall leave out, and why.
//
// A file of lines `PATH TAB CHECK TAB REASON`: the path of a test relative to the directory, the
// name of one of its checks or `*` for all, and a text for people. Empty lines and those that begin
// with `#` are comments.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ward::corpus {

inline constexpr std::size_t kExclusionFileBytesMax = 64u << 20;

class Exclusions {
 public:
  // Adds the lines of one file. kInvalidArgument, naming file and line, for what is no such line.
  Result<void> add(std::string_view text, std::string_view file_name);

  // Whether a check is to be left out; remembers that it was asked for.
  bool excludes(std::string_view test, std::string_view check);

  // Where the lines are that excluded nothing: `skip.txt:3: a.json request:0`. In no order that
  // means much.
  std::vector<std::string> unused() const;

 private:
  struct Line {
    std::string place;
    bool is_used = false;
  };
  using Key = std::pair<std::string, std::string>;  // test, check

  std::map<Key, Line> lines_;
};

}  // namespace ward::corpus
