// Policies are a directory of files; what is checked and tested here is checked again by the server
// before it is published.
#include "base/clock.h"
#include "decide/policies.h"
#include "decide/policy_directory.h"
#include "decide/policy_tests.h"
#include "decide/policy_warnings.h"
#include "os/file_system.h"
#include "ward/admin/v1/admin.pb.h"
#include "ward/commands.h"
#include "ward/finding.h"
#include "ward/output.h"

namespace ward::cli {
namespace {

using namespace admin::v1;

Result<std::vector<world::PolicyFile>> read_directory(const std::string& directory) {
  const os::SystemFileSystem files;
  return decide::read_policy_directory(files, directory);
}

Result<std::vector<cedar::SourcePtr>> sources_of(const std::vector<world::PolicyFile>& files) {
  std::vector<cedar::SourcePtr> out;
  for (const world::PolicyFile& file : files) {
    WARD_TRY(cedar::SourcePtr source,
             cedar::admit_source(file.text, file.name, "text", decide::kPolicyFileBytesMax));
    out.push_back(std::move(source));
  }
  return out;
}

// Whether the set can be used; prints what is wrong with it, with the lines that are at fault.
Result<std::shared_ptr<const decide::Policies>> parse(const std::vector<world::PolicyFile>& files,
                                                      std::vector<Finding>& findings) {
  WARD_TRY(const std::vector<cedar::SourcePtr> sources, sources_of(files));
  auto policies = decide::Policies::parse(files);
  if (!policies.ok()) {
    findings.push_back(finding_of(policies.error().message(), sources));
    return std::shared_ptr<const decide::Policies>();
  }
  const auto warn = [&](const std::vector<std::string>& warnings) {
    for (const std::string& warning : warnings) {
      findings.push_back(finding_of(warning, sources));
      findings.back().is_error = false;
    }
  };
  warn((*policies)->warnings());
  warn(decide::warnings_about_text(**policies));
  return policies;
}

Result<int> check(const std::vector<world::PolicyFile>& files, Format format) {
  std::vector<Finding> findings;
  WARD_TRY(const auto policies, parse(files, findings));
  print_findings(findings, format);
  if (policies == nullptr) return kExitInvalid;
  if (format == Format::kTable) {
    print_line(fmt::format("ok: {} policies in {} files{}", policies->set().size(), files.size(),
                           policies->has_schema() ? ", valid by the schema" : ""));
  }
  return kExitOk;
}

// Prints what does not hold; the exit status.
Result<int> check_and_test(const std::vector<world::PolicyFile>& files) {
  std::vector<Finding> findings;
  WARD_TRY(const auto policies, parse(files, findings));
  print_findings(findings, Format::kTable);
  if (policies == nullptr) return kExitInvalid;
  WARD_TRY(const decide::PolicyTestReport report, decide::run_policy_tests(files, *policies));
  for (const decide::PolicyTestFailure& failure : report.failures) {
    print_line(fmt::format("FAILED {}: {}", printable(failure.test), printable(failure.message)));
    for (const std::string& line : failure.explanation) print_line("  " + printable(line));
  }
  print_line(fmt::format("{} passed, {} failed", report.ran - report.failures.size(),
                         report.failures.size()));
  return report.failures.empty() ? kExitOk : kExitInvalid;
}

}  // namespace

Result<int> check_policies(const Common& common, const std::string& directory) {
  WARD_TRY(const auto files, read_directory(directory));
  return check(files, common.format);
}

Result<int> test_policies(const Common&, const std::string& directory) {
  WARD_TRY(const auto files, read_directory(directory));
  return check_and_test(files);
}

Result<int> apply_policies(const Common& common, const std::string& directory) {
  WARD_TRY(const auto files, read_directory(directory));
  WARD_TRY(const int checked, check_and_test(files));
  if (checked != kExitOk) return checked;
  PublishPoliciesRequest request;
  for (const world::PolicyFile& file : files) {
    fact::v1::PolicyFile& added = *request.add_files();
    added.set_name(file.name);
    added.set_text(file.text);
  }
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<PublishPoliciesResponse>("PublishPolicies", request));
  if (common.format == Format::kJson) {
    WARD_TRY(const std::string json, to_json(response));
    print_line(json);
  } else {
    print_line(
        fmt::format("version {} in force at revision {}", response.version(), response.revision()));
  }
  return kExitOk;
}

Result<int> show_policies(const Common& common, const std::string& file) {
  GetRequest request;
  request.set_kind(ENTITY_KIND_POLICY_SET);
  request.set_id("default");
  WARD_TRY(const auto session, Session::open(common.target));
  WARD_TRY(const auto response, session->call<GetResponse>("Get", request));
  if (common.format == Format::kJson) {
    WARD_TRY(const std::string json, to_json(response.entity()));
    print_line(json);
    return kExitOk;
  }
  bool found = file.empty();
  for (const fact::v1::PolicyFile& shown : response.entity().policy_set().files()) {
    if (!file.empty() && shown.name() != file) continue;
    found = true;
    if (file.empty()) print_line("// " + printable(shown.name()));
    print_line(shown.text());
  }
  if (!found) return make_error(ErrorCode::kNotFound, "the set in force has no file `{}`", file);
  return kExitOk;
}

}  // namespace ward::cli
