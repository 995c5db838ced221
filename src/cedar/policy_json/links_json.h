// Links of templates as JSON: [{"template_id", "link_id", "args": {"?principal", "?resource"}}].
//
// Source: the file of template-linked policies of Cedar's command line (SDK 4.12). Entities are
// `User::"ann"` or {"type", "id"}; other members are refused. Errors are kInvalidArgument and lead
// to the member at fault, or kResourceExhausted when a bound is passed.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/authorize/policy_set.h"
#include "codec/json.h"

namespace ward::cedar {

inline constexpr std::size_t kLinksBytesMax = 256u << 20;
inline constexpr std::size_t kLinksValuesMax = 10'000'000;

struct TemplateLink {
  std::string template_id;
  std::string link_id;
  SlotValues values;

  bool operator==(const TemplateLink&) const = default;
};

// Whether templates and slots are there is for PolicySet::link to say.
Result<std::vector<TemplateLink>> parse_links_json(std::string_view text,
                                                   std::string_view source_name);

// What parse_links_json reads back as the same links.
codec::Json links_to_json(std::span<const TemplateLink> links);

}  // namespace ward::cedar
