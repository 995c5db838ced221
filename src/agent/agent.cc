#include "agent/agent.h"

#include <algorithm>
#include <utility>

#include "agent/server_connector.h"
#include "attest/join_token.h"
#include "attest/unix_attestor.h"
#include "attest/x509pop.h"
#include "codec/pem.h"
#include "grpc/reflection.h"
#include "os/startup_memory.h"

namespace ward::agent {
namespace {

constexpr std::string_view kWorkloadService = "SpiffeWorkloadAPI";
constexpr std::chrono::milliseconds kAttestPauseMin{500};
constexpr std::chrono::milliseconds kAttestPauseMax{30'000};
// From the first view on: by then the first SVIDs are there too.
constexpr std::chrono::seconds kStartup{1};
constexpr std::size_t kSecretFileBytesMax = std::size_t{64} << 10;
// Requests on this socket are small; responses are bounded by what clients receive.
constexpr std::size_t kRequestBytesMax = std::size_t{256} << 10;

std::vector<std::unique_ptr<attest::WorkloadAttestor>> workload_attestors(const Clock& clock) {
  std::vector<std::unique_ptr<attest::WorkloadAttestor>> attestors;
  attestors.push_back(
      std::make_unique<attest::UnixAttestor>(attest::UnixAttestorOptions{.clock = &clock}));
  return attestors;
}

grpc::Limits socket_limits() {
  grpc::Limits limits;
  limits.receive_bytes_max = kRequestBytesMax;
  return limits;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Result<std::unique_ptr<attest::NodeProver>> join_token_prover(const os::FileSystem& files,
                                                              const JoinTokenProof& proof) {
  if (proof.file.empty()) {
    return std::make_unique<attest::JoinTokenProver>(SecretBytes(as_bytes(proof.token)));
  }
  WARD_TRY(const SecretBytes text, files.read_private_file(proof.file, kSecretFileBytesMax));
  return std::make_unique<attest::JoinTokenProver>(
      SecretBytes(as_bytes(trimmed(as_text(text.view())))));
}

Result<std::unique_ptr<attest::NodeProver>> x509pop_prover(const os::FileSystem& files,
                                                           const X509PopProof& proof,
                                                           Random& random) {
  WARD_TRY(const Bytes pem, files.read_file(proof.certificate, kSecretFileBytesMax));
  WARD_TRY(auto chain, crypto::parse_certificates_pem(as_text(pem)).in(proof.certificate));
  WARD_TRY(const SecretBytes text, files.read_private_file(proof.key, kSecretFileBytesMax));
  WARD_TRY(Bytes block, codec::parse_one_pem(as_text(text.view()), "PRIVATE KEY").in(proof.key));
  const SecretBytes der(std::move(block));
  WARD_TRY(auto key, crypto::PrivateKey::from_pkcs8_der(der).in(proof.key));
  WARD_TRY(auto prover, attest::X509PopProver::make(std::move(chain), std::move(key), random));
  return prover;
}

}  // namespace

Agent::Agent(AgentConfig config, Surroundings surroundings, Log log)
    : config_(std::move(config)),
      surroundings_(surroundings),
      log_(log.part("agent")),
      store_(surroundings_.files, config_.data_dir, config_.trust_domain),
      workload_attestation_(surroundings_.loop, workload_attestors(surroundings_.loop.clock())),
      workload_api_(surroundings_.loop, workload_attestation_, config_.limits.streams_per_uid, log),
      enforcement_(workload_api_, surroundings_.loop.clock()),
      grpc_server_(surroundings_.loop, socket_limits()) {}

Agent::~Agent() {
  listener_.reset();
  http_server_.reset();  // ends every call, while what they serve from is here
}

Result<std::unique_ptr<Agent>> Agent::start(AgentConfig config, Surroundings surroundings,
                                            Log log) {
  std::unique_ptr<Agent> agent(new Agent(std::move(config), surroundings, std::move(log)));
  WARD_RETURN_IF_ERROR(agent->open());
  return agent;
}

Result<void> Agent::open() {
  WARD_RETURN_IF_ERROR(store_.prepare());
  WARD_RETURN_IF_ERROR(listen());
  WARD_TRY(auto bundle, store_.load_bundle(config_.trust_bundle));
  auto stored = store_.load(surroundings_.loop.clock().now());
  // A key that others may have read is the operator's to look into; nothing is made in its place.
  if (!stored.ok() && stored.error().code() == ErrorCode::kPermissionDenied) return stored.error();
  if (!stored.ok()) log_.error("the stored identity is of no use: {}", stored.error().text());
  if (stored.ok() && *stored) return begin_session(std::move(**stored), std::move(bundle));
  WARD_TRY(const auto prover, make_prover());  // so that what is wrong with it is said at start
  attest();
  return {};
}

Result<void> Agent::listen() {
  workload_api_.register_with(grpc_server_);
  health_.set("", false);
  health_.set(kWorkloadService, false);
  health_.register_with(grpc_server_);
  grpc::register_reflection(grpc_server_);
  grpc_server_.mount(router_);
  WARD_RETURN_IF_ERROR(enforcement_.mount(config_, router_));
  http_server_ = std::make_unique<http::Server>(surroundings_.loop, router_, http::Limits{},
                                                log_.part("http"));
  net::ListenOptions options;
  options.connections_per_peer_max = config_.limits.connections_per_uid;
  WARD_TRY(listener_, net::listen_unix(surroundings_.loop, config_.socket, config_.socket_mode,
                                       options, [this](std::unique_ptr<net::Stream> stream) {
                                         http_server_->serve(std::move(stream));
                                       }));
  return {};
}

Result<std::unique_ptr<attest::NodeProver>> Agent::make_prover() const {
  if (const auto* token = std::get_if<JoinTokenProof>(&config_.proof)) {
    return join_token_prover(surroundings_.files, *token);
  }
  if (const auto* certificate = std::get_if<X509PopProof>(&config_.proof)) {
    return x509pop_prover(surroundings_.files, *certificate, surroundings_.random);
  }
  return make_error(ErrorCode::kFailedPrecondition,
                    "the node has no identity and [attest] does not say how to get one");
}

void Agent::attest() {
  const auto begun = begin_attestation();
  if (!begun.ok()) attest_later(begun.error());
}

Result<void> Agent::begin_attestation() {
  WARD_TRY(auto prover, make_prover());
  WARD_TRY(auto bundle, store_.load_bundle(config_.trust_bundle));
  WARD_TRY(auto evidence_key, store_.evidence_key());
  WARD_TRY(auto key, crypto::PrivateKey::generate(crypto::KeyType::kP256));
  spiffe::X509BundleSet bundles;
  bundles.set(std::move(bundle));
  attestation_.reset();
  first_material_.emplace(net::TlsMaterial::without_identity(std::move(bundles)));
  attestation_ = std::make_unique<Attestation>(
      surroundings_.loop, surroundings_.random,
      server_connector(surroundings_.loop,
                       {.host = config_.server_address, .port = config_.server_port},
                       config_.trust_domain, *first_material_),
      std::move(prover),
      AttestationSubject{.trust_domain = config_.trust_domain,
                         .key = std::move(key),
                         .evidence_key = std::move(evidence_key)},
      [this](Result<Attested> attested) { on_attested(std::move(attested)); });
  return {};
}

void Agent::attest_later(const Error& why) {
  pause_ = std::clamp(pause_ * 2, kAttestPauseMin, kAttestPauseMax);
  log_.error("the node is not attested, trying again in {} ms: {}", pause_.count(), why.text());
  timer_ = surroundings_.loop.after(pause_, [this] { attest(); });
}

void Agent::on_attested(Result<Attested> attested) {
  if (is_ending_) return;
  if (!attested.ok()) return attest_later(attested.error());
  log_.info("attested as `{}`", attested->identity.id.text());
  const auto kept = store_.save(attested->identity);
  // Going on without would serve now and be locked out after a restart: a join token works once.
  if (!kept.ok()) log_.error("the identity is not kept: {}", kept.error().text());
  const auto saved = store_.save_bundle(attested->bundle);
  if (!saved.ok()) log_.error("the trust bundle is not kept: {}", saved.error().text());
  const auto begun = begin_session(std::move(attested->identity), std::move(attested->bundle));
  if (!begun.ok()) attest_later(begun.error());
}

Result<void> Agent::begin_session(NodeIdentity identity, spiffe::X509Bundle bundle) {
  pause_ = {};
  WARD_TRY(session_, NodeSession::open({.config = config_,
                                        .loop = surroundings_.loop,
                                        .random = surroundings_.random,
                                        .files = surroundings_.files,
                                        .store = store_,
                                        .log = log_,
                                        .changed = [this] { on_changed(); },
                                        .expired =
                                            [this] {
                                              timer_ = surroundings_.loop.after({}, [this] {
                                                end_session();
                                                attest();
                                              });
                                            }},
                                       std::move(identity), std::move(bundle)));
  workload_api_.serve(&session_->sources());
  enforcement_.serve(session_.get());
  on_changed();  // with what was kept over a restart it is ready at once
  return {};
}

void Agent::end_session() {
  if (!session_) return;
  health_.set("", false);
  health_.set(kWorkloadService, false);
  workload_api_.serve(nullptr);
  enforcement_.serve(nullptr);
  session_->stop("the identity is over");
  session_.reset();
}

void Agent::on_changed() {
  if (!session_ || is_ending_) return;
  workload_api_.refresh();
  if (!session_->view().has_base()) return;
  health_.set("", true);
  health_.set(kWorkloadService, true);
  if (!std::exchange(has_started_, true)) {
    startup_ = surroundings_.loop.after(kStartup, [] { os::release_startup_memory(); });
  }
  if (auto ready = std::exchange(ready_, nullptr)) ready();
}

void Agent::shut_down(std::function<void()> done) {
  if (std::exchange(is_ending_, true)) return;
  timer_.cancel();
  health_.shut_down();
  listener_->close();
  workload_api_.serve(nullptr);
  http_server_->shut_down([this, done = std::move(done)] {
    if (session_) session_->stop("shut down");
    done();
  });
}

}  // namespace ward::agent
