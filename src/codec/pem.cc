#include "codec/pem.h"

#include <algorithm>
#include <optional>

#include "base/secret_bytes.h"
#include "codec/base64.h"

namespace ward::codec {
namespace {

constexpr std::size_t kLineLength = 64;
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

// Base64 of what may be a private key; wiped when it goes.
class SecretText {
 public:
  explicit SecretText(std::size_t capacity) { text_.reserve(capacity); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() {
    // SAFETY: char may be written as unsigned char; the size is the string's own.
    wipe_memory({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()});
  }
  // INVARIANT: never past the capacity, so that no copy stays behind in a buffer given back.
  void append(std::string_view more) { text_.append(more); }
  std::string_view view() const { return text_; }

 private:
  std::string text_;
};

class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  // Without its end; nothing after the last line.
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number_;
    return line;
  }

  std::size_t number() const { return number_; }  // of the last line, from 1
  std::size_t remaining() const { return rest_.size(); }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

// RFC 7468 3: label = [ labelchar *( ["-" / SP] labelchar ) ]
bool is_label(std::string_view label) {
  bool may_separate = false;
  for (const char c : label) {
    const bool is_separator = c == '-' || c == ' ';
    if (is_separator ? !may_separate : c < 0x21 || c > 0x7e) return false;
    may_separate = !is_separator;
  }
  return label.empty() || may_separate;
}

// The label between `start` and five dashes; nothing when the line is no such boundary.
std::optional<std::string_view> boundary_label(std::string_view line, std::string_view start) {
  if (!line.starts_with(start) || !line.ends_with(kDashes)) return std::nullopt;
  if (line.size() < start.size() + kDashes.size()) return std::nullopt;
  line.remove_prefix(start.size());
  line.remove_suffix(kDashes.size());
  if (!is_label(line)) return std::nullopt;
  return line;
}

Error at_line(const LineReader& lines, std::string_view what) {
  return invalid_argument("PEM line {}: {}", lines.number(), what);
}

Result<Bytes> read_body(LineReader& lines, std::string_view label) {
  SecretText base64(lines.remaining());
  bool is_last = false;
  while (const auto line = lines.next()) {
    if (line->starts_with(kDashes)) {
      if (boundary_label(*line, kEnd) != label) {
        return at_line(lines, fmt::format("expected `-----END {}-----`", label));
      }
      auto bytes = decode_base64(base64.view());
      if (!bytes.ok()) return at_line(lines, bytes.error().message());
      if (bytes->empty()) return at_line(lines, "expected content, got an empty block");
      return bytes;
    }
    if (is_last || line->empty() || line->size() > kLineLength) {
      return at_line(lines, "expected base64 in lines of exactly 64 characters but for the last");
    }
    is_last = line->size() < kLineLength;
    base64.append(*line);
  }
  return at_line(lines, fmt::format("expected `-----END {}-----`, got the end of the text", label));
}

}  // namespace

Result<std::vector<PemBlock>> parse_pem(std::string_view text, const PemLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return make_error(ErrorCode::kResourceExhausted, "PEM of {} bytes, expected at most {}",
                      text.size(), limits.max_bytes);
  }
  std::vector<PemBlock> blocks;
  LineReader lines(text);
  while (const auto line = lines.next()) {
    if (!line->starts_with(kDashes)) continue;
    const auto label = boundary_label(*line, kBegin);
    if (!label || label->size() > limits.max_label) {
      return at_line(lines, "expected `-----BEGIN label-----`");
    }
    if (blocks.size() == limits.max_blocks) {
      return make_error(ErrorCode::kResourceExhausted, "PEM of more than {} blocks",
                        limits.max_blocks);
    }
    WARD_TRY(Bytes bytes, read_body(lines, *label));
    blocks.push_back({.label = std::string(*label), .bytes = std::move(bytes)});
  }
  if (blocks.empty()) return invalid_argument("PEM: expected a `-----BEGIN` line, got none");
  return blocks;
}

Result<Bytes> parse_one_pem(std::string_view text, std::string_view label,
                            const PemLimits& limits) {
  WARD_TRY(std::vector<PemBlock> blocks, parse_pem(text, limits));
  if (blocks.size() != 1) {
    return invalid_argument("PEM: expected one block, got {}", blocks.size());
  }
  if (blocks[0].label != label) {
    return invalid_argument("PEM: expected `{}`, got `{}`", label, blocks[0].label);
  }
  return std::move(blocks[0].bytes);
}

std::string write_pem(std::string_view label, ByteView bytes) {
  WARD_CHECK(is_label(label));
  std::string out = fmt::format("{}{}{}\n", kBegin, label, kDashes);
  const std::string base64 = encode_base64(bytes);
  for (std::size_t i = 0; i < base64.size(); i += kLineLength) {
    out.append(base64, i, kLineLength);
    out += '\n';
  }
  out += fmt::format("{}{}{}\n", kEnd, label, kDashes);
  return out;
}

}  // namespace ward::codec
