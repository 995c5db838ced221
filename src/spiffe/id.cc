#include "spiffe/id.h"

#include <algorithm>

namespace ward::spiffe {
namespace {

constexpr std::string_view kScheme = "spiffe://";
// Of an input in an error message.
constexpr std::size_t kShownBytesMax = 128;

bool is_domain_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_segment_char(char c) {
  return is_domain_char(c) || (c >= 'A' && c <= 'Z');
}

std::string shown(std::string_view input) {
  if (input.size() <= kShownBytesMax) return fmt::format("`{}`", input);
  return fmt::format("`{}`... ({} bytes)", input.substr(0, kShownBytesMax), input.size());
}

Result<void> check_trust_domain(std::string_view name) {
  if (name.empty()) return invalid_argument("trust domain is empty");
  if (name.size() > kTrustDomainBytesMax)
    return invalid_argument("trust domain {} has {} bytes, expected at most {}", shown(name),
                            name.size(), kTrustDomainBytesMax);
  if (!std::ranges::all_of(name, is_domain_char))
    return invalid_argument("trust domain {} has characters other than a-z, 0-9, `.`, `-`, `_`",
                            shown(name));
  return {};
}

Result<void> check_segment(std::string_view segment) {
  if (segment.empty()) return invalid_argument("an empty segment, or a slash at the end");
  if (segment == "." || segment == "..") return invalid_argument("a segment `{}`", segment);
  if (!std::ranges::all_of(segment, is_segment_char))
    return invalid_argument("characters other than a-z, A-Z, 0-9, `.`, `-`, `_`");
  return {};
}

// `path` is empty or begins with a slash.
Result<void> check_path(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    WARD_RETURN_IF_ERROR(check_segment(path.substr(0, end)));
    path.remove_prefix(end);
  }
  return {};
}

}  // namespace

Result<TrustDomain> TrustDomain::parse(std::string_view name) {
  WARD_RETURN_IF_ERROR(check_trust_domain(name));
  return TrustDomain(std::string(name));
}

std::string TrustDomain::id() const {
  return fmt::format("{}{}", kScheme, name_);
}

Result<SpiffeId> SpiffeId::parse(std::string_view uri) {
  if (uri.size() > kSpiffeIdBytesMax)
    return invalid_argument("SPIFFE ID {} has {} bytes, expected at most {}", shown(uri),
                            uri.size(), kSpiffeIdBytesMax);
  if (!uri.starts_with(kScheme))
    return invalid_argument("SPIFFE ID {} does not begin with `{}`", shown(uri), kScheme);
  const std::size_t path_start = std::min(uri.find('/', kScheme.size()), uri.size());
  if (auto checked = check_trust_domain(uri.substr(kScheme.size(), path_start - kScheme.size()));
      !checked.ok())
    return invalid_argument("SPIFFE ID {}: {}", shown(uri), checked.error().message());
  if (auto checked = check_path(uri.substr(path_start)); !checked.ok())
    return invalid_argument("SPIFFE ID {} has in its path {}", shown(uri),
                            checked.error().message());
  return SpiffeId(std::string(uri), path_start);
}

Result<SpiffeId> SpiffeId::from_path(const TrustDomain& trust_domain, std::string_view path) {
  if (!path.empty() && path.front() != '/')
    return invalid_argument("path {} does not begin with a slash", shown(path));
  return parse(fmt::format("{}{}{}", kScheme, trust_domain.name(), path));
}

std::string_view SpiffeId::trust_domain_name() const {
  return std::string_view(text_).substr(kScheme.size(), path_start_ - kScheme.size());
}

std::string_view SpiffeId::path() const {
  return std::string_view(text_).substr(path_start_);
}

}  // namespace ward::spiffe
