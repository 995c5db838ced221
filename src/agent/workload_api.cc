#include "agent/workload_api.h"

#include <optional>
#include <utility>

#include "net/peer.h"
#include "spiffe/workload/workloadapi.pb.h"

namespace ward::agent {
namespace {

constexpr std::string_view kPrefix = "SpiffeWorkloadAPI/";
constexpr std::string_view kSecurityHeader = "workload.spiffe.io";

Error initialising() {
  return {ErrorCode::kUnavailable, "the agent is initialising"};
}

// SPIFFE_Workload_Endpoint.md 3: against server-side request forgery, which cannot set it.
Result<void> check_security_header(const grpc::ServerContext& context) {
  if (context.metadata().find(kSecurityHeader) == "true") return {};
  return invalid_argument("security header missing from request: expected `{}: true`",
                          kSecurityHeader);
}

Error attestation_failed(const Error& error) {
  if (error.code() == ErrorCode::kNotFound) return no_identity();  // nobody is there any more
  return make_error(ErrorCode::kUnavailable, "workload attestation failed: {}", error.message());
}

Registrations copies(const std::vector<const world::Registration*>& found) {
  Registrations registrations;
  for (const world::Registration* registration : found) registrations.push_back(*registration);
  return registrations;
}

}  // namespace

// A stream of whole sets: what it sends is made again whenever something changed, and sent when it
// is not what was sent last.
class WorkloadApi::Stream : public grpc::CallObject {
 public:
  Stream(WorkloadApi& api, const grpc::ServerContext& context)
      : api_(api), peer_(*context.peer().unix_peer) {
    api_.add(*this);
  }
  ~Stream() override { api_.remove(*this); }

  uid_t uid() const { return peer_.uid; }

  void on_writable() override {
    if (std::exchange(is_stale_, false)) refresh();
  }

  void refresh() {
    if (is_over_) return;
    if (is_attesting_) {
      is_stale_ = true;
      return;
    }
    is_attesting_ = true;
    api_.attestation_.attest(peer_, [self = weak(), this](Result<AttestedWorkload> workload) {
      if (self.expired()) return;
      is_attesting_ = false;
      if (std::exchange(is_stale_, false)) return refresh();
      take(std::move(workload));
    });
  }

  void recheck() {
    if (is_over_ || is_attesting_ || !info_ || is_rechecking_) return;
    is_rechecking_ = true;
    api_.attestation_.changed(peer_, *info_, [self = weak(), this](Result<bool> changed) {
      if (self.expired()) return;
      is_rechecking_ = false;
      if (!changed.ok() && changed.error().code() == ErrorCode::kNotFound) {
        return finish(attestation_failed(changed.error()));
      }
      if (!changed.ok() || *changed) refresh();
    });
  }

  void finish(Error error) {
    if (!std::exchange(is_over_, true)) end(std::move(error));
  }

 protected:
  // Sends what holds, if it is new; errors are those of MakeResponse.
  virtual Result<void> send(const Registrations& registrations, bool& is_settled) = 0;
  virtual bool has_sent() const = 0;
  virtual void end(Error error) = 0;
  virtual bool is_writable() const = 0;

  const WorkloadSources& sources() const { return *api_.sources_; }

 private:
  std::weak_ptr<bool> weak() const { return alive_; }

  void take(Result<AttestedWorkload> workload) {
    if (is_over_) return;
    if (const auto ready = api_.check_ready(); !ready.ok()) return finish(ready.error());
    if (!workload.ok()) return finish(attestation_failed(workload.error()));
    info_ = workload->info;
    const auto found = api_.entitled(*workload);
    if (found.empty()) return finish(no_identity());
    if (!is_writable()) {
      is_stale_ = true;  // on_writable() makes it again
      return;
    }
    push(copies(found));
  }

  // The first answer waits a moment for what is on its way; later ones go at once, because they may
  // take something back.
  void push(const Registrations& registrations) {
    bool is_settled = true;
    const auto sent = send(registrations, is_settled);
    if (sent.ok()) return waiting_.cancel();
    if (sent.error().code() != ErrorCode::kUnavailable) return finish(sent.error());
    const MonotonicTime now = api_.loop_.clock().monotonic();
    if (!waiting_since_) waiting_since_ = now;
    if (now - *waiting_since_ >= kSettleTimeMax) return finish(sent.error());
    waiting_ = api_.loop_.after(kSettleTimeMax, [this] { refresh(); });
  }

 protected:
  bool may_wait() const {
    return !waiting_since_ || api_.loop_.clock().monotonic() - *waiting_since_ < kSettleTimeMax;
  }
  void settled() { waiting_since_.reset(); }

 private:
  WorkloadApi& api_;
  const net::UnixPeer peer_;
  std::optional<os::ProcessInfo> info_;
  std::optional<MonotonicTime> waiting_since_;
  bool is_attesting_ = false;
  bool is_rechecking_ = false;
  bool is_stale_ = false;
  bool is_over_ = false;
  net::Timer waiting_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

template <typename Response>
class WorkloadApi::TypedStream final : public Stream {
 public:
  TypedStream(WorkloadApi& api, grpc::ServerWriter<Response> writer, MakeResponse<Response> make)
      : Stream(api, writer.context()), writer_(writer), make_(make) {}

 private:
  Result<void> send(const Registrations& registrations, bool& is_settled) override {
    auto response = make_(sources(), registrations, is_settled);
    if (!response.ok()) return response.error();
    if (!is_settled && !has_sent() && may_wait()) {
      return Error(ErrorCode::kUnavailable, "SVIDs are on their way");
    }
    settled();
    // Deterministic: one entry in each map, the rest in order.
    const auto digest = crypto::sha256(as_bytes(response->SerializeAsString()));
    if (last_ == digest) return {};
    last_ = digest;
    writer_.write(*response);
    return {};
  }
  bool has_sent() const override { return last_.has_value(); }
  void end(Error error) override { writer_.finish(std::move(error)); }
  bool is_writable() const override { return writer_.is_writable(); }

  grpc::ServerWriter<Response> writer_;
  MakeResponse<Response> make_;
  std::optional<crypto::Sha256Digest> last_;
};

WorkloadApi::WorkloadApi(net::Loop& loop, WorkloadAttestation& attestation,
                         std::size_t streams_per_uid, Log log)
    : loop_(loop),
      attestation_(attestation),
      streams_per_uid_(streams_per_uid),
      log_(log.part("workload")) {
  timer_ = loop_.after(kRecheckInterval, [this] { recheck(); });
}

WorkloadApi::~WorkloadApi() = default;

void WorkloadApi::serve(const WorkloadSources* sources) {
  sources_ = sources;
  defaults_.clear();
  if (sources_ != nullptr) return;
  for (Stream* stream : std::set<Stream*>(streams_)) stream->finish(initialising());
}

void WorkloadApi::refresh() {
  for (Stream* stream : streams_) stream->refresh();
}

void WorkloadApi::recheck() {
  timer_ = loop_.after(kRecheckInterval, [this] { recheck(); });
  attestation_.sweep();
  for (Stream* stream : streams_) stream->recheck();
}

void WorkloadApi::add(Stream& stream) {
  streams_.insert(&stream);
  ++streams_of_[stream.uid()];
}

void WorkloadApi::remove(Stream& stream) {
  streams_.erase(&stream);
  if (const auto count = streams_of_.find(stream.uid()); --count->second == 0) {
    streams_of_.erase(count);
  }
}

Result<void> WorkloadApi::check_ready() const {
  if (sources_ != nullptr && sources_->view.has_base()) return {};
  return initialising();
}

Result<void> WorkloadApi::admit(const grpc::ServerContext& context) const {
  WARD_RETURN_IF_ERROR(check_ready());
  const auto& peer = context.peer().unix_peer;
  if (!peer) return make_error(ErrorCode::kPermissionDenied, "only over a Unix socket");
  const auto count = streams_of_.find(peer->uid);
  if (count == streams_of_.end() || count->second < streams_per_uid_) return {};
  return make_error(ErrorCode::kResourceExhausted, "uid {} has {} streams open", peer->uid,
                    count->second);
}

std::vector<const world::Registration*> WorkloadApi::entitled(
    const AttestedWorkload& workload) const {
  const AgentView& view = sources_->view;
  auto found = view.world().matching(view.node(), workload.selectors);
  std::erase_if(found, [&](const world::Registration* registration) {
    // Of one whose identity is not known yet nothing is held back but its SVID.
    const bool is_looked_at =
        sources_->view.holds({world::NameKind::kIdentity, registration->spiffe_id});
    return is_looked_at && !is_entitled(view, *registration);
  });
  return found;
}

const AttestedWorkload* WorkloadApi::known(const net::Peer& from) {
  if (!check_ready().ok() || !from.unix_peer) return nullptr;
  return attestation_.known(*from.unix_peer);
}

void WorkloadApi::attested(const net::Peer& from, Attested done) {
  if (const auto ready = check_ready(); !ready.ok()) return done(ready.error());
  const auto& peer = from.unix_peer;
  if (!peer) return done(make_error(ErrorCode::kPermissionDenied, "only over a Unix socket"));
  if (const AttestedWorkload* known = attestation_.known(*peer)) return done(known);
  attestation_.attest(*peer, [this, alive = std::weak_ptr(alive_),
                              done = std::move(done)](Result<AttestedWorkload> workload) mutable {
    if (alive.expired()) return;
    if (const auto ready = check_ready(); !ready.ok()) return done(ready.error());
    if (!workload.ok()) return done(attestation_failed(workload.error()));
    done(&*workload);
  });
}

void WorkloadApi::identify(const net::Peer& from,
                           std::move_only_function<void(Result<Registrations>)> done) {
  attested(from, [this, done = std::move(done)](Result<const AttestedWorkload*> workload) mutable {
    if (!workload.ok()) return done(workload.error());
    Registrations registrations = copies(entitled(**workload));
    if (registrations.empty()) return done(no_identity());
    done(std::move(registrations));
  });
}

// PERF: looking through the registrations costs 2 us, a seventh of what a decision may cost.
const std::string* WorkloadApi::default_identity(const AttestedWorkload& workload) {
  AgentView& view = sources_->view;
  if (defaults_at_ != view.state() || defaults_.size() >= kKnownMax) {
    defaults_.clear();
    defaults_at_ = view.state();
  }
  auto kept = defaults_.find(workload.number);
  if (kept == defaults_.end()) {
    const auto registrations = entitled(workload);
    if (registrations.empty()) return nullptr;
    kept = defaults_.emplace(workload.number, registrations.front()->spiffe_id.str()).first;
  }
  view.holds({world::NameKind::kIdentity, kept->second});  // a use of it
  return &kept->second;
}

void WorkloadApi::check_caller(const net::Peer& from,
                               std::move_only_function<void(Result<std::string>)> done) {
  const auto answer = [this](const AttestedWorkload& workload, auto& answered) {
    const std::string* identity = default_identity(workload);
    if (identity == nullptr) return answered(no_identity());
    answered(*identity);
  };
  if (const AttestedWorkload* workload = known(from)) return answer(*workload, done);
  attested(from, [answer,
                  done = std::move(done)](const Result<const AttestedWorkload*>& workload) mutable {
    if (!workload.ok()) return done(workload.error());
    answer(**workload, done);
  });
}

template <typename Request, typename Response>
void WorkloadApi::add_stream_method(grpc::Server& server, std::string_view method,
                                    MakeResponse<Response> make) {
  server.server_stream<Request, Response>(
      std::string(kPrefix) + std::string(method),
      [this, make](const Request&,
                   grpc::ServerWriter<Response> writer) -> std::unique_ptr<grpc::CallObject> {
        if (const auto admitted = admit(writer.context()); !admitted.ok()) {
          writer.finish(admitted.error());
          return nullptr;
        }
        auto stream = std::make_unique<TypedStream<Response>>(*this, writer, make);
        stream->refresh();
        return stream;
      });
}

void WorkloadApi::register_with(grpc::Server& server) {
  server.intercept(std::string(kPrefix), [](grpc::ServerContext& context) -> Result<void> {
    return check_security_header(context);
  });
  add_stream_method<X509SVIDRequest, X509SVIDResponse>(server, "FetchX509SVID", &make_x509_svids);
  add_stream_method<X509BundlesRequest, X509BundlesResponse>(server, "FetchX509Bundles",
                                                             &make_x509_bundles);
  add_stream_method<JWTBundlesRequest, JWTBundlesResponse>(server, "FetchJWTBundles",
                                                           &make_jwt_bundles);
  register_jwt(server);
}

namespace {

Result<void> check_audience(const JWTSVIDRequest& request) {
  if (request.audience().empty()) return invalid_argument("audience must be specified");
  if (request.audience_size() > static_cast<int>(spiffe::kAudiencesMax)) {
    return invalid_argument("{} audiences; expected at most {}", request.audience_size(),
                            spiffe::kAudiencesMax);
  }
  for (const std::string& one : request.audience()) {
    if (one.empty() || one.size() > spiffe::kAudienceBytesMax) {
      return invalid_argument("an audience of {} bytes; expected 1 to {}", one.size(),
                              spiffe::kAudienceBytesMax);
    }
  }
  return {};
}

// The tokens of one call, some of which are still asked for.
struct JwtGathering {
  grpc::UnaryReply<JWTSVIDResponse> reply;
  std::vector<JWTSVID> svids;
  std::size_t missing;
};

void gather(const std::shared_ptr<JwtGathering>& gathering, std::size_t index,
            Result<std::string> token) {
  if (gathering->reply.is_done()) return;
  if (!token.ok()) return gathering->reply.fail(token.error());
  gathering->svids[index].set_svid(*token);
  if (--gathering->missing > 0) return;
  JWTSVIDResponse response;
  for (JWTSVID& svid : gathering->svids) *response.add_svids() = std::move(svid);
  gathering->reply.finish(response);
}

void fetch_jwts(const WorkloadSources& sources, Registrations registrations,
                const JWTSVIDRequest& request, grpc::UnaryReply<JWTSVIDResponse> reply) {
  if (!request.spiffe_id().empty()) {
    std::erase_if(registrations, [&](const world::Registration& registration) {
      return registration.spiffe_id != request.spiffe_id();
    });
  }
  if (registrations.empty()) return reply.fail(no_identity());
  const auto hints = unique_hints(registrations);
  auto gathering = std::make_shared<JwtGathering>(
      JwtGathering{.reply = std::move(reply), .svids = {}, .missing = registrations.size()});
  for (std::size_t i = 0; i < registrations.size(); ++i) {
    JWTSVID& svid = gathering->svids.emplace_back();
    svid.set_spiffe_id(registrations[i].spiffe_id.str());
    svid.set_hint(hints[i]);
  }
  const std::vector<std::string> audience(request.audience().begin(), request.audience().end());
  for (std::size_t i = 0; i < registrations.size(); ++i) {
    sources.jwts.fetch(
        registrations[i].id.str(), audience,
        [gathering, i](Result<std::string> token) { gather(gathering, i, std::move(token)); });
  }
}

Result<ValidateJWTSVIDResponse> validate(const WorkloadSources& sources,
                                         const ValidateJWTSVIDRequest& request, WallTime now) {
  auto svid =
      spiffe::verify_jwt_svid(request.svid(), sources.bundles.jwt(), request.audience(), now);
  auto response =
      svid.ok() ? make_validated(sources, *svid) : Result<ValidateJWTSVIDResponse>(svid.error());
  if (response.ok()) return response;
  return Error(ErrorCode::kInvalidArgument, response.error().message());  // as SPIRE answers
}

}  // namespace

void WorkloadApi::register_jwt(grpc::Server& server) {
  server.unary<JWTSVIDRequest, JWTSVIDResponse>(
      "SpiffeWorkloadAPI/FetchJWTSVID",
      [this](const JWTSVIDRequest& request, grpc::UnaryReply<JWTSVIDResponse> reply) {
        if (const auto checked = check_audience(request); !checked.ok()) {
          return reply.fail(checked.error());
        }
        const net::Peer& peer = reply.context().peer();
        identify(peer, [this, request,
                        reply = std::move(reply)](Result<Registrations> registrations) mutable {
          if (!registrations.ok()) return reply.fail(registrations.error());
          fetch_jwts(*sources_, std::move(*registrations), request, std::move(reply));
        });
      });
  server.unary<ValidateJWTSVIDRequest, ValidateJWTSVIDResponse>(
      "SpiffeWorkloadAPI/ValidateJWTSVID", [this](const ValidateJWTSVIDRequest& request,
                                                  grpc::UnaryReply<ValidateJWTSVIDResponse> reply) {
        if (request.audience().empty()) {
          return reply.fail(invalid_argument("audience must be specified"));
        }
        if (request.svid().empty()) return reply.fail(invalid_argument("svid must be specified"));
        const net::Peer& peer = reply.context().peer();
        identify(peer, [this, request,
                        reply = std::move(reply)](Result<Registrations> registrations) mutable {
          if (!registrations.ok()) return reply.fail(registrations.error());
          reply.finish(validate(*sources_, request, loop_.clock().now()));
        });
      });
}

}  // namespace ward::agent
