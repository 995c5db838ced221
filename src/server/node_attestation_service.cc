#include "server/node_attestation_service.h"

#include <optional>
#include <utility>

#include "attest/join_token.h"
#include "authority/key_proof.h"
#include "crypto/hash.h"
#include "net/peer.h"
#include "server/issuer.h"
#include "ward/node/v1/node.pb.h"

namespace ward::server {
namespace {

namespace wire = ward::node::v1;
using Writer = grpc::ServerWriter<wire::AttestResponse>;

constexpr std::size_t kAttestorNameBytesMax = 64;

evidence::Issuance issuance_of(const spiffe::SpiffeId& id, const authority::X509Credential& issued,
                               const crypto::PublicKey& key) {
  evidence::Issuance record;
  record.subject = id.text();
  record.kind = evidence::CredentialKind::kX509Svid;
  record.credential = issued.serial;
  record.not_before_s = to_seconds(issued.not_before);
  record.not_after_s = to_seconds(issued.not_after);
  const auto digest = crypto::sha256(key.spki_der());
  record.public_key_sha256 = to_bytes(ByteView(digest));
  return record;
}

}  // namespace

// One call. What it waits for holds it weakly: the call may end meanwhile.
class NodeAttestationService::Conversation final : public grpc::CallReader<wire::AttestRequest> {
 public:
  Conversation(NodeAttestationService& service, Writer writer)
      : service_(service), writer_(writer), self_(std::make_shared<Conversation*>(this)) {
    ++service_.conversations_;
    timer_ = service_.loop_.after(kAttestationTimeout, [this] {
      refuse(Error(ErrorCode::kDeadlineExceeded, "the attestation took too long"));
    });
  }
  ~Conversation() override { --service_.conversations_; }

  void on_message(const wire::AttestRequest& message) override {
    if (is_over_) return;
    switch (message.step_case()) {
      case wire::AttestRequest::kBegin:
        return take(begin(message.begin()));
      case wire::AttestRequest::kChallengeResponse:
        return take(respond(message.challenge_response()));
      case wire::AttestRequest::STEP_NOT_SET:
        return refuse(invalid_argument("a message without a step"));
    }
  }

  void on_end() override {
    if (is_over_) return;
    refuse(Error(ErrorCode::kCancelled, "the node ended the attestation"));
  }

 private:
  Result<attest::NodeStep> begin(const wire::AttestBegin& begin) {
    if (attestation_) {
      return make_error(ErrorCode::kFailedPrecondition, "an attestation begins once");
    }
    if (begin.attestor().size() > kAttestorNameBytesMax) {
      return invalid_argument("the attestor's name is over {} bytes", kAttestorNameBytesMax);
    }
    const auto attestor = service_.attestors_.find(begin.attestor());
    if (attestor == service_.attestors_.end()) {
      return make_error(ErrorCode::kUnimplemented, "no attestor `{}` is enabled here",
                        begin.attestor());
    }
    method_ = begin.attestor();
    WARD_TRY(key_, authority::verify_key_proof(authority::KeyProofPurpose::kNode, method_,
                                               as_bytes(begin.public_key()),
                                               as_bytes(begin.key_proof())));
    WARD_RETURN_IF_ERROR(verify_evidence_key(begin));
    attestation_ =
        attestor->second->begin({.trust_domain = service_.authority_.authority().trust_domain(),
                                 .agent_key = crypto::sha256(key_->spki_der())},
                                service_.plane_.world(), service_.plane_.now());
    return attestation_->start(as_bytes(begin.payload()));
  }

  Result<void> verify_evidence_key(const wire::AttestBegin& begin) {
    const ByteView key = as_bytes(begin.evidence_key());
    const auto verified =
        authority::verify_evidence_key_proof(method_, key, as_bytes(begin.evidence_proof()));
    if (!verified.ok()) return verified.error();
    evidence_key_ = to_bytes(key);
    return {};
  }

  Result<attest::NodeStep> respond(const std::string& answer) {
    if (!attestation_) {
      return make_error(ErrorCode::kFailedPrecondition, "an answer before the beginning");
    }
    return attestation_->respond(as_bytes(answer));
  }

  void take(Result<attest::NodeStep> step) {
    if (!step.ok()) return refuse(step.error());
    if (auto* challenge = std::get_if<attest::NodeChallenge>(&*step)) {
      wire::AttestResponse response;
      response.set_challenge(challenge->bytes.data(), challenge->bytes.size());
      writer_.write(response);
      return;
    }
    is_over_ = true;  // whatever the node sends now, it is not listened to
    admit(std::get<attest::NodeIdentity>(std::move(*step)));
  }

  // The credential is made first, because the node's fact names it; it is kept back until the facts
  // stand and the evidence is durable.
  void admit(attest::NodeIdentity identity) {
    const WallTime now = service_.plane_.now();
    // A join token that is used up for a refusal helps nobody.
    const auto writable = service_.recorder_.check_writable();
    if (!writable.ok()) return refuse(writable.error());
    auto issued = service_.authority_.authority().issue_agent_svid(identity.id, *key_, now);
    if (!issued.ok()) return refuse(issued.error());
    world::Node node;
    node.id = identity.id.text();
    node.attestation_type = method_;
    for (const std::string& selector : identity.selectors) node.selectors.emplace_back(selector);
    node.certificate_serial = issued->serial;
    node.certificate_expires = issued->not_after;
    node.evidence_key = evidence_key_;
    std::vector<world::FactBody> bodies = std::move(identity.facts);
    bodies.emplace_back(world::NodePut{std::move(node)});
    service_.plane_.submit(
        {.actor = identity.id.text(), .reason = fmt::format("attested by {}", method_)},
        std::move(bodies),
        [self = weak(), id = identity.id,
         issued = std::move(*issued)](Result<std::uint64_t> revision) mutable {
          if (const auto alive = self.lock()) {
            (*alive)->admitted(std::move(id), std::move(issued), revision);
          }
        });
  }

  void admitted(spiffe::SpiffeId id, authority::X509Credential issued,
                const Result<std::uint64_t>& revision) {
    if (!revision.ok()) return refuse(why_not_admitted(revision.error()));
    const auto noted = service_.recorder_.note(authentication(id.text(), true, {}, issued.serial));
    if (!noted.ok()) return refuse(noted.error());
    evidence::Issuance record = issuance_of(id, issued, *key_);
    service_.recorder_.record(std::move(record),
                              [self = weak(), id = std::move(id), issued = std::move(issued),
                               revision = *revision](Result<void> durable) {
                                const auto alive = self.lock();
                                if (!alive) return;
                                if (!durable.ok()) return (*alive)->refuse(durable.error());
                                (*alive)->answer(id, issued, revision);
                              });
  }

  // What the journal says of a token is not the node's to know.
  Error why_not_admitted(const Error& error) const {
    if (method_ == attest::kJoinTokenAttestor) return attest::join_token_refused();
    return error;
  }

  void answer(const spiffe::SpiffeId& id, const authority::X509Credential& issued,
              std::uint64_t revision) {
    wire::AttestResponse response;
    wire::NodeCredential& credential = *response.mutable_credential();
    credential.set_spiffe_id(id.text());
    for (const Bytes& der : issued.chain) credential.add_chain(der.data(), der.size());
    for (const Bytes& der : service_.authority_.trust_bundle_der()) {
      credential.add_trust_bundle(der.data(), der.size());
    }
    credential.set_revision(revision);
    service_.log_.info("node `{}` attested by {} at revision {}", id.text(), method_, revision);
    writer_.write(response);
    writer_.finish({});
  }

  evidence::Authentication authentication(std::string subject, bool succeeded, std::string reason,
                                          std::string credential) const {
    evidence::Authentication record;
    record.subject = std::move(subject);
    record.method = method_.empty() ? "node" : method_;
    record.succeeded = succeeded;
    record.reason = std::move(reason);
    record.credential = std::move(credential);
    return record;
  }

  void refuse(Error error) {
    is_over_ = true;
    service_.log_.warn("attestation from {} refused: {}", writer_.context().peer().address,
                       error.message());
    // Nothing is granted here, so a log that is full loses a refusal, which it counts as a gap.
    (void)service_.recorder_.note(authentication({}, false, error.message(), {}));
    writer_.finish(std::move(error));
  }

  std::weak_ptr<Conversation*> weak() const { return self_; }

  NodeAttestationService& service_;
  Writer writer_;
  std::shared_ptr<Conversation*> self_;
  net::Timer timer_;
  bool is_over_ = false;
  std::string method_;
  std::optional<crypto::PublicKey> key_;
  Bytes evidence_key_;
  std::unique_ptr<attest::NodeAttestation> attestation_;
};

NodeAttestationService::NodeAttestationService(ControlPlane& plane, AuthorityKeeper& authority,
                                               Recorder& recorder, net::Loop& loop, Log log)
    : plane_(plane),
      authority_(authority),
      recorder_(recorder),
      loop_(loop),
      log_(log.part("attestation")) {}

void NodeAttestationService::add(std::unique_ptr<attest::NodeAttestor> attestor) {
  std::string name(attestor->name());
  attestors_[std::move(name)] = std::move(attestor);
}

void NodeAttestationService::register_with(grpc::Server& server) {
  server.bidi<wire::AttestRequest, wire::AttestResponse>(
      "ward.node.v1.NodeAttestation/Attest",
      [this](Writer writer) -> std::unique_ptr<grpc::CallReader<wire::AttestRequest>> {
        if (conversations_ >= kAttestationsMax) {
          writer.finish(make_error(ErrorCode::kResourceExhausted, "{} attestations are under way",
                                   conversations_));
          return nullptr;
        }
        return std::make_unique<Conversation>(*this, writer);
      });
}

}  // namespace ward::server
