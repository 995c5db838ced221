#include "agent/testing/fake_server.h"

#include <algorithm>
#include <utility>

#include "authority/key_proof.h"
#include "base/check.h"
#include "codec/base64.h"
#include "spiffe/jwt_svid.h"
#include "world/testing.h"
#include "world/view.h"

namespace ward::agent::testing {
namespace {

namespace wire = ward::node::v1;
using crypto::testing::CertificateSpec;

CertificateSpec valid_now(CertificateSpec spec, WallTime now, std::chrono::milliseconds ttl) {
  spec.not_before = std::chrono::floor<std::chrono::seconds>(now);
  spec.not_after = spec.not_before + ttl;
  return spec;
}

constexpr std::chrono::hours kLong{24};
constexpr std::size_t kSchemeBytes = std::string_view("spiffe://").size();

std::shared_ptr<const net::TlsMaterial> material(const crypto::testing::Credential& identity,
                                                 const crypto::testing::Credential& root) {
  spiffe::X509BundleSet bundles;
  bundles.set({.trust_domain = spiffe::TrustDomain::parse("example.org").value(),
               .authorities = {root.certificate}});
  return net::TlsMaterial::with_identity({identity.certificate}, identity.key, bundles).value();
}

net::TlsServerOptions optional_client() {
  net::TlsServerOptions options;
  options.client_certificate = net::ClientCertificate::kOptional;
  return options;
}

void add_entry(const world::World& world, const world::Name& name,
               google::protobuf::RepeatedPtrField<ward::fact::v1::ViewEntry>& to) {
  const Bytes bytes = world::encode_view_entry(world::view_entry(world, name)).value();
  WARD_CHECK(to.Add()->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
}

evidence::NoteSigner make_witness() {
  return evidence::NoteSigner::make("example.org/ward/witness", evidence::NoteKeyType::kCosignature,
                                    crypto::PrivateKey::generate(crypto::KeyType::kEd25519).value())
      .value();
}

world::Name name_of(const wire::Name& name) {
  return {static_cast<world::NameKind>(name.kind()), name.id()};
}

}  // namespace

class FakeServer::Attest final : public grpc::CallReader<wire::AttestRequest> {
 public:
  Attest(FakeServer& server, grpc::ServerWriter<wire::AttestResponse> writer)
      : server_(server), writer_(writer) {}

  void on_message(const wire::AttestRequest& message) override {
    const wire::AttestBegin& begin = message.begin();
    const auto key =
        authority::verify_key_proof(authority::KeyProofPurpose::kNode, begin.attestor(),
                                    as_bytes(begin.public_key()), as_bytes(begin.key_proof()));
    const auto evidence = authority::verify_evidence_key_proof(
        begin.attestor(), as_bytes(begin.evidence_key()), as_bytes(begin.evidence_proof()));
    if (!key.ok() || !evidence.ok() || begin.payload() != kToken) {
      return writer_.finish(Error(ErrorCode::kUnauthenticated, "not attested"));
    }
    ++server_.seen.attested;
    server_.seen.evidence_key = begin.evidence_key();
    wire::AttestResponse response;
    wire::NodeCredential& credential = *response.mutable_credential();
    credential.set_spiffe_id(std::string(kNode));
    credential.add_chain(
        server_.issue(std::string(kNode), as_bytes(begin.public_key()), server_.agent_ttl));
    credential.add_trust_bundle(std::string(as_text(server_.root_.certificate.der())));
    writer_.write(response);
    writer_.finish({});
  }
  void on_end() override {}

 private:
  FakeServer& server_;
  grpc::ServerWriter<wire::AttestResponse> writer_;
};

class FakeServer::Control final : public grpc::CallReader<wire::NodeMessage> {
 public:
  Control(FakeServer& server, grpc::ServerWriter<wire::ServerMessage> writer)
      : server_(server), writer_(writer) {
    server_.controls_.insert(this);
  }
  ~Control() override { server_.controls_.erase(this); }

  void on_message(const wire::NodeMessage& message) override {
    if (server_.is_silent) return;
    if (message.has_hello()) hello(message.hello());
    if (message.has_ask()) ask(message.ask());
    if (message.has_issue_x509()) issue_x509(message.issue_x509());
    if (message.has_issue_jwt()) issue_jwt(message.issue_jwt());
    if (message.has_renew()) renew(message.renew());
    for (const wire::Name& name : message.forget().names()) {
      server_.seen.forgotten.push_back(name.id());
      held_.erase(name_of(name));
    }
    if (message.has_acknowledge() && !message.acknowledge().record().empty()) {
      server_.seen.acknowledged.push_back(message.acknowledge());
    }
  }
  void on_end() override { writer_.finish({}); }

  void push(std::uint64_t revision, const world::Fact& fact) {
    wire::ServerMessage message;
    bool is_held = false;
    for (const world::Name& name : world::touches(fact)) is_held = is_held || held_.contains(name);
    if (const auto* put = std::get_if<world::RegistrationPut>(&fact.body)) {
      held_.insert({world::NameKind::kIdentity, put->registration.spiffe_id.str()});
    }
    if (!is_based_ || !is_held) return;
    server_.seen.pushed.push_back(revision);
    wire::RevisedFact& added = *message.mutable_facts()->add_facts();
    added.set_revision(revision);
    added.set_fact(std::string(as_text(world::encode_fact(world::for_view(fact)).value())));
    message.mutable_facts()->set_head(revision);
    message.mutable_facts()->set_journal_root8(server_.root8());
    writer_.write(message);
  }

  void heartbeat() {
    if (!is_based_ || server_.is_silent) return;
    wire::ServerMessage message;
    message.mutable_heartbeat()->set_head(server_.world_.revision());
    message.mutable_heartbeat()->set_journal_root8(server_.root8());
    writer_.write(message);
  }

 private:
  void hold(const world::Name& name,
            google::protobuf::RepeatedPtrField<ward::fact::v1::ViewEntry>& to) {
    held_.insert(name);
    add_entry(server_.world_, name, to);
  }

  void hello(const wire::Hello& hello) {
    ++server_.seen.hellos;
    wire::ServerMessage message;
    wire::Base& base = *message.mutable_base();
    base.set_revision(server_.world_.revision());
    base.set_journal_root8(server_.root8());
    base.set_witness_key(server_.witness_text.empty() ? server_.witness().text()
                                                      : server_.witness_text);
    hold({world::NameKind::kEverywhere, {}}, *base.mutable_entries());
    hold({world::NameKind::kNode, std::string(kNode)}, *base.mutable_entries());
    for (const auto* registration :
         server_.world_.registrations_of_parent(kNode, {.limit = 1000})) {
      hold({world::NameKind::kIdentity, registration->spiffe_id.str()}, *base.mutable_entries());
    }
    for (const wire::Name& name : hello.held()) hold(name_of(name), *base.mutable_entries());
    is_based_ = true;
    writer_.write(message);
  }

  void ask(const wire::Ask& ask) {
    ++server_.seen.asks;
    wire::ServerMessage message;
    wire::Answer& answer = *message.mutable_answer();
    answer.set_ask_id(ask.ask_id());
    for (const wire::Name& name : ask.names()) {
      ++server_.seen.asked[name.id()];
      hold(name_of(name), *answer.mutable_entries());
    }
    answer.set_head(server_.world_.revision());
    answer.set_journal_root8(server_.root8());
    writer_.write(message);
  }

  void refuse(wire::Issued& issued) {
    issued.mutable_error()->set_code(static_cast<std::uint32_t>(ErrorCode::kPermissionDenied));
    issued.mutable_error()->set_message("refused");
  }

  void issue_x509(const wire::IssueX509& request) {
    ++server_.seen.x509;
    const auto* registration = server_.world_.registration(request.registration_id());
    wire::ServerMessage message;
    wire::Issued& issued = *message.mutable_issued();
    issued.set_request_id(request.request_id());
    const auto key = authority::verify_key_proof(
        authority::KeyProofPurpose::kX509Svid, request.registration_id(),
        as_bytes(request.public_key()), as_bytes(request.key_proof()));
    if (registration == nullptr || !key.ok()) {
      refuse(issued);
    } else {
      issued.add_chain(server_.issue(registration->spiffe_id.str(), as_bytes(request.public_key()),
                                     server_.x509_ttl));
    }
    writer_.write(message);
  }

  void issue_jwt(const wire::IssueJwt& request) {
    ++server_.seen.jwts;
    const auto* registration = server_.world_.registration(request.registration_id());
    wire::ServerMessage message;
    wire::Issued& issued = *message.mutable_issued();
    issued.set_request_id(request.request_id());
    if (registration == nullptr) {
      refuse(issued);
    } else {
      const WallTime now = server_.loop_.clock().now();
      const auto id = spiffe::SpiffeId::parse(registration->spiffe_id).value();
      const std::string token_id = fmt::format("t{}", server_.seen.jwts);
      issued.set_jwt(
          spiffe::sign_jwt_svid({.id = id,
                                 .audience = {request.audience().begin(), request.audience().end()},
                                 .issued_at = now,
                                 .expiry = now + server_.jwt_ttl,
                                 .token_id = token_id},
                                server_.jwt_key_, "k1")
              .value());
      issued.set_expires_us((now + server_.jwt_ttl).time_since_epoch().count());
    }
    writer_.write(message);
  }

  void renew(const wire::Renew& request) {
    ++server_.seen.renewals;
    const auto key =
        authority::verify_key_proof(authority::KeyProofPurpose::kNode, kNode,
                                    as_bytes(request.public_key()), as_bytes(request.key_proof()));
    wire::ServerMessage message;
    wire::Issued& renewed = *message.mutable_renewed();
    renewed.set_request_id(request.request_id());
    if (key.ok()) {
      renewed.add_chain(
          server_.issue(std::string(kNode), as_bytes(request.public_key()), server_.agent_ttl));
    } else {
      refuse(renewed);
    }
    writer_.write(message);
  }

  FakeServer& server_;
  grpc::ServerWriter<wire::ServerMessage> writer_;
  std::set<world::Name> held_;
  bool is_based_ = false;
};

// One cosignature line a request that makes the copy whole.
class FakeServer::Shipping final : public grpc::CallReader<wire::ShipEvidenceRequest> {
 public:
  Shipping(FakeServer& server, grpc::ServerWriter<wire::ShipEvidenceResponse> writer)
      : server_(server), writer_(writer) {}

  void on_message(const wire::ShipEvidenceRequest& request) override {
    wire::ShipEvidenceResponse response;
    const auto taken = take(request, response);
    server_.seen.shipped.push_back({request.first_index(), request.count(), taken.ok()});
    if (!taken.ok()) {
      response.mutable_error()->set_code(static_cast<std::uint32_t>(taken.error().code()));
      response.mutable_error()->set_message(taken.error().message());
    }
    writer_.write(response);
  }
  void on_end() override { writer_.finish({}); }

 private:
  Result<void> take(const wire::ShipEvidenceRequest& request,
                    wire::ShipEvidenceResponse& response) {
    if (!server_.takes_evidence) return Error(ErrorCode::kResourceExhausted, "the disk is full");
    auto& mirror = server_.mirror_;
    if (!mirror) {
      WARD_TRY(mirror,
               evidence::Mirror::open("/copy", server_.evidence_key(), *server_.evidence_files_));
    }
    response.set_size(mirror->size());
    evidence::Shipment shipment{.first = request.first_index(),
                                .count = request.count(),
                                .entries = to_bytes(request.entries()),
                                .consistency = {},
                                .checkpoint = request.checkpoint()};
    for (const std::string& hash : request.consistency()) {
      std::ranges::copy(as_bytes(hash), shipment.consistency.emplace_back().begin());
    }
    WARD_TRY(const bool is_whole, mirror->receive(shipment));
    response.set_size(mirror->size());
    if (!is_whole) return {};
    WARD_TRY(const auto note, evidence::parse_note(mirror->checkpoint_note()));
    const auto& signer = server_.cosigns_wrongly ? server_.false_witness_ : server_.witness_;
    WARD_TRY(auto cosignature, signer.sign(note.text, server_.loop_.clock().now()));
    response.set_cosignature(std::move(cosignature));
    return {};
  }

  FakeServer& server_;
  grpc::ServerWriter<wire::ShipEvidenceResponse> writer_;
};

FakeServer::FakeServer(net::SystemLoop& loop)
    : loop_(loop),
      root_(crypto::testing::make_root(
          valid_now(crypto::testing::ca_spec("spiffe://example.org"), loop.clock().now(), kLong))),
      identity_(crypto::testing::make_issued(
          valid_now(crypto::testing::leaf_spec("spiffe://example.org/ward/server"),
                    loop.clock().now(), kLong),
          root_)),
      jwt_key_(crypto::PrivateKey::generate(crypto::KeyType::kP256).value()),
      material_(material(identity_, root_)),
      grpc_(loop),
      tls_(loop, material_, optional_client()),
      witness_(make_witness()),
      false_witness_(make_witness()) {
  grpc_.bidi<wire::AttestRequest, wire::AttestResponse>(
      "ward.node.v1.NodeAttestation/Attest",
      [this](auto writer) { return std::make_unique<Attest>(*this, writer); });
  grpc_.bidi<wire::NodeMessage, wire::ServerMessage>(
      "ward.node.v1.NodeControl/Connect",
      [this](auto writer) -> std::unique_ptr<grpc::CallReader<wire::NodeMessage>> {
        const auto& tls = writer.context().peer().tls;
        if (tls && tls->id && tls->id->text() == kNode) {
          return std::make_unique<Control>(*this, writer);
        }
        writer.finish(Error(ErrorCode::kUnauthenticated, "no agent"));
        return nullptr;
      });
  grpc_.bidi<wire::ShipEvidenceRequest, wire::ShipEvidenceResponse>(
      "ward.node.v1.NodeControl/ShipEvidence",
      [this](auto writer) { return std::make_unique<Shipping>(*this, writer); });
  grpc_.mount(router_);
  lose_evidence();
  world::KeySlot ca = world::testing::key_slot("x509/1", world::KeyStatus::kActive);
  ca.kind = world::KeyKind::kX509;
  ca.public_material = to_bytes(root_.certificate.der());
  append(world::KeySlotPut{std::move(ca)});
  world::KeySlot jwt = world::testing::key_slot("jwt/1", world::KeyStatus::kActive);
  jwt.public_material = to_bytes(jwt_key_.public_key().spki_der());
  append(world::KeySlotPut{std::move(jwt)});
  append(world::NodePut{world::testing::node(kNode)});
  come_back();
  heartbeat();
}

FakeServer::~FakeServer() {
  go_away();
}

std::string FakeServer::ca_pem() const {
  return crypto::print_certificates_pem({&root_.certificate, 1});
}

std::string FakeServer::token(std::string_view header, std::string_view claims) const {
  const std::string input =
      codec::encode_base64url(as_bytes(header)) + "." + codec::encode_base64url(as_bytes(claims));
  const auto signature = jwt_key_.sign(crypto::SignatureScheme::kEs256, as_bytes(input)).value();
  return input + "." + codec::encode_base64url(signature);
}

evidence::VerifierKey FakeServer::evidence_key() const {
  return evidence::VerifierKey::make(
             std::string(kNode.substr(kSchemeBytes)), evidence::NoteKeyType::kEd25519,
             crypto::PublicKey::from_ed25519(as_bytes(seen.evidence_key)).value())
      .value();
}

void FakeServer::lose_evidence() {
  mirror_.reset();
  evidence_files_ = std::make_unique<os::testing::MemoryFileSystem>();
}

void FakeServer::go_away() {
  listener_.reset();
  http_.reset();
}

void FakeServer::come_back() {
  http_ = std::make_unique<http::Server>(loop_, router_);
  auto listener =
      net::listen_tcp(loop_, "127.0.0.1", port_, {}, [this](std::unique_ptr<net::Stream> stream) {
        tls_.accept(std::move(stream), [this](Result<std::unique_ptr<net::Stream>> secured) {
          if (secured.ok() && http_) http_->serve(std::move(*secured));
        });
      });
  WARD_CHECK(listener.ok());
  listener_ = std::move(*listener);
  port_ = listener_->port();
}

void FakeServer::append(world::FactBody body) {
  const std::uint64_t revision = world_.revision() + 1;
  const world::Fact fact = world::testing::fact(std::move(body));
  world_ = world::apply(world_, revision, fact).value();
  for (Control* control : controls_) control->push(revision, fact);
}

// Eight bytes that tell revisions apart.
std::string FakeServer::root8() const {
  return fmt::format("{:08}", world_.revision());
}

void FakeServer::heartbeat() {
  for (Control* control : controls_) control->heartbeat();
  timer_ = loop_.after(std::chrono::milliseconds{100}, [this] { heartbeat(); });
}

std::string FakeServer::issue(const std::string& id, ByteView spki, std::chrono::milliseconds ttl) {
  CertificateSpec spec = valid_now(crypto::testing::leaf_spec(id), loop_.clock().now(), ttl);
  spec.serial = serial_++;
  const Bytes der = crypto::testing::make_certificate(spec, spki, root_.key, &root_.certificate);
  return std::string(as_text(der));
}

}  // namespace ward::agent::testing
