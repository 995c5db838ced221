#include "enforce/names.h"

#include <utility>

#include "cedar/value/entity_uid.h"
#include "cedar/value/identifier.h"
#include "codec/hex.h"

namespace ward::enforce {
namespace {

constexpr std::string_view kIdHole = "{id}";
constexpr std::string_view kTrustDomainHole = "{trust_domain}";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool is_built_in(std::string_view type) {
  return type == kIdentityType || type == kSpiffeIdType;
}

}  // namespace

std::string escape_name(std::string_view id) {
  std::string name;
  name.reserve(id.size());
  for (const char c : id) {
    if (is_plain(c)) {
      name.push_back(c);
    } else {
      name.push_back('.');
      name += codec::encode_hex(as_bytes({&c, 1}));
    }
  }
  return name;
}

Result<std::string> unescape_name(std::string_view name) {
  std::string id;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '.') {
      id.push_back(name[i]);
      continue;
    }
    WARD_TRY(const Bytes byte, codec::decode_hex(name.substr(i + 1, 2)));
    if (byte.size() != 1)
      return invalid_argument("`{}`: expected two hex digits after each dot", name);
    id += as_text(byte);
    i += 2;
  }
  // One spelling each: what needs no escape has none, and hex is in lower case.
  if (escape_name(id) != name) return invalid_argument("`{}` is no escaped name", name);
  return id;
}

Result<Names> Names::make(const spiffe::TrustDomain& trust_domain, const NameOptions& options) {
  Names names;
  for (const auto& [type, text] : options.subject_templates) {
    if (is_built_in(type))
      return invalid_argument("subject type `{}`: its ids are SPIFFE IDs already", type);
    std::string filled = text;
    if (const auto at = filled.find(kTrustDomainHole); at != std::string::npos)
      filled.replace(at, kTrustDomainHole.size(), trust_domain.name());
    const auto at = filled.find(kIdHole);
    if (at == std::string::npos || filled.find(kIdHole, at + 1) != std::string::npos) {
      return invalid_argument("subject type `{}`: expected `{}` once in `{}`", type, kIdHole, text);
    }
    Template made{.before = filled.substr(0, at), .after = filled.substr(at + kIdHole.size())};
    WARD_TRY(const auto sample, spiffe::SpiffeId::parse(made.before + "x" + made.after)
                                    .in(fmt::format("subject type `{}`", type)));
    // An id must never choose its own trust domain.
    if (made.before.size() <= sample.trust_domain().id().size())
      return invalid_argument("subject type `{}`: expected `{}` in the path of `{}`", type, kIdHole,
                              text);
    names.templates_.emplace(type, std::move(made));
  }
  for (const auto& [from, to] : options.resource_types) {
    WARD_RETURN_IF_ERROR(cedar::EntityType::parse(to).in(fmt::format("resource type `{}`", from)));
    names.resource_types_.emplace(from, to);
  }
  return names;
}

Result<std::string> Names::principal(std::string_view type, std::string_view id) const {
  std::string name;
  if (is_built_in(type)) {
    name = id;
  } else {
    const auto found = templates_.find(type);
    if (found == templates_.end())
      return make_error(ErrorCode::kNotFound, "no subjects of type `{}`", type);
    if (id.empty()) return make_error(ErrorCode::kNotFound, "no subject has an empty id");
    name = found->second.before + escape_name(id) + found->second.after;
  }
  const auto parsed = spiffe::SpiffeId::parse(name);
  if (!parsed.ok()) return Error(ErrorCode::kNotFound, parsed.error().message());
  return name;
}

Result<world::EntityName> Names::resource(std::string_view type, std::string_view id) const {
  const auto found = resource_types_.find(type);
  const std::string_view name = found == resource_types_.end() ? type : found->second;
  if (!cedar::is_type_name(name))
    return make_error(ErrorCode::kNotFound, "no resources of type `{}`", type);
  return world::EntityName{.type = name, .id = id};
}

}  // namespace ward::enforce
