// Every call goes one way: who asks, may it, do it, record it, answer. What a subject's requests
// mean is read in a file of its own (admin_*.h).
#include "server/admin_service.h"

#include <sys/types.h>

#include <optional>
#include <utility>

#include "attest/join_token.h"
#include "codec/hex.h"
#include "net/peer.h"
#include "net/worker.h"
#include "os/hardening.h"
#include "server/admin_authority.h"
#include "server/admin_entities.h"
#include "server/admin_facts.h"
#include "server/admin_policies.h"
#include "server/admin_proofs.h"
#include "server/admin_revocation.h"
#include "server/bootstrap.h"
#include "server/receipts.h"
#include "ward/admin/v1/admin.pb.h"

namespace ward::server {
namespace {

namespace wire = ward::admin::v1;

constexpr std::string_view kService = "ward.admin.v1.Admin/";
constexpr std::size_t kReceiptsMax = kRevocationsTrackedMax;  // waiting for the disk

// Who asks, as far as the connection tells.
struct Caller {
  std::string identity;
  std::optional<decide::Credential> credential;
};

template <typename Response>
using Reply = grpc::UnaryReply<Response>;

}  // namespace

class AdminService::State {
 public:
  State(Parts parts, AdminOptions options, Log log)
      : parts_(parts),
        options_(std::move(options)),
        log_(log.part("admin")),
        started_(parts.plane.now()),
        receipts_(parts.loop, kReceiptsMax) {}

  // Declares a method that is one action; `handle` runs once it is allowed.
  template <typename Request, typename Response>
  void on(grpc::Server& server, std::string_view method, std::string action,
          void (State::*handle)(const Caller&, const Request&, Reply<Response>)) {
    server.unary<Request, Response>(
        fmt::format("{}{}", kService, method),
        [this, action, handle](const Request& request, Reply<Response> reply) {
          auto caller = caller_of(reply.context().peer());
          if (!caller.ok()) {
            note_stranger(reply.context().peer(), caller.error());
            return reply.fail(caller.error());
          }
          decide::Question question = question_of(*caller, action, reply.context().peer());
          parts_.judge.judge(std::move(question),
                             [this, handle, caller = std::move(*caller), request,
                              reply = std::move(reply)](decide::Decision decision) mutable {
                               if (!decision.allow) return reply.fail(denied(caller, decision));
                               (this->*handle)(caller, request, std::move(reply));
                             });
        });
  }

  void submit(const Caller& caller, const wire::SubmitRequest& request,
              Reply<wire::SubmitResponse> reply) {
    auto facts = read_facts(caller, request);
    if (!facts.ok()) return reply.fail(facts.error());
    const std::uint64_t expected = request.expected_revision();
    parts_.plane.submit(
        [facts = std::move(*facts),
         expected](const world::World& world) -> Result<std::vector<world::Fact>> {
          if (expected == 0 || world.revision() == expected) return facts;
          return make_error(ErrorCode::kAborted, "revision {} was expected, the newest is {}",
                            expected, world.revision());
        },
        [this, caller, count = request.facts_size(),
         reply = std::move(reply)](Result<std::uint64_t> revision) mutable {
          wire::SubmitResponse response;
          if (revision.ok()) response.set_revision(*revision);
          finish(caller, "submit", fmt::format("{} facts", count), revision, std::move(response),
                 std::move(reply));
        });
  }

  void list(const Caller&, const wire::ListRequest& request, Reply<wire::ListResponse> reply) {
    reply.finish(list_entities(parts_.plane.world(), request));
  }
  void get(const Caller&, const wire::GetRequest& request, Reply<wire::GetResponse> reply) {
    reply.finish(get_entity(parts_.plane.world(), request));
  }

  void create_join_token(const Caller& caller, const wire::CreateJoinTokenRequest& request,
                         Reply<wire::CreateJoinTokenResponse> reply) {
    const std::chrono::seconds ttl =
        request.ttl_s() == 0 ? kJoinTokenTtlDefault : std::chrono::seconds(request.ttl_s());
    if (ttl > kJoinTokenTtlMax) {
      return reply.fail(invalid_argument("a join token for {} s; expected at most {}", ttl.count(),
                                         kJoinTokenTtlMax.count()));
    }
    const SecretBytes token = attest::make_join_token(parts_.random);
    const std::string name = attest::join_token_name(token.view());
    auto node = join_token_node(request.node(), name);
    if (!node.ok()) return reply.fail(node.error());
    world::JoinToken made;
    made.sha256 = name;
    made.node = request.node();
    made.expires = parts_.plane.now() + ttl;
    wire::CreateJoinTokenResponse response;
    response.set_token(std::string(as_text(token.view())));
    response.set_node(*node);
    response.set_expires_us(made.expires.time_since_epoch().count());
    submit_one(caller, "create-join-token", *node, world::JoinTokenCreated{std::move(made)},
               std::move(response), std::move(reply));
  }

  void revoke(const Caller& caller, const wire::RevokeRequest& request,
              Reply<wire::RevokeResponse> reply) {
    auto revocation = read_revocation(request, parts_.plane.world(), parts_.plane.now());
    if (!revocation.ok()) return reply.fail(revocation.error());
    const auto timeout = request.timeout_ms() == 0
                             ? kRevokeTimeoutDefault
                             : std::chrono::milliseconds(request.timeout_ms());
    if (timeout > kRevokeTimeoutMax) {
      return reply.fail(invalid_argument("a time-out of {} ms; expected at most {}",
                                         timeout.count(), kRevokeTimeoutMax.count()));
    }
    const std::string subject = revocation->id.str();
    parts_.plane.submit({.actor = caller.identity, .reason = request.reason()},
                        {world::Revoked{std::move(*revocation)}},
                        [this, caller, subject, timeout, waits = request.wait(),
                         reply = std::move(reply)](Result<std::uint64_t> revision) mutable {
                          if (!revision.ok() || !waits) {
                            wire::RevokeResponse response;
                            if (revision.ok()) response.set_revision(*revision);
                            return finish(caller, "revoke", subject, revision, std::move(response),
                                          std::move(reply));
                          }
                          parts_.revocations.wait(
                              *revision, timeout,
                              [this, caller, subject, revision = *revision,
                               reply = std::move(reply)](const TrackedRevocation& tracked) mutable {
                                finish_revocation(caller, subject, revision, tracked,
                                                  std::move(reply));
                              });
                        });
  }

  void publish_policies(const Caller& caller, const wire::PublishPoliciesRequest& request,
                        Reply<wire::PublishPoliciesResponse> reply) {
    auto set = read_policies(request, parts_.plane.world(), parts_.judge.decider(),
                             options_.trust_domain, caller.identity);
    if (!set.ok()) return reply.fail(set.error());
    wire::PublishPoliciesResponse response;
    response.set_version(set->version);
    submit_one(caller, "publish-policies", fmt::format("{} version {}", set->name, set->version),
               world::PolicySetPublished{std::move(*set)}, std::move(response), std::move(reply));
  }

  void ask(const Caller&, const wire::AskRequest& request, Reply<wire::AskResponse> reply) {
    reply.finish(explain_question(request, parts_.judge.decider(), parts_.plane.ground()));
  }

  void status(const Caller&, const wire::StatusRequest&, Reply<wire::StatusResponse> reply) {
    const world::World& world = parts_.plane.world();
    const auto counts = world.counts();
    wire::StatusResponse response;
    response.set_version(options_.version);
    response.set_trust_domain(options_.trust_domain.name());
    response.set_revision(world.revision());
    response.set_identities(counts.identities);
    response.set_registrations(counts.registrations);
    response.set_nodes(counts.nodes);
    response.set_resources(counts.resources);
    for (const NodeView* view : parts_.distribution.connected()) {
      wire::ConnectedNode& node = *response.add_connected();
      node.set_node(view->node);
      node.set_acknowledged_revision(view->acknowledged);
      node.set_held_names(view->held_names);
      node.set_connected_since_us(view->since.time_since_epoch().count());
    }
    fill_evidence_status(response);
    if (const auto resident = os::resident_bytes(); resident.ok()) {
      response.set_resident_bytes(*resident);
    }
    response.set_started_us(started_.time_since_epoch().count());
    reply.finish(response);
  }

  void rotate_authority(const Caller& caller, const wire::RotateAuthorityRequest& request,
                        Reply<wire::RotateAuthorityResponse> reply) {
    auto bodies =
        rotation_facts(request, parts_.authority, parts_.plane.world(), parts_.plane.now());
    if (!bodies.ok()) return reply.fail(bodies.error());
    const std::string slot = rotated_slot(*bodies);
    parts_.plane.submit({.actor = caller.identity, .reason = fmt::format("{} key", request.step())},
                        std::move(*bodies),
                        [this, caller, slot, step = request.step(),
                         reply = std::move(reply)](Result<std::uint64_t> revision) mutable {
                          wire::RotateAuthorityResponse response;
                          if (revision.ok())
                            response = rotation_response(*revision, slot, parts_.plane.world());
                          finish(caller, "rotate-authority", fmt::format("{} {}", step, slot),
                                 revision, std::move(response), std::move(reply));
                        });
  }

  void get_bundle(const Caller&, const wire::GetBundleRequest&,
                  Reply<wire::GetBundleResponse> reply) {
    reply.finish(bundle_response(parts_.authority, parts_.plane.world().revision()));
  }

  void export_proof(const Caller&, const wire::ExportProofRequest& request,
                    Reply<wire::ExportProofResponse> reply) {
    reply.finish(
        prove_facts(parts_.plane, parts_.signing, parts_.files, options_.data_dir, request));
  }
  void journal_leaves(const Caller&, const wire::JournalLeavesRequest& request,
                      Reply<wire::JournalLeavesResponse> reply) {
    reply.finish(read_journal_leaves(parts_.plane, request));
  }

 private:
  // A process of this machine that is nobody here. Who comes over the network without an SVID is
  // not recorded: anybody could fill the log.
  void note_stranger(const net::Peer& peer, const Error& error) {
    if (!peer.unix_peer) return;
    evidence::Authentication record;
    record.method = "unix";
    record.reason = error.message();
    (void)parts_.recorder.note(std::move(record));
  }

  Result<Caller> caller_of(const net::Peer& peer) const {
    if (peer.unix_peer) {
      const auto found = options_.operators.find(peer.unix_peer->uid);
      if (found != options_.operators.end()) return Caller{found->second, {}};
      return make_error(ErrorCode::kUnauthenticated,
                        "uid {} is no operator of this server; [admin] operators of its "
                        "configuration names them",
                        peer.unix_peer->uid);
    }
    if (peer.tls && peer.tls->id && !peer.tls->chain.empty()) {
      const crypto::CertificateInfo& leaf = peer.tls->chain.front().info();
      return Caller{peer.tls->id->text(),
                    decide::Credential{.id = "x509:" + codec::encode_hex(leaf.serial),
                                       .issued = leaf.not_before,
                                       .expires = leaf.not_after}};
    }
    return make_error(ErrorCode::kUnauthenticated,
                      "an X.509-SVID is needed here, or the admin socket");
  }

  decide::Question question_of(const Caller& caller, const std::string& action,
                               const net::Peer& peer) const {
    decide::Question question;
    question.principal = caller.identity;
    question.action = action;
    question.resource = {.type = kServerResourceType, .id = options_.trust_domain.name()};
    question.enforcement_point = "admin";
    question.credential = caller.credential;
    if (peer.tls) question.source_address = numeric_host(peer.address);
    return question;
  }

  // `127.0.0.1:443` and `[::1]:443` without the port.
  static std::string numeric_host(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    std::string_view host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return std::string(host);
  }

  static Error denied(const Caller& caller, const decide::Decision& decision) {
    std::string why = decide::cause_name(decision.cause);
    for (const std::string& reason : decision.reasons) why += "; " + reason;
    return make_error(decision.cause == decide::Cause::kNoEvidence ? ErrorCode::kUnavailable
                                                                   : ErrorCode::kPermissionDenied,
                      "`{}` may not: {}", caller.identity, why);
  }

  evidence::Command command_record(const Caller& caller, std::string name, std::string object,
                                   const Result<std::uint64_t>& revision) const {
    evidence::Command record;
    record.actor = caller.identity;
    record.name = std::move(name);
    record.object = std::move(object);
    record.accepted = revision.ok();
    record.fact_revision = revision.ok() ? *revision : 0;
    if (revision.ok()) {
      log_.info("{} by `{}`: {} at revision {}", record.name, record.actor, record.object,
                *revision);
    }
    return record;
  }

  // What was done stands, but nothing in evidence says so.
  static Error unrecorded(const Error& why, std::uint64_t revision) {
    return why.in(fmt::format("done at revision {}, but its record is not kept", revision));
  }

  // The command's record is durable before the answer leaves. What it names stands already; when
  // the record cannot be written the caller hears so, and the revision in the message.
  template <typename Response>
  void finish(const Caller& caller, std::string name, std::string object,
              const Result<std::uint64_t>& revision, Response response, Reply<Response> reply) {
    evidence::Command record = command_record(caller, std::move(name), std::move(object), revision);
    parts_.recorder.record(std::move(record),
                           [revision, response = std::move(response),
                            reply = std::move(reply)](Result<void> durable) mutable {
                             if (!revision.ok()) return reply.fail(revision.error());
                             if (durable.ok()) return reply.finish(response);
                             reply.fail(unrecorded(durable.error(), *revision));
                           });
  }

  template <typename Response>
  void submit_one(const Caller& caller, std::string name, std::string object, world::FactBody body,
                  Response response, Reply<Response> reply) {
    parts_.plane.submit(
        {.actor = caller.identity, .reason = name}, {std::move(body)},
        [this, caller, name, object = std::move(object), response = std::move(response),
         reply = std::move(reply)](Result<std::uint64_t> revision) mutable {
          if constexpr (requires { response.set_revision(0); }) {
            if (revision.ok()) response.set_revision(*revision);
          }
          finish(caller, name, std::move(object), revision, std::move(response), std::move(reply));
        });
  }

  Result<std::vector<world::Fact>> read_facts(const Caller& caller,
                                              const wire::SubmitRequest& request) const {
    if (request.facts_size() == 0 || request.facts_size() > static_cast<int>(kSubmitFactsMax)) {
      return invalid_argument("{} facts; expected 1 to {}", request.facts_size(), kSubmitFactsMax);
    }
    std::vector<world::Fact> facts;
    for (int i = 0; i < request.facts_size(); ++i) {
      WARD_TRY(auto fact, read_submitted(request.facts(i), options_.trust_domain,
                                         parts_.plane.now(), caller.identity)
                              .in(fmt::format("fact {}", i)));
      facts.push_back(std::move(fact));
    }
    return facts;
  }

  Result<std::string> join_token_node(const std::string& asked, const std::string& name) const {
    if (asked.empty()) {
      WARD_TRY(const auto id,
               attest::agent_id(options_.trust_domain, attest::kJoinTokenAttestor, name));
      return id.text();
    }
    WARD_TRY(const auto id, spiffe::SpiffeId::parse(asked));
    constexpr std::string_view kAgentPath = "/ward/agent/";
    if (id.is_member_of(options_.trust_domain) && id.path().starts_with(kAgentPath)) return asked;
    return invalid_argument("expected a node below `spiffe://{}{}`, got `{}`",
                            options_.trust_domain.name(), kAgentPath, asked);
  }

  // The receipt and the command's record become durable side by side, on two threads; the answer
  // waits for both.
  struct RevocationAnswer {
    std::uint64_t revision;
    wire::RevokeResponse response;
    Reply<wire::RevokeResponse> reply;
    std::optional<Result<std::string>> receipt;
    std::optional<Result<void>> recorded;

    void settle() {
      if (!receipt || !recorded) return;
      if (!receipt->ok()) return reply.fail(receipt->error().in("revoked, without a receipt"));
      if (!recorded->ok()) return reply.fail(unrecorded(recorded->error(), revision));
      response.set_receipt(**receipt);
      reply.finish(response);
    }
  };

  void finish_revocation(const Caller& caller, const std::string& subject, std::uint64_t revision,
                         const TrackedRevocation& tracked, Reply<wire::RevokeResponse> reply) {
    wire::RevokeResponse response = revoke_response(revision, tracked);
    auto answer =
        std::make_shared<RevocationAnswer>(RevocationAnswer{.revision = revision,
                                                            .response = std::move(response),
                                                            .reply = std::move(reply),
                                                            .receipt = {},
                                                            .recorded = {}});
    parts_.recorder.record(command_record(caller, "revoke", subject, revision),
                           [answer](Result<void> recorded) {
                             answer->recorded = std::move(recorded);
                             answer->settle();
                           });
    const bool is_taken = receipts_.enqueue(
        [answer, &parts = parts_, directory = options_.data_dir + "/receipts",
         receipt = make_receipt(subject, revision, tracked.holders, parts_.plane.now(),
                                options_.staleness)]() -> net::Task {
          return [answer, kept = keep_receipt(receipt, parts.signing.log, parts.files,
                                              directory)]() mutable {
            answer->receipt = std::move(kept);
            answer->settle();
          };
        });
    if (is_taken) return;
    answer->receipt = make_error(ErrorCode::kResourceExhausted, "{} receipts wait", kReceiptsMax);
    answer->settle();
  }

  void fill_evidence_status(wire::StatusResponse& response) const {
    evidence::EvidenceLog& log = parts_.recorder.evidence();
    const auto checkpoint =
        evidence::open_checkpoint(log.last_checkpoint(), {&parts_.signing.log.verifier(), 1});
    if (checkpoint.ok()) response.set_evidence_size(checkpoint->checkpoint.tree.size);
    response.set_evidence_state(log.state() == evidence::LogState::kWritable ? "writable"
                                                                             : "failed");
  }

  Parts parts_;
  AdminOptions options_;
  Log log_;
  WallTime started_;
  net::Worker receipts_;  // last: its jobs use the parts
};

AdminService::AdminService(Parts parts, AdminOptions options, Log log)
    : state_(std::make_unique<State>(parts, std::move(options), std::move(log))) {}
AdminService::~AdminService() = default;

void AdminService::register_with(grpc::Server& server) {
  State& state = *state_;
  state.on(server, "Submit", "ward.submit", &State::submit);
  state.on(server, "List", "ward.read", &State::list);
  state.on(server, "Get", "ward.read", &State::get);
  state.on(server, "CreateJoinToken", "ward.join-token", &State::create_join_token);
  state.on(server, "Revoke", "ward.revoke", &State::revoke);
  state.on(server, "PublishPolicies", "ward.publish-policies", &State::publish_policies);
  state.on(server, "Ask", "ward.read", &State::ask);
  state.on(server, "Status", "ward.read", &State::status);
  state.on(server, "RotateAuthority", "ward.rotate-authority", &State::rotate_authority);
  state.on(server, "GetBundle", "ward.read", &State::get_bundle);
  state.on(server, "ExportProof", "ward.read", &State::export_proof);
  state.on(server, "JournalLeaves", "ward.read", &State::journal_leaves);
}

}  // namespace ward::server
