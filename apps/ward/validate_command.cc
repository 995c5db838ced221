// `ward policy validate`: policies held against a schema, and all that is wrong with them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cedar/validate/text_warnings.h"
#include "cedar/validate/validator.h"
#include "ward/commands.h"
#include "ward/finding.h"
#include "ward/policy_input.h"
#include "ward/policy_tools.h"

namespace ward::cli {
namespace {

class Validation {
 public:
  explicit Validation(const PolicyValidateFlags& flags) : flags_(flags) {
    options_.mode = flags.mode == "permissive" ? cedar::ValidationMode::kPermissive
                                               : cedar::ValidationMode::kStrict;
    options_.level = flags.level;
  }

  int run(Format format) {
    const auto schema = input_.schema(flags_.schema);
    if (!schema.ok()) {
      add_failure(schema.error());
    } else if (const auto files = PolicyInput::files_of(flags_.paths); !files.ok()) {
      add_failure(files.error());
    } else {
      for (const std::string& file : *files) validate_file(file, *schema);
    }
    print_findings(findings_, format);
    if (format == Format::kTable && !has_failed_) print_line(summary());
    if (has_failed_) return kExitFailure;
    return errors() == 0 ? kExitOk : kExitInvalid;
  }

 private:
  void validate_file(const std::string& file, const cedar::Schema& schema) {
    const auto set = input_.policies(file);
    if (!set.ok()) return add_failure(set.error());
    const std::size_t before = findings_.size();
    for (const auto& [id, each] : set->templates()) validate(id, *each.tree, schema);
    for (const auto& [id, policy] : set->policies()) {
      if (policy.is_link()) {
        validate(id, *cedar::fill_slots(policy.tree(), policy.slots()), schema);
      } else {
        validate(id, policy.tree(), schema);
      }
    }
    sort_findings(std::span(findings_).subspan(before));
  }

  void validate(const std::string& id, const cedar::PolicyTree& policy,
                const cedar::Schema& schema) {
    ++policies_;
    const auto got = cedar::validate_policy(policy, schema, options_);
    if (!got.ok()) return add_failure(got.error().in(policy.source->place(policy.span.begin)));
    const auto add = [&](bool is_error, std::string_view kind, std::string_view message,
                         cedar::Span span) {
      findings_.push_back({.is_error = is_error,
                           .policy = id,
                           .kind = std::string(kind),
                           .message = std::string(message),
                           .source = policy.source,
                           .span = span});
    };
    for (const cedar::ValidationError& each : got->errors) {
      add(true, validation_error_kind_name(each.kind), each.message, each.span);
    }
    if (got->is_impossible) {
      add(false, "ImpossiblePolicy", "can never apply to a request that the schema allows",
          policy.span);
    }
    for (const cedar::TextWarning& each : cedar::text_warnings(policy)) {
      add(false, text_warning_kind_name(each.kind), each.message, each.span);
    }
  }

  // What could not be read or parsed; the other files are looked at still.
  void add_failure(const Error& error) {
    has_failed_ = true;
    findings_.push_back(finding_of(error.message(), input_.sources()));
  }

  std::size_t errors() const {
    return static_cast<std::size_t>(std::ranges::count_if(findings_, &Finding::is_error));
  }

  std::string summary() const {
    return fmt::format("{}: {} policies, {} errors, {} warnings",
                       errors() == 0 ? "valid" : "not valid", policies_, errors(),
                       findings_.size() - errors());
  }

  const PolicyValidateFlags& flags_;
  cedar::ValidationOptions options_;
  PolicyInput input_;
  std::vector<Finding> findings_;
  std::size_t policies_ = 0;
  bool has_failed_ = false;
};

}  // namespace

Result<int> validate_policy_files(Format format, const PolicyValidateFlags& flags) {
  return Validation(flags).run(format);
}

}  // namespace ward::cli
