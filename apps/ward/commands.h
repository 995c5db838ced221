// What the commands do, apart from their flags (main.cc). Each returns the exit status of the
// process: 0 done or allow, 1 failure, 2 deny, 3 a policy set that does not hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ward/output.h"
#include "ward/session.h"

namespace ward::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitDeny = 2;
inline constexpr int kExitInvalid = 3;
inline constexpr int kExitNotRun = 2;  // of `policy corpus`: nothing could be checked

struct Common {
  Target target;
  Format format = Format::kTable;
  std::string reason;  // kept with the fact
};

// registry_commands.cc: things that are put, listed, shown and removed.

// `identity`, `owner`, `registration`, `node`, `resource`, `segment`, `flow`, `policy-set`,
// `revocation`, `key-slot`
Result<int> list_entities(const Common& common, const std::string& kind, const std::string& prefix);
Result<int> show_entity(const Common& common, const std::string& kind, const std::string& id);

struct IdentityFlags {
  std::string id, identity_class = "workload", owner, environment, segment;
  std::vector<std::string> labels;
  std::uint32_t credential_age_max_s = 0, x509_ttl_s = 0, jwt_ttl_s = 0;
};
Result<int> put_identity(const Common& common, const IdentityFlags& flags);
Result<int> set_identity_status(const Common& common, const std::string& id,
                                const std::string& status);
struct OwnerFlags {
  std::string id, kind = "team", contact;
  bool gone = false;
};
Result<int> put_owner(const Common& common, const OwnerFlags& flags);
struct RegistrationFlags {
  std::string id, spiffe_id, parent, hint;
  std::vector<std::string> selectors, dns_names;
  std::uint32_t x509_ttl_s = 0, jwt_ttl_s = 0;
};
Result<int> put_registration(const Common& common, const RegistrationFlags& flags);
struct ResourceFlags {
  std::string name, owner, environment, segment;
  std::vector<std::string> attributes, parents;
};
Result<int> put_resource(const Common& common, const ResourceFlags& flags);
Result<int> put_segment(const Common& common, const std::string& id,
                        const std::string& description);
Result<int> set_flow(const Common& common, const std::string& from, const std::string& to,
                     const std::string& action, bool is_open);
Result<int> ban_node(const Common& common, const std::string& id, bool is_banned);
Result<int> remove_entity(const Common& common, const std::string& kind, const std::string& id);

// control_commands.cc

Result<int> create_join_token(const Common& common, const std::string& node, std::uint32_t ttl_s);
struct AskFlags {
  std::string principal, action, resource, context = "{}";
};
Result<int> ask(const Common& common, const AskFlags& flags);
struct RevokeFlags {
  std::string kind, id, receipt_file;
  bool wait = false;
  std::uint32_t timeout_ms = 5000;
};
Result<int> revoke(const Common& common, const RevokeFlags& flags);
Result<int> restore(const Common& common, const std::string& kind, const std::string& id);
Result<int> status(const Common& common);
Result<int> rotate_authority(const Common& common, const std::string& kind,
                             const std::string& step);
Result<int> show_bundle(const Common& common, const std::string& form);

// policy_commands.cc

Result<int> check_policies(const Common& common, const std::string& directory);
Result<int> test_policies(const Common& common, const std::string& directory);
Result<int> apply_policies(const Common& common, const std::string& directory);
Result<int> show_policies(const Common& common, const std::string& file);

// corpus_command.cc

struct PolicyCorpusFlags {
  std::string directory;
  std::vector<std::string> exclusion_files;
  Format format = Format::kTable;
};
// Says itself what went wrong, as its exit status is another: 0 nothing differs, 1 something does,
// kExitNotRun.
int run_policy_corpus(const PolicyCorpusFlags& flags);

// workload_commands.cc: a workload's side, on an agent's socket

struct WorkloadFlags {
  std::string socket;  // path or unix:///PATH; empty: SPIFFE_ENDPOINT_SOCKET, else the default
  std::string directory, spiffe_id, token;
  std::vector<std::string> audience;
  bool is_quiet = false;  // the token alone
};
Result<int> workload_x509(const Common& common, const WorkloadFlags& flags);
Result<int> workload_jwt(const Common& common, const WorkloadFlags& flags);
Result<int> workload_validate(const Common& common, const WorkloadFlags& flags);

// evidence_commands.cc: files and public keys alone, no server, but for export.

struct EvidenceFlags {
  std::string directory, keys_file, receipt_file, proof_directory, journal_directory,
      copy_directory;
  std::uint64_t count = 20;
  bool follow = false;
  std::optional<std::uint64_t> index, below, restored;
  std::string values_directory;
  std::vector<std::uint64_t> revisions;
};
Result<int> tail_evidence(const Common& common, const EvidenceFlags& flags);
Result<int> copy_evidence(const Common& common, const EvidenceFlags& flags);
Result<int> verify_evidence(const Common& common, const EvidenceFlags& flags);
Result<int> prove_evidence(const Common& common, const EvidenceFlags& flags);
Result<int> show_values(const Common& common, const EvidenceFlags& flags);
Result<int> erase_values(const Common& common, const EvidenceFlags& flags);
Result<int> export_proof(const Common& common, const EvidenceFlags& flags);
Result<int> verify_revocation_receipt(const Common& common, const EvidenceFlags& flags);

}  // namespace ward::cli
