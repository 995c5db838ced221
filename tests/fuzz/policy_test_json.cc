// A policy test file. Whatever is read as one ran every test and explains what failed.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "decide/policy_tests.h"
#include "decide/shipped.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace decide = ward::decide;
  static const auto policies =
      decide::Policies::parse({{"default.cedar", std::string(decide::shipped_default_policies())}});
  const auto report = decide::run_policy_test_file(
      {"input.test.json", std::string(ward::as_text({data, size}))}, **policies);
  if (!report.ok()) return 0;
  WARD_CHECK(report->ran > 0 && report->failures.size() <= report->ran);
  for (const auto& failure : report->failures) WARD_CHECK(!failure.explanation.empty());
  return 0;
}
