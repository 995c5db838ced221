#include "server/admin_proofs.h"

#include <algorithm>
#include <utility>

#include "server/journal_head.h"
#include "ward/admin/v1/admin.pb.h"

namespace ward::server {
namespace {

namespace wire = ward::admin::v1;

void add_log_keys(const ControlPlane& plane, const SigningKeys& signing,
                  wire::ExportProofResponse& response) {
  response.add_log_keys(signing.journal.verifier().text());
  response.add_log_keys(signing.log.verifier().text());
  response.add_log_keys(signing.witness.verifier().text());
  for (const world::Node* node : plane.world().nodes({.limit = kLogKeysMax})) {
    const auto key = node_log_key(*node);
    if (key.ok()) response.add_log_keys(key->text());
  }
}

}  // namespace

Result<wire::ExportProofResponse> prove_facts(const ControlPlane& plane, const SigningKeys& signing,
                                              os::FileSystem& files, const std::string& data_dir,
                                              const wire::ExportProofRequest& request) {
  if (request.revisions_size() > static_cast<int>(kProvedFactsMax)) {
    return invalid_argument("{} facts to prove; expected at most {}", request.revisions_size(),
                            kProvedFactsMax);
  }
  const evidence::JournalLog& journal = plane.journal_log();
  wire::ExportProofResponse response;
  for (const std::uint64_t revision : request.revisions()) {
    WARD_TRY(const auto entry, plane.read_fact(revision));
    WARD_TRY(const auto proof, journal.prove_fact(revision, journal.revision()));
    wire::ProvedFact& fact = *response.add_facts();
    fact.set_revision(revision);
    fact.set_fact(entry.fact.data(), entry.fact.size());
    for (const evidence::Hash& hash : proof) fact.add_proof(hash.data(), hash.size());
  }
  WARD_TRY(const std::string checkpoint,
           keep_journal_head(journal, signing.journal, files, data_dir));
  response.set_checkpoint(checkpoint);
  add_log_keys(plane, signing, response);
  return response;
}

Result<wire::JournalLeavesResponse> read_journal_leaves(const ControlPlane& plane,
                                                        const wire::JournalLeavesRequest& request) {
  const std::uint64_t revision = plane.journal_log().revision();
  if (request.count() > kJournalLeavesMax || request.first() > revision) {
    return invalid_argument("{} leaves from {}; expected at most {}, from at most {}",
                            request.count(), request.first(), kJournalLeavesMax, revision);
  }
  wire::JournalLeavesResponse response;
  response.set_revision(revision);
  const std::uint64_t count = std::min<std::uint64_t>(request.count(), revision - request.first());
  if (count == 0) return response;
  WARD_TRY(const auto leaves, plane.read_leaves(request.first(), count));
  response.mutable_leaves()->reserve(leaves.size() * evidence::kHashBytes);
  for (const evidence::Hash& leaf : leaves) {
    response.mutable_leaves()->append(as_text(ByteView(leaf)));
  }
  return response;
}

}  // namespace ward::server
