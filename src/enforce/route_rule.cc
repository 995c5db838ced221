#include "enforce/route_rule.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "http/message.h"
#include "world/fact.h"

namespace ward::enforce {
namespace {

constexpr std::string_view kRest = "**";

// `{name}` -> `name`; nothing for a literal.
Result<std::optional<std::string>> name_in(std::string_view segment) {
  if (segment.find_first_of("{}") == std::string_view::npos) return std::optional<std::string>();
  const bool is_name = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
  const std::string_view name = is_name ? segment.substr(1, segment.size() - 2) : "";
  if (name.empty() || name.find_first_of("{}*") != std::string_view::npos)
    return invalid_argument("`{}`: expected a literal or a `{{name}}`", segment);
  return std::optional(std::string(name));
}

}  // namespace

Result<PathPattern> PathPattern::parse(std::string_view text) {
  if (!text.starts_with('/'))
    return invalid_argument("`{}`: expected a pattern that begins with `/`", text);
  PathPattern pattern;
  std::string_view rest = text.substr(1);
  for (bool is_last = false; !is_last;) {
    const std::size_t slash = rest.find('/');
    is_last = slash == std::string_view::npos;
    const std::string_view segment = rest.substr(0, slash);
    if (segment == kRest) {
      if (!is_last) return invalid_argument("`{}`: expected `**` at the end only", text);
      pattern.takes_rest_ = true;
      break;
    }
    if (segment.find('*') != std::string_view::npos || (segment.empty() && !is_last) ||
        segment == "." || segment == "..") {
      return invalid_argument("`{}`: `{}` is no segment of a pattern", text, segment);
    }
    WARD_TRY(std::optional<std::string> name, name_in(segment).in(text));
    if (name && pattern.has_name(*name))
      return invalid_argument("`{}`: the name `{}` comes twice", text, *name);
    const bool is_name = name.has_value();
    pattern.segments_.push_back(
        {.text = is_name ? *std::move(name) : std::string(segment), .is_name = is_name});
    if (!is_last) rest.remove_prefix(slash + 1);
  }
  if (pattern.segments_.size() > kPathSegmentsMax)
    return invalid_argument("`{}`: expected at most {} segments", text, kPathSegmentsMax);
  return pattern;
}

bool PathPattern::has_name(std::string_view name) const {
  if (name == kRest) return takes_rest_;
  return std::ranges::any_of(
      segments_, [&](const Segment& segment) { return segment.is_name && segment.text == name; });
}

std::optional<PathPattern::Captures> PathPattern::match(const RequestPath& path) const {
  const std::vector<std::string>& got = path.segments;
  if (takes_rest_ ? got.size() <= segments_.size() : got.size() != segments_.size())
    return std::nullopt;
  Captures captures;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i].is_name && !got[i].empty()) {
      captures.emplace(segments_[i].text, got[i]);
    } else if (segments_[i].is_name || segments_[i].text != got[i]) {
      return std::nullopt;
    }
  }
  if (takes_rest_) {
    const std::vector<std::string> rest(got.begin() + static_cast<std::ptrdiff_t>(segments_.size()),
                                        got.end());
    captures.emplace(kRest, fmt::format("{}", fmt::join(rest, "/")));
  }
  return captures;
}

Result<IdTemplate> IdTemplate::parse(std::string_view text, const PathPattern& pattern) {
  IdTemplate made;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t open = rest.find_first_of("{}");
    if (open != 0) {
      made.parts_.push_back({.text = std::string(rest.substr(0, open)), .is_name = false});
      rest.remove_prefix(std::min(open, rest.size()));
      continue;
    }
    const std::size_t close = rest.find('}');
    if (rest.front() != '{' || close == std::string_view::npos)
      return invalid_argument("`{}`: expected `{{name}}` where there are braces", text);
    const std::string_view name = rest.substr(1, close - 1);
    if (!pattern.has_name(name))
      return invalid_argument("`{}`: the path has no `{{{}}}`", text, name);
    made.parts_.push_back({.text = std::string(name), .is_name = true});
    rest.remove_prefix(close + 1);
  }
  if (made.parts_.empty()) return invalid_argument("expected an id, got an empty text");
  return made;
}

std::string IdTemplate::fill(const PathPattern::Captures& captures) const {
  std::string id;
  for (const Part& part : parts_) {
    if (!part.is_name) {
      id += part.text;
      continue;
    }
    const auto capture = captures.find(part.text);
    WARD_CHECK(capture != captures.end());  // parse() asked the pattern
    id += capture->second;
  }
  return id;
}

std::optional<Route> find_route(const std::vector<RouteRule>& rules, std::string_view host,
                                std::string_view method, const RequestPath& path) {
  for (const RouteRule& rule : rules) {
    if (!rule.host.empty() && !http::equals_ignoring_case(rule.host, host)) continue;
    if (!rule.methods.empty() && std::ranges::find(rule.methods, method) == rule.methods.end())
      continue;
    const std::optional<PathPattern::Captures> captures = rule.path.match(path);
    if (!captures) continue;
    const std::string id = rule.resource_id.fill(*captures);
    if (id.size() > world::kNameBytesMax) return std::nullopt;  // no resource has such a name
    return Route{.action = rule.action, .resource = {.type = rule.resource_type, .id = id}};
  }
  return std::nullopt;
}

}  // namespace ward::enforce
