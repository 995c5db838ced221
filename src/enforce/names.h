// Names that enforcement points use, as names of the registry.
//
// Subjects become SPIFFE IDs by a template per type. A path of a SPIFFE ID holds letters, digits,
// `.`, `-` and `_` only, and no percent-encoding (SPIFFE-ID 2.2), so ids are escaped: letters,
// digits, `-` and `_` stay, every other byte becomes `.` and two lower-case hex digits.
// `beth@the-smiths.com` is `beth.40the-smiths.2ecom`. Two ids never give one name, and the name
// gives the id back.
//
// Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "spiffe/id.h"
#include "world/entities.h"

namespace ward::enforce {

std::string escape_name(std::string_view id);
// kInvalidArgument for what escape_name() does not write.
Result<std::string> unescape_name(std::string_view name);

// Subject types whose id is a SPIFFE ID itself.
inline constexpr std::string_view kIdentityType = "identity";
inline constexpr std::string_view kSpiffeIdType = "spiffe_id";

struct NameOptions {
  // By subject type, as `spiffe://{trust_domain}/user/{id}`. Operators keep templates apart: types
  // that share one share their subjects.
  std::map<std::string, std::string, std::less<>> subject_templates;
  // By the resource type of the caller, the registered one. A type that is not here stands for
  // itself.
  std::map<std::string, std::string, std::less<>> resource_types;
};

class Names {
 public:
  // kInvalidArgument for a template that is no SPIFFE ID once filled, that does not hold `{id}`
  // exactly once, that speaks for a built-in type, or for a resource type that Cedar cannot name.
  static Result<Names> make(const spiffe::TrustDomain& trust_domain, const NameOptions& options);

  // kNotFound: no template for the type, or the id gives no SPIFFE ID.
  Result<std::string> principal(std::string_view type, std::string_view id) const;
  // kNotFound: the type is none that Cedar can name.
  Result<world::EntityName> resource(std::string_view type, std::string_view id) const;

 private:
  struct Template {
    std::string before, after;  // of the escaped id
  };

  Names() = default;
  std::map<std::string, Template, std::less<>> templates_;
  std::map<std::string, std::string, std::less<>> resource_types_;
};

}  // namespace ward::enforce
