#include "ward/policy_input.h"

#include <fmt/format.h>

#include <iostream>
#include <utility>

#include "base/bytes.h"
#include "cedar/entity/request_json.h"
#include "cedar/policy_json/policy_set_json.h"
#include "cedar/schema/schema_json.h"
#include "cedar/schema/schema_text.h"
#include "cedar/syntax/parser.h"
#include "codec/json.h"
#include "decide/policy_directory.h"
#include "os/file_system.h"
#include "ward/text_input.h"

namespace ward::cli {
namespace {

Result<std::string> read_stdin(std::size_t max_bytes) {
  std::string text;
  char block[64 << 10];
  while (text.size() <= max_bytes && std::cin) {
    std::cin.read(block, sizeof block);
    text.append(block, static_cast<std::size_t>(std::cin.gcount()));
  }
  if (std::cin.bad()) return make_error(ErrorCode::kUnavailable, "<stdin>: cannot be read");
  return text;
}

Result<std::vector<std::string>> files_in(const os::FileSystem& files, const std::string& path) {
  WARD_TRY(const std::vector<std::string> names,
           files.list_directory(path, decide::kPolicyDirectoryNamesMax));
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (!name.ends_with(".cedar") || name.starts_with('.')) continue;
    out.push_back(path.ends_with('/') ? path + name : path + "/" + name);
  }
  if (out.empty()) {
    return make_error(ErrorCode::kNotFound, "`{}`: expected a directory with *.cedar, got none",
                      path);
  }
  return out;
}

Result<cedar::PolicySet> policies_of_text(const cedar::SourceText& source, std::size_t first) {
  WARD_TRY(const auto trees, cedar::parse_policy_trees(source.text, source.name));
  cedar::PolicySet set;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    const auto given = trees[i]->annotation("id");
    const std::string place = trees[i]->source->place(trees[i]->span.begin);
    if (given && given->empty()) {
      return invalid_argument("{}: expected an id in @id, got an empty one", place);
    }
    std::string id = given ? std::string(*given) : fmt::format("policy{}", first + i);
    WARD_RETURN_IF_ERROR(set.add(std::move(id), trees[i]).in(place));
  }
  return set;
}

Result<cedar::PolicySet> policies_of_json(const cedar::SourceText& source, std::size_t first) {
  const cedar::PolicyJsonLimits limits;
  WARD_TRY(const codec::Json json,
           codec::parse_json(source.text, {.max_bytes = limits.max_bytes,
                                           .max_depth = cedar::kPolicyJsonDepthMax,
                                           .max_values = limits.max_values})
               .in(source.name));
  if (json.find("effect") == nullptr) return cedar::policy_set_from_json(json, source.name);
  WARD_TRY(cedar::PolicyTreePtr tree, cedar::policy_from_json(json, source.name));
  const auto given = tree->annotation("id");
  cedar::PolicySet set;
  WARD_RETURN_IF_ERROR(set.add(
      given && !given->empty() ? std::string(*given) : fmt::format("policy{}", first), tree));
  return set;
}

}  // namespace

bool is_json(const cedar::SourceText& source) {
  if (source.name.ends_with(".json")) return true;
  const std::size_t at = source.text.find_first_not_of(" \t\r\n");
  return at != std::string::npos && (source.text[at] == '{' || source.text[at] == '[');
}

Result<cedar::EntityUid> entity_of_flag(std::string_view flag, std::string_view text) {
  WARD_TRY(const auto pair, parse_entity(text).in(flag));
  return cedar::EntityUid::of(pair.first, pair.second).in(flag);
}

Result<cedar::SourcePtr> PolicyInput::read(const std::string& path, std::size_t max_bytes) {
  std::string text;
  if (path == "-") {
    if (std::exchange(has_read_stdin_, true)) {
      return invalid_argument("expected `-` once, as standard input can be read once");
    }
    WARD_TRY(text, read_stdin(max_bytes));
  } else {
    const os::SystemFileSystem files;
    WARD_TRY(const Bytes bytes, files.read_file(path, max_bytes));
    text = as_text(bytes);
  }
  WARD_TRY(cedar::SourcePtr source,
           cedar::admit_source(text, path == "-" ? "<stdin>" : path, "text", max_bytes));
  sources_.push_back(source);
  return source;
}

Result<std::vector<std::string>> PolicyInput::files_of(const std::vector<std::string>& paths) {
  const os::SystemFileSystem files;
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    const auto status =
        path == "-" ? Result<std::optional<os::FileStatus>>(std::nullopt) : files.status(path);
    WARD_RETURN_IF_ERROR(status.ok() ? Result<void>() : Result<void>(status.error()));
    if (!*status || (*status)->kind != os::FileKind::kDirectory) {
      out.push_back(path);
      continue;
    }
    WARD_TRY(const auto found, files_in(files, path));
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

Result<cedar::PolicySet> PolicyInput::policies(const std::string& path, std::size_t first) {
  WARD_TRY(const cedar::SourcePtr source, read(path, cedar::PolicyJsonLimits().max_bytes));
  return is_json(*source) ? policies_of_json(*source, first) : policies_of_text(*source, first);
}

Result<cedar::PolicySet> PolicyInput::all_policies(const std::vector<std::string>& paths) {
  WARD_TRY(const auto files, files_of(paths));
  cedar::PolicySet out;
  for (const std::string& file : files) {
    WARD_TRY(cedar::PolicySet set, policies(file, out.size() + out.templates().size()));
    if (files.size() == 1) return set;
    WARD_TRY(const auto renamed, out.merge(set, false).in(file));
  }
  return out;
}

Result<cedar::SchemaFragment> PolicyInput::schema_fragment(const std::string& path) {
  WARD_TRY(const cedar::SourcePtr source, read(path, cedar::SchemaLimits().max_bytes));
  return is_json(*source) ? cedar::parse_schema_json(source->text, source->name)
                          : cedar::parse_schema_text(source->text, source->name);
}

Result<cedar::Schema> PolicyInput::schema(const std::string& path) {
  WARD_TRY(const cedar::SchemaFragment fragment, schema_fragment(path));
  return cedar::Schema::resolve({&fragment, 1});
}

Result<cedar::Entities> PolicyInput::entities(const std::string& path,
                                              const cedar::Schema* schema) {
  std::string text = "[]";
  std::string name = "--schema";
  if (!path.empty()) {
    WARD_TRY(const cedar::SourcePtr source, read(path, cedar::EntitiesLimits().max_json_bytes));
    name = source->name;
    text = source->text;
  }
  auto entities = schema == nullptr ? cedar::Entities::from_json(text)
                                    : cedar::Entities::from_json(text, *schema);
  return std::move(entities).in(name);
}

Result<std::vector<cedar::Request>> PolicyInput::requests(const std::string& path,
                                                          const cedar::Schema* schema) {
  WARD_TRY(const cedar::SourcePtr source, read(path, cedar::kRequestsBytesMax));
  return cedar::parse_requests(source->text, source->name, schema);
}

}  // namespace ward::cli
