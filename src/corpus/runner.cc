#include "corpus/runner.h"

#include <fmt/format.h>

#include <utility>

#include "base/bytes.h"
#include "cedar/engine/engine.h"
#include "cedar/validate/validator.h"
#include "corpus/input_loader.h"
#include "corpus/test_file.h"
#include "corpus/test_paths.h"
#include "corpus/walk.h"

namespace ward::corpus {
namespace {

constexpr std::string_view kValidityCheck = "shouldValidate";
constexpr std::string_view kFileCheck = "file";

// Empty when the policy is strictly valid, else its first error.
Result<std::string> first_error(const std::string& id, const cedar::PolicyTree& policy,
                                const cedar::Schema& schema) {
  WARD_TRY(const cedar::PolicyValidation got, cedar::validate_policy(policy, schema).in(id));
  if (got.ok()) return std::string();
  const cedar::ValidationError& first = got.errors.front();
  return fmt::format("{}: {}: {}: {}", id, policy.source->place(first.span.begin),
                     validation_error_kind_name(first.kind), first.message);
}

Result<std::string> first_error(const cedar::PolicySet& policies, const cedar::Schema& schema) {
  for (const auto& [id, each] : policies.templates()) {
    WARD_TRY(std::string error, first_error(id, *each.tree, schema));
    if (!error.empty()) return error;
  }
  for (const auto& [id, policy] : policies.policies()) {
    const cedar::PolicyTreePtr tree =
        policy.is_link() ? cedar::fill_slots(policy.tree(), policy.slots()) : policy.shared_tree();
    WARD_TRY(std::string error, first_error(id, *tree, schema));
    if (!error.empty()) return error;
  }
  return std::string();
}

std::string validity_difference(bool should_validate, const TestInput& input) {
  const auto error = first_error(input.policies, *input.schema);
  if (!error.ok()) return fmt::format("cannot be validated: {}", error.error().text());
  if (error->empty() == should_validate) return "";
  return should_validate ? fmt::format("expected no error of validation, got {}", *error)
                         : "expected an error of validation, got none";
}

// One decision after the other on the policies and entities of one test.
class Decider {
 public:
  Decider(const TestInput& input, cedar::Workspace& workspace)
      : input_(input),
        policies_(cedar::CompiledPolicies::compile(input.policies)),
        workspace_(workspace) {}

  // What differs from what the request expects.
  std::string difference(const TestRequest& asked) const {
    const auto request = build_request(asked, *input_.schema);
    if (!request.ok()) {
      return fmt::format("the request cannot be built: {}", request.error().text());
    }
    const cedar::Query query(*request);
    const cedar::Answer answer = cedar::decide(*policies_, query, *input_.entities, workspace_);
    return corpus::difference(asked.expected,
                              cedar::response(answer, *policies_, query, *input_.entities));
  }

 private:
  const TestInput& input_;
  std::shared_ptr<const cedar::CompiledPolicies> policies_;
  cedar::Workspace& workspace_;
};

class Run {
 public:
  Run(const os::FileSystem& files, const std::string& directory, Exclusions& exclusions,
      const std::function<void(const Difference&)>& take)
      : files_(files),
        directory_(directory),
        exclusions_(exclusions),
        take_(take),
        loader_(files, directory) {}

  Result<CorpusTotals> run() {
    WARD_TRY(const std::vector<FoundFile> found, find_json_files(files_, directory_));
    for (const FoundFile& each : found) {
      path_ = each.path;
      const auto json = each.error ? Result<codec::Json>(*each.error) : read();
      if (!json.ok()) {
        conclude({std::string(kFileCheck)}, json.error().text());
      } else if (const codec::Json* requests = json->find("requests")) {
        run_test(*json, *requests);
      }
    }
    return totals_;
  }

 private:
  Result<codec::Json> read() const {
    WARD_TRY(const Bytes bytes,
             files_.read_file(join_path(directory_, path_), kTestJsonLimits.max_bytes));
    return codec::parse_json(as_text(bytes), kTestJsonLimits);
  }

  void run_test(const codec::Json& json, const codec::Json& requests) {
    ++totals_.tests;
    const std::vector<std::string> checks = checks_of(json, requests);
    if (are_excluded(checks)) return;
    const auto test = read_test_file(json);
    if (!test.ok()) return conclude(checks, "cannot be loaded: " + test.error().text());
    const auto input = loader_.load(*test, path_);
    if (!input.ok()) return conclude(checks, "cannot be loaded: " + input.error().text());
    if (!test->is_application) {
      conclude(kValidityCheck, [&] { return validity_difference(test->should_validate, *input); });
    }
    const Decider decider(*input, workspace_);
    for (std::size_t i = 0; i < test->requests.size(); ++i) {
      conclude(request_check(i), [&] { return decider.difference(test->requests[i]); });
    }
  }

  static std::string request_check(std::size_t index) { return fmt::format("request:{}", index); }

  // What a test would be checked for, whether it can be loaded or not. One that says nothing that
  // could be checked because `requests` is no array is a file that cannot be read.
  static std::vector<std::string> checks_of(const codec::Json& json, const codec::Json& requests) {
    std::vector<std::string> out;
    if (json.find("app") == nullptr) out.emplace_back(kValidityCheck);
    const codec::JsonArray* array = requests.if_array();
    if (array == nullptr && out.empty()) out.emplace_back(kFileCheck);
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      out.push_back(request_check(i));
    }
    return out;
  }

  // When all of them are, they are counted and need no more work.
  bool are_excluded(const std::vector<std::string>& checks) {
    for (const std::string& each : checks) {
      if (!exclusions_.excludes(path_, each)) return false;
    }
    totals_.skipped += checks.size();
    return true;
  }

  void conclude(const std::vector<std::string>& checks, const std::string& detail) {
    for (const std::string& each : checks) {
      conclude(each, [&] { return detail; });
    }
  }

  template <typename Compare>
  void conclude(std::string_view check, Compare compare) {
    if (exclusions_.excludes(path_, check)) {
      ++totals_.skipped;
      return;
    }
    std::string detail = compare();
    if (detail.empty()) {
      ++totals_.equal;
      return;
    }
    ++totals_.different;
    if (detail.size() > kDetailBytesMax) {
      detail.resize(kDetailBytesMax);
      detail += "...";
    }
    take_({path_, std::string(check), std::move(detail)});
  }

  const os::FileSystem& files_;
  const std::string& directory_;
  Exclusions& exclusions_;
  const std::function<void(const Difference&)>& take_;
  InputLoader loader_;
  cedar::Workspace workspace_;
  CorpusTotals totals_;
  std::string path_;  // of the file at hand
};

}  // namespace

Result<CorpusTotals> run_corpus(const os::FileSystem& files, const std::string& directory,
                                Exclusions& exclusions,
                                const std::function<void(const Difference&)>& take) {
  return Run(files, directory, exclusions, take).run();
}

}  // namespace ward::corpus
