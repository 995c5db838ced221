// Which action on which resource a request is: rules of method and path, the first that fits.
//
// Patterns are matched segment by segment against a decoded path (request_path.h): `/records/{id}`
// takes one segment, never empty, under the name `id`; `/static/**` takes all that is left, at
// least one segment, under the name `**`. Ids are made of literals and `{name}`.
//
// Plain values; any thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "enforce/request_path.h"
#include "world/entities.h"

namespace ward::enforce {

inline constexpr std::size_t kRouteRulesMax = 4096;

class PathPattern {
 public:
  using Captures = std::map<std::string, std::string, std::less<>>;

  // kInvalidArgument: not `/` first, a name twice or empty, `**` not last, braces that are no name.
  static Result<PathPattern> parse(std::string_view text);

  std::optional<Captures> match(const RequestPath& path) const;
  bool has_name(std::string_view name) const;

 private:
  struct Segment {
    std::string text;  // literal, or name of the capture
    bool is_name = false;
  };

  PathPattern() = default;
  std::vector<Segment> segments_;
  bool takes_rest_ = false;
};

// A text with `{name}` in it.
class IdTemplate {
 public:
  // kInvalidArgument: braces that are no name, or a name that `pattern` does not have.
  static Result<IdTemplate> parse(std::string_view text, const PathPattern& pattern);
  std::string fill(const PathPattern::Captures& captures) const;

 private:
  struct Part {
    std::string text;
    bool is_name = false;
  };

  IdTemplate() = default;
  std::vector<Part> parts_;
};

struct RouteRule {
  std::string host;                  // lower case, without port; empty: any
  std::vector<std::string> methods;  // as they are sent; empty: any
  PathPattern path;
  std::string action;
  std::string resource_type;
  IdTemplate resource_id;
};

struct Route {
  std::string action;
  world::EntityName resource;
};

// The first rule that fits; nothing when none does. A host in another case fits, one with a port
// does not.
std::optional<Route> find_route(const std::vector<RouteRule>& rules, std::string_view host,
                                std::string_view method, const RequestPath& path);

}  // namespace ward::enforce
