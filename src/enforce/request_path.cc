#include "enforce/request_path.h"

#include <utility>

#include "codec/hex.h"
#include "codec/utf8.h"

namespace ward::enforce {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// RFC 3986 3.3 pchar without `;`, which some servers cut segments at (`/..;/`).
bool is_segment_character(char c) {
  return is_unreserved(c) || std::string_view("!$&'()*+,=:@").find(c) != std::string_view::npos;
}

bool may_be_encoded(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x1f && byte != 0x7f && !is_unreserved(c) &&
         std::string_view("/\\;?#%").find(c) == std::string_view::npos;
}

Result<std::string> read_segment(std::string_view raw) {
  std::string segment;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (is_segment_character(raw[i])) {
      segment.push_back(raw[i]);
      continue;
    }
    if (raw[i] != '%') return invalid_argument("a byte that a path cannot hold");
    const auto byte = codec::decode_hex(raw.substr(i + 1, 2));
    if (!byte.ok() || byte->size() != 1)
      return invalid_argument("`%` without two hex digits after it");
    const auto decoded = static_cast<char>(byte->front());
    if (!may_be_encoded(decoded))
      return invalid_argument("`{}` has more than one reading", raw.substr(i, 3));
    segment.push_back(decoded);
    i += 2;
  }
  if (segment == "." || segment == "..") return invalid_argument("a dot segment");
  if (!codec::is_valid_utf8(segment)) return invalid_argument("not UTF-8 once decoded");
  return segment;
}

}  // namespace

std::string RequestPath::text() const {
  std::string text;
  for (const std::string& segment : segments) text.append("/").append(segment);
  return text;
}

Result<RequestPath> read_request_path(std::string_view uri) {
  if (uri.size() > kRequestUriBytesMax)
    return invalid_argument("URI: expected at most {} bytes, got {}", kRequestUriBytesMax,
                            uri.size());
  if (!uri.starts_with('/')) return invalid_argument("URI: expected a path that begins with `/`");
  RequestPath path;
  const std::size_t query = uri.find('?');
  if (query != std::string_view::npos) path.query = uri.substr(query + 1);
  if (path.query.find('#') != std::string::npos) return invalid_argument("URI: a fragment");
  std::string_view rest = uri.substr(1, query == std::string_view::npos ? query : query - 1);
  for (bool is_last = false; !is_last;) {
    const std::size_t slash = rest.find('/');
    is_last = slash == std::string_view::npos;
    WARD_TRY(std::string segment, read_segment(rest.substr(0, slash)).in("URI"));
    if (segment.empty() && !is_last) return invalid_argument("URI: an empty segment");
    if (path.segments.size() == kPathSegmentsMax)
      return invalid_argument("URI: expected at most {} segments", kPathSegmentsMax);
    path.segments.push_back(std::move(segment));
    if (!is_last) rest.remove_prefix(slash + 1);
  }
  return path;
}

}  // namespace ward::enforce
