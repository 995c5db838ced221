#include "corpus/input_loader.h"

#include <fmt/format.h>

#include <utility>

#include "base/bytes.h"
#include "cedar/entity/value_json.h"
#include "cedar/policy_json/policy_set_json.h"
#include "cedar/syntax/parser.h"
#include "codec/json_reader.h"
#include "corpus/test_paths.h"

namespace ward::corpus {
namespace {

Result<void> check_paths(const TestFile& test) {
  WARD_RETURN_IF_ERROR(check_test_path(test.policies).in("policies"));
  WARD_RETURN_IF_ERROR(check_test_path(test.entities).in("entities"));
  WARD_RETURN_IF_ERROR(check_test_path(test.schema).in("schema"));
  if (test.links) WARD_RETURN_IF_ERROR(check_test_path(*test.links).in("links"));
  return {};
}

Result<cedar::PolicySet> application_policies(std::string_view text, const std::string& name) {
  WARD_TRY(const auto trees, cedar::parse_policy_trees(text, name));
  cedar::PolicySet out;
  std::size_t statics = 0;
  for (const cedar::PolicyTreePtr& tree : trees) {
    if (!tree->is_template()) {
      WARD_RETURN_IF_ERROR(out.add(fmt::format("static{}", statics++), tree));
      continue;
    }
    const auto id = tree->annotation("id");
    if (!id) {
      return invalid_argument("{}: expected an @id, by which links call a template",
                              tree->source->place(tree->span.begin));
    }
    WARD_RETURN_IF_ERROR(out.add(std::string(*id), tree));
  }
  return out;
}

Result<void> add_link(cedar::PolicySet& policies, const codec::Json& json) {
  WARD_TRY(codec::JsonReader reader, codec::JsonReader::of(json, "link"));
  WARD_TRY(const std::string_view name, reader.string("template_name"));
  WARD_TRY(const codec::Json* principal_json, reader.any("principal"));
  WARD_TRY(const codec::Json* resource_json, reader.any("resource"));
  WARD_RETURN_IF_ERROR(reader.no_other_names());
  WARD_TRY(cedar::EntityUid principal, cedar::uid_from_json(*principal_json));
  WARD_TRY(cedar::EntityUid resource, cedar::uid_from_json(*resource_json));
  std::string id = fmt::format("{}:{}::{}:{}::{}", name, principal.type().name(), principal.id(),
                               resource.type().name(), resource.id());
  return policies.link(name, std::move(id),
                       {.principal = std::move(principal), .resource = std::move(resource)});
}

}  // namespace

InputLoader::InputLoader(const os::FileSystem& files, const std::string& directory)
    : files_(files), directory_(directory) {}

Result<TestInput> InputLoader::load(const TestFile& test, std::string_view path) {
  WARD_RETURN_IF_ERROR(check_paths(test));
  std::string base(folder_of(path));
  if (!test.is_application) {
    WARD_TRY(base, find_base_folder(files_, directory_, path, test.policies));
  }
  const std::string schema_path = join_path(base, test.schema);
  TestInput out;
  WARD_TRY(out.schema, load_schema(schema_path, test.schema_form).in("schema"));
  WARD_TRY(out.entities,
           load_entities(join_path(base, test.entities), schema_path, *out.schema).in("entities"));
  WARD_TRY(out.policies, load_policies(test, base).in("policies"));
  if (test.links) {
    WARD_RETURN_IF_ERROR(add_links(out.policies, join_path(base, *test.links)).in("links"));
  }
  return out;
}

Result<std::string> InputLoader::read_text(const std::string& path, std::size_t max_bytes) const {
  WARD_TRY(const bool is_there, path_exists(files_, directory_, path));
  if (!is_there) return make_error(ErrorCode::kNotFound, "there is no `{}`", path);
  const std::string whole = join_path(directory_, path);
  WARD_TRY(const auto status, files_.status(whole));
  if (!status || status->kind != os::FileKind::kRegular) {
    return invalid_argument("`{}` is no regular file", path);
  }
  WARD_TRY(const Bytes bytes, files_.read_file(whole, max_bytes));
  return std::string(as_text(bytes));
}

InputLoader::Schemas::Made InputLoader::load_schema(const std::string& path, TextForm form) {
  const std::string key = fmt::format("{} {}", form == TextForm::kJson ? "json" : "cedar", path);
  if (const Schemas::Made* kept = schemas_.find(key)) return *kept;
  WARD_TRY(const std::string text, read_text(path, cedar::SchemaLimits().max_bytes));
  auto schema = form == TextForm::kJson ? cedar::Schema::from_json(text, path)
                                        : cedar::Schema::from_text(text, path);
  Schemas::Made made =
      schema.ok() ? Schemas::Made(std::make_shared<const cedar::Schema>(*std::move(schema)))
                  : Schemas::Made(schema.error());
  schemas_.keep(key, made, text.size());
  return made;
}

InputLoader::EntitySets::Made InputLoader::load_entities(const std::string& path,
                                                         const std::string& schema_path,
                                                         const cedar::Schema& schema) {
  const std::string key = fmt::format("{}\n{}", path, schema_path);
  if (const EntitySets::Made* kept = entities_.find(key)) return *kept;
  WARD_TRY(const std::string text, read_text(path, cedar::EntitiesLimits().max_json_bytes));
  auto entities = cedar::Entities::from_json(text, schema);
  EntitySets::Made made =
      entities.ok()
          ? EntitySets::Made(std::make_shared<const cedar::Entities>(*std::move(entities)))
          : EntitySets::Made(entities.error().in(path));
  entities_.keep(key, made, text.size());
  return made;
}

Result<cedar::PolicySet> InputLoader::load_policies(const TestFile& test,
                                                    const std::string& base) const {
  const std::string path = join_path(base, test.policies);
  const bool is_json = test.policy_form == TextForm::kJson;
  WARD_TRY(const std::string text, read_text(path, is_json ? cedar::PolicyJsonLimits().max_bytes
                                                           : cedar::PolicyLimits().max_bytes));
  if (test.is_application) return application_policies(text, path);
  return is_json ? cedar::parse_policy_set_json(text, path) : cedar::parse_policies(text, path);
}

Result<void> InputLoader::add_links(cedar::PolicySet& policies, const std::string& path) const {
  WARD_TRY(const std::string text, read_text(path, kTestJsonLimits.max_bytes));
  WARD_TRY(const codec::Json json, codec::parse_json(text, kTestJsonLimits).in(path));
  const codec::JsonArray* links = json.if_array();
  if (links == nullptr) {
    return invalid_argument("{}: expected an array, got {}", path,
                            codec::json_kind_name(json.kind()));
  }
  std::size_t index = 0;
  for (const codec::Json& each : *links) {
    WARD_RETURN_IF_ERROR(add_link(policies, each).in(fmt::format("{}[{}]", path, index++)));
  }
  return {};
}

}  // namespace ward::corpus
