// No payload but the one token joins, and a refusal says nothing of what was sent.
#include <cstdlib>
#include <string>

#include "attest/join_token.h"

namespace {

using namespace ward;

constexpr WallTime kNow{std::chrono::seconds{1'700'000'000}};
constexpr std::string_view kToken = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

world::World world_with_token() {
  const world::JoinToken token{.sha256 = attest::join_token_name(as_bytes(kToken)),
                               .node = {},
                               .expires = kNow + std::chrono::hours{1}};
  return world::apply({}, 1, {kNow, "system", "", world::JoinTokenCreated{token}}).value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const world::World world = world_with_token();
  static const attest::NodeConversation about{
      .trust_domain = spiffe::TrustDomain::parse("example.org").value(), .agent_key = {}};
  const std::string_view payload = as_text({data, size});
  const auto attestation = attest::JoinTokenAttestor().begin(about, world, kNow);
  const auto step = attestation->start(as_bytes(payload));
  if (step.ok() != (payload == kToken)) std::abort();
  if (step.ok()) return 0;
  static const std::string malformed =
      attest::JoinTokenAttestor().begin(about, world, kNow)->start({}).error().message();
  const std::string& message = step.error().message();
  if (message != malformed && message != attest::join_token_refused().message()) std::abort();
  return 0;
}
