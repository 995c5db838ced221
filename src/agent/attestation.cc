#include "agent/attestation.h"

#include <utility>

#include "authority/key_proof.h"
#include "ward/node/v1/node.pb.h"

namespace ward::agent {
namespace {

namespace wire = ward::node::v1;
using authority::KeyProofPurpose;

Result<std::vector<crypto::Certificate>> parse_all(
    const google::protobuf::RepeatedPtrField<std::string>& ders, std::size_t count_max) {
  if (ders.size() > static_cast<int>(count_max)) {
    return invalid_argument("{} certificates; expected at most {}", ders.size(), count_max);
  }
  std::vector<crypto::Certificate> certificates;
  for (const std::string& der : ders) {
    WARD_TRY(auto certificate, crypto::Certificate::parse_der(as_bytes(der)));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

}  // namespace

class Attestation::Conversation final : public grpc::ResponseReader<wire::AttestResponse> {
 public:
  Conversation(net::Loop& loop, Random& random, grpc::Connector connector,
               std::unique_ptr<attest::NodeProver> prover, AttestationSubject subject, Done done)
      : prover_(std::move(prover)),
        subject_(std::move(subject)),
        about_{.trust_domain = subject_.trust_domain,
               .agent_key = crypto::sha256(subject_.key.public_key().spki_der())},
        done_(std::move(done)),
        channel_(loop, random, std::move(connector), {.is_tls = true}) {
    grpc::CallOptions options;
    options.timeout = kAttestationTimeout;
    call_ = channel_.bidi<wire::AttestRequest, wire::AttestResponse>(
        "ward.node.v1.NodeAttestation/Attest", std::move(options), *this);
    auto first = begin();
    if (first.ok()) {
      call_.write(*first);
    } else {
      failed_ = first.error();
      call_.end_writes();
    }
  }

  void on_message(wire::AttestResponse& message) override {
    if (failed_ || attested_) return;
    auto taken = take(message);
    if (taken.ok()) return;
    failed_ = taken.error();
    call_.end_writes();
  }

  void on_done(const Result<void>& status) override {
    auto done = std::exchange(done_, nullptr);
    if (failed_) return done(*failed_);
    if (attested_) return done(std::move(*attested_));
    if (!status.ok()) return done(status.error());
    done(Error(ErrorCode::kInternal, "the server ended the attestation without an answer"));
  }

 private:
  Result<wire::AttestRequest> begin() {
    const std::string attestor(prover_->attestor());
    WARD_TRY(const Bytes payload, prover_->payload());
    WARD_TRY(const Bytes proof,
             authority::make_key_proof(KeyProofPurpose::kNode, attestor, subject_.key));
    WARD_TRY(
        const Bytes evidence_proof,
        authority::make_key_proof(KeyProofPurpose::kEvidence, attestor, subject_.evidence_key));
    const Bytes evidence_key = subject_.evidence_key.public_key().ed25519();
    wire::AttestRequest request;
    wire::AttestBegin& begin = *request.mutable_begin();
    begin.set_attestor(attestor);
    begin.set_payload(std::string(as_text(payload)));
    begin.set_public_key(std::string(as_text(subject_.key.public_key().spki_der())));
    begin.set_key_proof(std::string(as_text(proof)));
    begin.set_evidence_key(std::string(as_text(evidence_key)));
    begin.set_evidence_proof(std::string(as_text(evidence_proof)));
    return request;
  }

  Result<void> take(const wire::AttestResponse& message) {
    switch (message.step_case()) {
      case wire::AttestResponse::kChallenge:
        return answer(message.challenge());
      case wire::AttestResponse::kCredential:
        return accept(message.credential());
      case wire::AttestResponse::STEP_NOT_SET:
        break;
    }
    return Error(ErrorCode::kInternal, "the server sent a message without a step");
  }

  Result<void> answer(const std::string& challenge) {
    if (challenge.size() > attest::kNodeChallengeBytesMax ||
        ++challenges_ > attest::kNodeChallengesMax) {
      return make_error(ErrorCode::kResourceExhausted, "challenge {} with {} bytes", challenges_,
                        challenge.size());
    }
    WARD_TRY(const Bytes bytes, prover_->answer(about_, as_bytes(challenge)));
    wire::AttestRequest request;
    request.set_challenge_response(bytes.data(), bytes.size());
    call_.write(request);
    return {};
  }

  Result<void> accept(const wire::NodeCredential& credential) {
    WARD_TRY(auto chain, parse_all(credential.chain(), crypto::kIntermediatesMax + 1));
    WARD_TRY(auto authorities, parse_all(credential.trust_bundle(), crypto::kCertificateListMax));
    WARD_TRY(auto identity,
             make_node_identity(subject_.trust_domain, subject_.key, std::move(chain)));
    if (identity.id.text() != credential.spiffe_id()) {
      return invalid_argument("the server names `{}`, its certificate `{}`", credential.spiffe_id(),
                              identity.id.text());
    }
    attested_ = Attested{
        .identity = std::move(identity),
        .bundle = {.trust_domain = subject_.trust_domain, .authorities = std::move(authorities)},
        .revision = credential.revision()};
    call_.end_writes();
    return {};
  }

  std::unique_ptr<attest::NodeProver> prover_;
  AttestationSubject subject_;
  attest::NodeConversation about_;
  Done done_;
  int challenges_ = 0;
  std::optional<Error> failed_;
  std::optional<Attested> attested_;
  grpc::Channel channel_;
  grpc::ClientWriter<wire::AttestRequest> call_;
};

Attestation::Attestation(net::Loop& loop, Random& random, grpc::Connector connector,
                         std::unique_ptr<attest::NodeProver> prover, AttestationSubject subject,
                         Done done)
    : conversation_(std::make_unique<Conversation>(loop, random, std::move(connector),
                                                   std::move(prover), std::move(subject),
                                                   std::move(done))) {}

Attestation::~Attestation() = default;

}  // namespace ward::agent
