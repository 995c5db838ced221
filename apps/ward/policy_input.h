// What the tools that need no server read: policies, templates and schemas, as text or JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/authorize/policy_set.h"
#include "cedar/entity/entities.h"
#include "cedar/evaluate/request.h"
#include "cedar/schema/schema.h"
#include "cedar/syntax/source.h"

namespace ward::cli {

// Reads files and keeps their texts, so that messages can show the line that they mean. `-` is
// standard input, which is called `<stdin>` and can be read once. A text is JSON when its name ends
// in `.json` or its first character, but for space, is `{` or `[`. One thread.
class PolicyInput {
 public:
  // kInvalidArgument for what is no UTF-8, kResourceExhausted beyond `max_bytes`.
  Result<cedar::SourcePtr> read(const std::string& path, std::size_t max_bytes);

  // The files that the paths mean: of a directory its *.cedar, of which it has one at least.
  static Result<std::vector<std::string>> files_of(const std::vector<std::string>& paths);

  // One file of policies and templates: text, or the JSON of a set or of one policy. In a text an
  // id is the @id, else `policyN` by position from `first`; a set has its own.
  Result<cedar::PolicySet> policies(const std::string& path, std::size_t first = 0);
  // All policies of files and directories, positions counted on from one to the next. An id that
  // two use is kAlreadyExists unless both are the same.
  Result<cedar::PolicySet> all_policies(const std::vector<std::string>& paths);
  Result<cedar::SchemaFragment> schema_fragment(const std::string& path);
  Result<cedar::Schema> schema(const std::string& path);

  // By the schema when there is one, which may be null. No path: no entities but its actions.
  Result<cedar::Entities> entities(const std::string& path, const cedar::Schema* schema);
  Result<std::vector<cedar::Request>> requests(const std::string& path,
                                               const cedar::Schema* schema);

  const std::vector<cedar::SourcePtr>& sources() const { return sources_; }

 private:
  std::vector<cedar::SourcePtr> sources_;
  bool has_read_stdin_ = false;
};

bool is_json(const cedar::SourceText& source);

// The entity that a flag names: `Type::"id"`, or `Type::id` for shells.
Result<cedar::EntityUid> entity_of_flag(std::string_view flag, std::string_view text);

}  // namespace ward::cli
