#include "server/server.h"

#include <utility>

#include "attest/join_token.h"
#include "attest/x509pop.h"
#include "authority/file_key_sealer.h"
#include "evidence/log.h"
#include "grpc/health.h"
#include "grpc/reflection.h"
#include "grpc/server.h"
#include "http/server.h"
#include "journal/sqlite_journal.h"
#include "journal/store.h"
#include "net/listener.h"
#include "net/tls/server.h"
#include "server/admin_service.h"
#include "server/authzen_front.h"
#include "server/bootstrap.h"
#include "server/journal_head.h"
#include "server/node_attestation_service.h"
#include "server/node_control_service.h"
#include "server/server_judge.h"
#include "server/witness_front.h"

namespace ward::server {
namespace {

constexpr mode_t kPrivateDirectory = 0700;
constexpr std::size_t kRootsBytesMax = 1 << 20;
constexpr std::size_t kInstanceBytes = 16;
constexpr std::size_t kMessageBytesMax = 64 << 20;  // a Base holds every policy
constexpr std::size_t kTcpConnectionsPerPeerMax = 1024;

// A node's stream is silent for long: it is probed well before a silent body would count as lost.
http::Limits tcp_limits() {
  http::Limits limits;
  limits.probe_interval = std::chrono::seconds(10);
  limits.probe_timeout = std::chrono::seconds(10);
  return limits;
}

Result<void> check_private_directory(os::FileSystem& files, const std::string& path) {
  WARD_RETURN_IF_ERROR(files.create_directory(path, kPrivateDirectory));
  WARD_TRY(const auto status, files.status(path));
  if (!status || status->kind != os::FileKind::kDirectory) {
    return make_error(ErrorCode::kFailedPrecondition, "`{}` is no directory", path);
  }
  if ((status->mode & 077) == 0) return {};
  return make_error(ErrorCode::kPermissionDenied,
                    "`{}`: expected a directory that its owner alone may use (mode 0700), got mode "
                    "{:04o}",
                    path, status->mode);
}

authority::AuthorityOptions authority_options(const ServerConfig& config) {
  return {.trust_domain = config.trust_domain,
          .x509_ttl = config.x509_svid_ttl,
          .jwt_ttl = config.jwt_svid_ttl,
          .server_dns_names = config.dns_names};
}

}  // namespace

// What is on disk.
struct Server::Stores {
  std::unique_ptr<authority::FileKeySealer> sealer;
  SigningKeys signing;
  std::unique_ptr<journal::Store> journal;
  std::unique_ptr<evidence::EvidenceLog> evidence;
};

// What runs on the loop. In the order in which each needs those before it.
struct Server::Services {
  Services(Stores& stores, ServerSystem& system, std::unique_ptr<ControlPlane> control_plane,
           std::unique_ptr<AuthorityKeeper> keeper, std::unique_ptr<EvidenceMirrors> copies,
           const ServerConfig& config)
      : plane(std::move(control_plane)),
        authority(std::move(keeper)),
        mirrors(std::move(copies)),
        recorder(*stores.evidence, *plane, system.loop, system.log),
        judge(*plane, recorder, {.staleness_max = config.staleness}, config.evidence.sealing,
              system.random),
        revocations(system.loop),
        distribution(*plane, revocations, system.loop, system.log),
        access(*plane, config.trust_domain),
        attestation(*plane, *authority, recorder, system.loop, system.log),
        control({.plane = *plane,
                 .authority = *authority,
                 .distribution = distribution,
                 .revocations = revocations,
                 .access = access,
                 .recorder = recorder,
                 .mirrors = *mirrors,
                 .loop = system.loop},
                system.log),
        admin({.plane = *plane,
               .authority = *authority,
               .distribution = distribution,
               .revocations = revocations,
               .recorder = recorder,
               .judge = judge,
               .signing = stores.signing,
               .files = system.files,
               .random = system.random,
               .loop = system.loop},
              {.trust_domain = config.trust_domain,
               .version = system.version,
               .operators = config.operators,
               .staleness = config.staleness,
               .data_dir = config.data_dir},
              system.log),
        authzen(*plane, *authority, judge),
        witness(*plane, *mirrors) {}

  std::unique_ptr<ControlPlane> plane;
  std::unique_ptr<AuthorityKeeper> authority;
  std::unique_ptr<EvidenceMirrors> mirrors;
  Recorder recorder;
  ServerJudge judge;
  RevocationTracker revocations;
  Distribution distribution;
  NodeAccess access;
  NodeAttestationService attestation;
  NodeControlService control;
  AdminService admin;
  AuthzenFront authzen;
  WitnessFront witness;
};

// One listener with all that answers on it. The socket's end is torn down first.
struct Front {
  Front(ServerSystem& system, http::Limits limits)
      : router(limits),
        grpc(system.loop, {.send_bytes_max = kMessageBytesMax}),
        http(system.loop, router, limits, system.log.part("http")) {}

  // After every service is registered.
  void mount() {
    health.register_with(grpc);
    grpc::register_reflection(grpc);
    grpc.mount(router);
    health.set("", true);
    for (const std::string& service : grpc.services()) health.set(service, true);
  }

  http::Router router;
  grpc::HealthService health;
  grpc::Server grpc;
  http::Server http;
  std::unique_ptr<net::Listener> listener;
};

struct Server::Fronts {
  Fronts(ServerSystem& system, const AuthorityKeeper& keeper)
      : tls(system.loop, keeper.tls(), {.client_certificate = net::ClientCertificate::kOptional}),
        tcp(system, tcp_limits()),
        admin(system, {}) {}

  net::TlsServer tls;
  Front tcp;
  Front admin;
  int draining = 0;
};

Result<std::unique_ptr<Server>> Server::start(const ServerConfig& config, ServerSystem system) {
  std::unique_ptr<Server> server(new Server(std::move(system)));
  WARD_RETURN_IF_ERROR(server->open_stores(config));
  WARD_RETURN_IF_ERROR(server->make_services(config));
  WARD_RETURN_IF_ERROR(server->listen(config));
  return server;
}

Server::Server(ServerSystem system) : system_(std::move(system)) {}

Server::~Server() {
  fronts_.reset();
  if (!services_) return;
  const auto noted = services_->recorder.note(evidence::ProcessStop{.reason = "shut down"});
  if (!noted.ok()) system_.log.warn("the end is not in evidence: {}", noted.error().message());
  const auto kept = keep_journal_head(services_->plane->journal_log(), stores_->signing.journal,
                                      system_.files, data_dir_);
  if (!kept.ok()) system_.log.warn("the journal's head is not kept: {}", kept.error().message());
  services_.reset();
}

Result<void> Server::open_stores(const ServerConfig& config) {
  const std::string& dir = config.data_dir;
  WARD_RETURN_IF_ERROR(check_private_directory(system_.files, dir));
  WARD_RETURN_IF_ERROR(system_.files.create_directory(dir + "/receipts", kPrivateDirectory));
  WARD_TRY(auto sealer, authority::FileKeySealer::open(system_.files, config.key_encryption_key,
                                                       system_.random));
  WARD_TRY(auto signing, open_signing_keys(system_.files, dir + "/signing.key", config.trust_domain,
                                           system_.random));
  WARD_TRY(auto journal, journal::open_sqlite_journal(dir + "/journal.db", system_.files));
  WARD_TRY(auto store, journal::Store::open(std::move(journal), system_.log.part("journal")));
  WARD_TRY(const auto keys, authority::KeyMaker::make({.trust_domain = config.trust_domain,
                                                       .x509_lifetime = config.ca_ttl,
                                                       .jwt_lifetime = config.ca_ttl},
                                                      *sealer, system_.random));
  WARD_RETURN_IF_ERROR(bootstrap(*store, keys, config.trust_domain, system_.clock));
  WARD_TRY(
      auto evidence,
      evidence::EvidenceLog::open(
          {.writer = {.directory = dir + "/evidence", .signer = signing.log},
           .checkpoint_interval = config.checkpoint_interval,
           .retention = config.evidence.retention,
           .values_directory = config.evidence.sealing.is_set() ? dir + "/evidence.values" : ""},
          system_.files, system_.clock, system_.log.part("evidence")));
  stores_ = std::make_unique<Stores>(Stores{.sealer = std::move(sealer),
                                            .signing = std::move(signing),
                                            .journal = std::move(store),
                                            .evidence = std::move(evidence)});
  return {};
}

Result<void> Server::make_services(const ServerConfig& config) {
  WARD_TRY(auto plane, ControlPlane::open(*stores_->journal, system_.loop, config.trust_domain,
                                          system_.log, [this](const Error& error) {
                                            system_.log.error("the journal is lost: {}",
                                                              error.message());
                                            if (failed_) failed_(error);
                                          }));
  WARD_RETURN_IF_ERROR(check_journal_head(plane->journal_log(), stores_->signing.journal,
                                          system_.files, config.data_dir));
  WARD_RETURN_IF_ERROR(keep_journal_head(plane->journal_log(), stores_->signing.journal,
                                         system_.files, config.data_dir));
  data_dir_ = config.data_dir;
  WARD_TRY(auto maker, authority::KeyMaker::make({.trust_domain = config.trust_domain,
                                                  .x509_lifetime = config.ca_ttl,
                                                  .jwt_lifetime = config.ca_ttl},
                                                 *stores_->sealer, system_.random));
  WARD_TRY(auto keeper,
           AuthorityKeeper::open(*plane, system_.loop, *stores_->sealer, std::move(maker),
                                 authority_options(config), system_.random, system_.log));
  WARD_TRY(auto mirrors, EvidenceMirrors::open(config.data_dir + "/logs", stores_->signing.witness,
                                               system_.files, system_.clock, system_.log));
  services_ = std::make_unique<Services>(*stores_, system_, std::move(plane), std::move(keeper),
                                         std::move(mirrors), config);
  if (config.join_token_enabled) {
    services_->attestation.add(std::make_unique<attest::JoinTokenAttestor>());
  }
  if (!config.x509pop_roots.empty()) {
    WARD_TRY(const Bytes pem, system_.files.read_file(config.x509pop_roots, kRootsBytesMax));
    WARD_TRY(auto roots, crypto::parse_certificates_pem(as_text(pem)).in(config.x509pop_roots));
    WARD_TRY(auto x509pop, attest::X509PopAttestor::make(std::move(roots), system_.random));
    services_->attestation.add(std::move(x509pop));
  }
  // A journal that is behind its own evidence was rolled back: the log refuses the record.
  return services_->recorder
      .note(evidence::ProcessStart{.process = authority::server_id(config.trust_domain).text(),
                                   .version = system_.version,
                                   .instance = system_.random.bytes(kInstanceBytes)})
      .in("the evidence of this start");
}

Result<void> Server::listen(const ServerConfig& config) {
  fronts_ = std::make_unique<Fronts>(system_, *services_->authority);
  Fronts& fronts = *fronts_;
  services_->attestation.register_with(fronts.tcp.grpc);
  services_->control.register_with(fronts.tcp.grpc);
  services_->admin.register_with(fronts.tcp.grpc);
  services_->admin.register_with(fronts.admin.grpc);
  fronts.tcp.mount();
  if (config.authzen) {
    WARD_RETURN_IF_ERROR(services_->authzen.mount(*config.authzen, fronts.tcp.router));
  }
  WARD_RETURN_IF_ERROR(services_->witness.mount(
      {.prefix = config.witness_prefix, .logs = config.witness_logs}, fronts.tcp.router));
  fronts.admin.mount();
  const Log log = system_.log.part("listen");
  WARD_TRY(fronts.tcp.listener,
           net::listen_tcp(system_.loop, config.listen_address, config.listen_port,
                           {.connections_per_peer_max = kTcpConnectionsPerPeerMax},
                           [&fronts, log](std::unique_ptr<net::Stream> stream) {
                             fronts.tls.accept(
                                 std::move(stream),
                                 [&fronts, log](Result<std::unique_ptr<net::Stream>> accepted) {
                                   if (accepted.ok())
                                     return fronts.tcp.http.serve(std::move(*accepted));
                                   log.debug("handshake: {}", accepted.error().message());
                                 });
                           }));
  WARD_TRY(fronts.admin.listener,
           net::listen_unix(system_.loop, config.admin_socket, config.admin_mode, {},
                            [&fronts](std::unique_ptr<net::Stream> stream) {
                              fronts.admin.http.serve(std::move(stream));
                            }));
  log.info("trust domain `{}` at revision {}, {} and {}", config.trust_domain.name(),
           services_->plane->world().revision(), fronts.tcp.listener->address(),
           config.admin_socket);
  return {};
}

std::uint16_t Server::port() const {
  return fronts_->tcp.listener->port();
}

void Server::shut_down(std::function<void()> done) {
  Fronts& fronts = *fronts_;
  WARD_CHECK(fronts.draining == 0);
  fronts.draining = 2;
  const auto drained = [&fronts, done = std::move(done)] {
    if (--fronts.draining == 0) done();
  };
  for (Front* front : {&fronts.tcp, &fronts.admin}) {
    front->listener->close();
    front->health.shut_down();
  }
  services_->distribution.shut_down(Error(ErrorCode::kUnavailable, "the server shuts down"));
  fronts.tcp.http.shut_down(drained);
  fronts.admin.http.shut_down(drained);
}

void Server::on_failure(std::function<void(const Error&)> failed) {
  failed_ = std::move(failed);
}

}  // namespace ward::server
