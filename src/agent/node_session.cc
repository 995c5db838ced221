#include "agent/node_session.h"

#include <algorithm>
#include <future>
#include <utility>

#include "agent/server_connector.h"
#include "authority/file_key_sealer.h"
#include "codec/hex.h"
#include "crypto/hash.h"

namespace ward::agent {
namespace {

constexpr std::chrono::milliseconds kShipLookMin{100};
// PERF: a decision that is recorded and not waited for wakes no thread: 8 us of 45 at one caller.
constexpr std::chrono::milliseconds kEvidenceLinger{5};

std::string short_hash(const std::string& origin) {
  const auto digest = crypto::sha256(as_bytes(origin));
  return codec::encode_hex(ByteView(digest).first(16));
}

Result<std::shared_ptr<const net::TlsMaterial>> make_material(const NodeIdentity& identity,
                                                              const spiffe::X509Bundle& bundle) {
  spiffe::X509BundleSet bundles;
  bundles.set(bundle);
  return net::TlsMaterial::with_identity(identity.chain, identity.key, std::move(bundles));
}

grpc::Connector connector_to_server(const SessionParts& parts,
                                    const net::TlsMaterialSource& material) {
  return server_connector(parts.loop,
                          {.host = parts.config.server_address, .port = parts.config.server_port},
                          parts.config.trust_domain, material);
}

// Of all that is in the log, also of what a crash left unsigned.
Result<evidence::LogReader> read_all(const SessionParts& parts, evidence::EvidenceLog& log,
                                     const std::string& directory,
                                     const evidence::VerifierKey& key) {
  auto promise = std::make_shared<std::promise<Result<std::string>>>();
  auto checkpoint = promise->get_future();
  log.request_checkpoint([promise](Result<std::string> note) { promise->set_value(note); });
  WARD_RETURN_IF_ERROR(checkpoint.get());
  return evidence::LogReader::open(parts.files, directory, {&key, 1});
}

StatePlace state_place(const SessionParts& parts, const authority::KeySealer& sealer,
                       const spiffe::SpiffeId& node) {
  return {.files = parts.files,
          .sealer = sealer,
          .random = parts.random,
          .path = parts.config.data_dir + "/state",
          .node = node.text()};
}

// What was kept over a restart; none when it is not to be gone on from.
std::optional<SavedState> find_state(const SessionParts& parts, const StatePlace& place,
                                     evidence::EvidenceLog& evidence, const std::string& directory,
                                     const evidence::VerifierKey& key) {
  const auto status = parts.files.status(place.path);
  if (status.ok() && !*status) return std::nullopt;
  const auto log = read_all(parts, evidence, directory, key);
  auto state = log.ok() ? load_state(place, *log) : log.error();
  if (state.ok()) return std::move(*state);
  parts.log.error("`{}` is refused, so nothing is served before the server is heard of: {}",
                  place.path, state.error().text());
  return std::nullopt;
}

}  // namespace

struct NodeSession::Opened {
  std::shared_ptr<const net::TlsMaterial> material;
  std::unique_ptr<authority::KeySealer> sealer;
  std::unique_ptr<evidence::EvidenceLog> evidence;
  WitnessPin witness;
  evidence::VerifierKey log_key;
  std::uint64_t cosigned_size = 0;
  std::optional<SavedState> saved;
};

std::string evidence_directory(const std::string& data_dir, const std::string& origin) {
  return fmt::format("{}/evidence/{}", data_dir, short_hash(origin));
}

std::string values_directory(const std::string& data_dir, const std::string& origin) {
  return fmt::format("{}/values/{}", data_dir, short_hash(origin));
}

Result<std::unique_ptr<NodeSession>> NodeSession::open(SessionParts parts, NodeIdentity identity,
                                                       spiffe::X509Bundle bundle) {
  const std::string origin = log_origin(identity.id);
  WARD_TRY(auto key, parts.store.evidence_key());
  WARD_TRY(auto signer,
           evidence::NoteSigner::make(origin, evidence::NoteKeyType::kEd25519, std::move(key)));
  const evidence::VerifierKey log_key = signer.verifier();
  WARD_RETURN_IF_ERROR(parts.files.create_directory(parts.config.data_dir + "/evidence", 0700));
  const std::string directory = evidence_directory(parts.config.data_dir, origin);
  WARD_TRY(auto witness, WitnessPin::open(parts.files, parts.config.data_dir + "/witness.pub",
                                          parts.config.trust_domain));
  std::vector<evidence::VerifierKey> keys = {log_key};
  if (witness.key()) keys.push_back(*witness.key());
  WARD_TRY(const auto cosigned, load_cosigned_head(parts.files, directory, keys));
  evidence::EvidenceLogOptions options{
      .writer = {.directory = directory, .signer = std::move(signer)}};
  if (cosigned) options.writer.seen_elsewhere.push_back(*cosigned);
  options.checkpoint_interval = parts.config.checkpoint_interval;
  options.linger = kEvidenceLinger;
  options.retention = parts.config.evidence.retention;
  if (parts.config.evidence.sealing.is_set()) {
    WARD_RETURN_IF_ERROR(parts.files.create_directory(parts.config.data_dir + "/values", 0700));
    options.values_directory = values_directory(parts.config.data_dir, origin);
  }
  options.prune_below = cosigned ? cosigned->size : 0;  // the rest the server may not have yet
  WARD_TRY(auto evidence, evidence::EvidenceLog::open(std::move(options), parts.files,
                                                      parts.loop.clock(), parts.log));
  WARD_TRY(auto sealer, authority::FileKeySealer::open(parts.files, parts.config.data_dir + "/kek",
                                                       parts.random));
  auto saved =
      find_state(parts, state_place(parts, *sealer, identity.id), *evidence, directory, log_key);
  WARD_TRY(auto material, make_material(identity, bundle));
  return std::unique_ptr<NodeSession>(
      new NodeSession(std::move(parts), std::move(identity), std::move(bundle),
                      Opened{.material = std::move(material),
                             .sealer = std::move(sealer),
                             .evidence = std::move(evidence),
                             .witness = std::move(witness),
                             .log_key = log_key,
                             .cosigned_size = cosigned ? cosigned->size : 0,
                             .saved = std::move(saved)}));
}

NodeSession::NodeSession(SessionParts parts, NodeIdentity identity, spiffe::X509Bundle bundle,
                         Opened opened)
    : parts_(std::move(parts)),
      bundle_(std::move(bundle)),
      material_(std::move(opened.material)),
      sealer_(std::move(opened.sealer)),
      evidence_(std::move(opened.evidence)),
      witness_(std::move(opened.witness)),
      view_(identity.id.text(), parts_.config.limits.view_names, parts_.loop, parts_.log),
      recorder_(*evidence_, view_, parts_.loop),
      link_(parts_.loop, parts_.random, connector_to_server(parts_, material_), view_,
            {.agent_version = std::string(kAgentVersion), .log_origin = log_origin(identity.id)},
            parts_.log),
      names_(link_),
      bundles_(view_, parts_.config.trust_domain, parts_.log,
               [this](const spiffe::X509Bundle& changed) {
                 publish_material(this->identity(), changed);
               }),
      svids_(view_, link_, names_, parts_.loop, parts_.random, parts_.log),
      jwts_(view_, link_, parts_.loop, parts_.config.limits.jwt_svids),
      decider_(parts_.loop.clock(), {.staleness_max = parts_.config.staleness}),
      judge_(view_, link_, names_, recorder_, decider_, parts_.loop,
             {.ask_timeout = parts_.config.limits.ask_timeout,
              .waiting_max = parts_.config.limits.questions_waiting,
              .sealing = parts_.config.evidence.sealing,
              .random = &parts_.random}),
      renewal_(std::move(identity), link_, parts_.store, parts_.loop, parts_.random, parts_.log,
               {.renewed =
                    [this](const NodeIdentity& renewed) {
                      publish_material(renewed, bundle_);
                      link_.restart();
                    },
                .expired = parts_.expired}),
      acknowledger_(view_, link_, recorder_, parts_.loop, parts_.log),
      shipper_(link_, *evidence_, witness_, parts_.files, parts_.loop, parts_.random,
               connector_to_server(parts_, material_),
               {.directory = evidence_directory(parts_.config.data_dir, opened.log_key.name()),
                .key = opened.log_key,
                .cosigned_size = opened.cosigned_size,
                .interval = std::max(parts_.config.checkpoint_interval, kShipLookMin)},
               parts_.log),
      keeper_({.view = view_, .svids = svids_, .jwts = jwts_},
              state_place(parts_, *sealer_, renewal_.identity().id), parts_.loop, parts_.log),
      sources_{.view = view_, .svids = svids_, .jwts = jwts_, .bundles = bundles_} {
  // After the parts that dropped what had to go.
  view_.observe([this](const ViewChange& change) {
    begin_evidence();
    parts_.changed();
    acknowledger_.on_change(change);
    keeper_.on_change(change);
    if (change.is_base) shipper_.on_connected();
  });
  view_.on_forget([this](const std::vector<world::Name>& names) { link_.forget(names); });
  svids_.observe([this] {
    parts_.changed();
    keeper_.mark();
  });
  jwts_.observe([this] { keeper_.mark(); });
  if (opened.saved) restore(std::move(*opened.saved));
  link_.start();
}

void NodeSession::restore(SavedState saved) {
  const Clock& clock = parts_.loop.clock();
  RestoredView view{.head = saved.head, .entries = std::move(saved.entries), .contact = {}};
  const auto contact = measurable_contact(saved, clock, boot_id(parts_.files));
  if (contact.ok()) {
    view.contact = *contact;
  } else {
    parts_.log.warn("privileged actions are denied until the server is heard of: {}",
                    contact.error().message());
  }
  if (const auto restored = view_.restore(view); !restored.ok()) {
    parts_.log.error("what was kept over the restart is refused: {}", restored.error().text());
    return;
  }
  // The clock may have been set back, but it was later than this once.
  const WallTime now = std::max(clock.now(), saved.saved);
  svids_.restore(std::move(saved.svids), now);
  jwts_.restore(std::move(saved.jwts), now);
  parts_.log.info("goes on at revision {} with {} X.509-SVIDs and {} JWT-SVIDs kept",
                  view_.revision(), svids_.all().size(), jwts_.size());
}

NodeSession::~NodeSession() = default;

void NodeSession::publish_material(const NodeIdentity& identity, const spiffe::X509Bundle& bundle) {
  auto material = make_material(identity, bundle);
  if (!material.ok()) return parts_.log.error("TLS material: {}", material.error().text());
  bundle_ = bundle;
  material_.publish(std::move(*material));
  const auto saved = parts_.store.save_bundle(bundle_);
  if (!saved.ok()) parts_.log.error("the trust bundle is not kept: {}", saved.error().text());
}

// The first record stands at the first revision that is known.
void NodeSession::begin_evidence() {
  if (std::exchange(has_begun_, true)) return;
  evidence::ProcessStart start;
  start.process = view_.node();
  start.version = kAgentVersion;
  start.instance = parts_.random.bytes(16);
  const auto noted = recorder_.note(std::move(start));
  if (!noted.ok()) parts_.log.error("evidence: {}", noted.error().text());
}

void NodeSession::stop(std::string_view reason) {
  evidence::ProcessStop stop;
  stop.reason = reason;
  if (has_begun_) (void)recorder_.note(std::move(stop));
  keeper_.close();
}

}  // namespace ward::agent
