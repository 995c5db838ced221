// Reading of the line-based text formats of C2SP and of receipts.
#pragma once

#include <string_view>

#include "base/result.h"
#include "codec/base64.h"
#include "evidence/merkle.h"

namespace ward::evidence {

// Lines, each ended by a newline; views into the text.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  bool is_done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  // Without its newline. Error at the end and on a line that has none.
  Result<std::string_view> next() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return invalid_argument("expected a line, got the end");
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }

  // The rest of a line that begins with `key` and a space.
  Result<std::string_view> field(std::string_view key) {
    WARD_TRY(const std::string_view line, next());
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') {
      return invalid_argument("expected a line that begins with `{} `, got `{}`", key,
                              line.substr(0, 64));
    }
    return line.substr(key.size() + 1);
  }

 private:
  std::string_view rest_;
};

// A base64 hash of 32 bytes.
inline Result<Hash> parse_hash_line(std::string_view line) {
  static constexpr std::size_t kEncodedBytes = 44;
  if (line.size() != kEncodedBytes) {
    return invalid_argument("expected a hash of {} base64 characters, got {}", kEncodedBytes,
                            line.size());
  }
  WARD_TRY(const Bytes bytes, codec::decode_base64(line));
  Hash hash;
  if (bytes.size() != hash.size())
    return invalid_argument("expected 32 bytes, got {}", bytes.size());
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

}  // namespace ward::evidence
