#include "agent/server_link.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "authority/key_proof.h"
#include "grpc/status.h"
#include "ward/node/v1/node.pb.h"

namespace ward::agent {
namespace {

namespace wire = ward::node::v1;
using authority::KeyProofPurpose;
using Entries = std::vector<world::ViewEntry>;

template <typename Message>
Result<Bytes> bytes_of(const Message& message) {
  Bytes bytes(message.ByteSizeLong());
  if (message.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()))) return bytes;
  return Error(ErrorCode::kInternal, "a message that cannot be written");
}

Result<Entries> read_entries(
    const google::protobuf::RepeatedPtrField<ward::fact::v1::ViewEntry>& from) {
  Entries entries;
  for (const auto& one : from) {
    WARD_TRY(const Bytes bytes, bytes_of(one));
    WARD_TRY(auto entry, world::decode_view_entry(bytes));
    entries.push_back(std::move(entry));
  }
  return entries;
}

void write_name(const world::Name& name, wire::Name& to) {
  to.set_kind(static_cast<ward::fact::v1::NameKind>(name.kind));
  to.set_id(name.id);
}

Result<JournalHead> read_head(std::uint64_t revision, const std::string& root8) {
  JournalHead head{.revision = revision};
  if (root8.size() != head.root8.size()) {
    return invalid_argument("the first bytes of a root: expected {}, got {}", head.root8.size(),
                            root8.size());
  }
  std::ranges::copy(as_bytes(root8), head.root8.begin());
  return head;
}

Result<IssuedX509> read_x509(const wire::Issued& issued) {
  if (issued.chain_size() > static_cast<int>(crypto::kIntermediatesMax) + 1) {
    return invalid_argument("a chain of {} certificates", issued.chain_size());
  }
  IssuedX509 x509;
  for (const std::string& der : issued.chain()) {
    WARD_TRY(auto certificate, crypto::Certificate::parse_der(as_bytes(der)));
    x509.chain.push_back(std::move(certificate));
  }
  if (x509.chain.empty()) return invalid_argument("the server issued an empty chain");
  return x509;
}

}  // namespace

class ServerLink::Stream final : public grpc::ResponseReader<wire::ServerMessage> {
 public:
  Stream(net::Loop& loop, Random& random, grpc::Connector connector, Listener& listener,
         ServerLinkOptions options, Log log)
      : loop_(loop),
        random_(random),
        connector_(std::move(connector)),
        listener_(listener),
        options_(std::move(options)),
        log_(std::move(log)) {}

  void connect() {
    closing_.cancel();
    call_ = {};
    channel_.reset();
    grpc::ChannelOptions channel;
    channel.is_tls = true;
    channel.limits.receive_bytes_max = kServerMessageBytesMax;
    channel_ = std::make_unique<grpc::Channel>(loop_, random_, connector_, std::move(channel));
    call_ = channel_->bidi<wire::NodeMessage, wire::ServerMessage>(
        "ward.node.v1.NodeControl/Connect", {}, *this);
    is_open_ = true;
    hello();
    watch();
  }

  // Later, because it may be asked for from within an event of the stream that goes.
  void restart() {
    lose(Error(ErrorCode::kCancelled, "the stream is begun anew"));
    timer_ = loop_.after({}, [this] { connect(); });
  }

  bool is_connected() const { return is_based_; }
  const std::string& witness_key() const { return witness_key_; }

  void on_message(wire::ServerMessage& message) override {
    if (!is_open_) return;
    heard_ = loop_.clock().monotonic();
    const auto taken = take(message);
    if (!taken.ok()) end(taken.error().in("from the server"));
  }

  void on_done(const Result<void>& status) override {
    end(status.ok() ? Error(ErrorCode::kUnavailable, "the server ended the stream")
                    : status.error());
  }

  void send(const wire::NodeMessage& message) {
    if (is_open_) call_.write(message);
  }

  // A request that is answered by id.
  template <typename T>
  struct Waiting {
    Callback<T> done;
    net::Timer timer;
  };
  template <typename T>
  using Requests = std::map<std::uint64_t, Waiting<T>>;

  template <typename T>
  std::optional<std::uint64_t> await(Requests<T>& requests, Callback<T> done) {
    if (!is_based_) {
      fail_later<T>(std::move(done), Error(ErrorCode::kUnavailable, "no server is connected"));
      return std::nullopt;
    }
    if (asks_.size() + issues_.size() >= kRequestsMax) {
      fail_later<T>(std::move(done), make_error(ErrorCode::kResourceExhausted,
                                                "{} requests wait for the server", kRequestsMax));
      return std::nullopt;
    }
    const std::uint64_t id = next_id_++;
    net::Timer timer = loop_.after(kRequestTimeout, [this, id, &requests] {
      settle<T>(requests, id, Error(ErrorCode::kDeadlineExceeded, "the server did not answer"));
    });
    requests.emplace(id, Waiting<T>{std::move(done), std::move(timer)});
    return id;
  }

  template <typename T>
  void settle(Requests<T>& requests, std::uint64_t id, Result<T> result) {
    const auto found = requests.find(id);
    if (found == requests.end()) return;  // its time was over
    Callback<T> done = std::move(found->second.done);
    requests.erase(found);
    done(std::move(result));
  }

  template <typename T>
  void fail_later(Callback<T> done, Error error) {
    loop_.post([alive = std::weak_ptr(alive_), done = std::move(done),
                error = std::move(error)]() mutable {
      if (!alive.expired()) done(error);
    });
  }

  Requests<void> asks_;
  Requests<wire::Issued> issues_;  // renewals too

 private:
  void hello() {
    wire::NodeMessage message;
    wire::Hello& hello = *message.mutable_hello();
    hello.set_agent_version(options_.agent_version);
    hello.set_log_origin(options_.log_origin);
    for (const world::Name& name : listener_.held()) write_name(name, *hello.add_held());
    call_.write(message);
  }

  // Whether the server is still heard of.
  void watch() {
    heard_ = loop_.clock().monotonic();
    watch_again();
  }
  void watch_again() {
    watchdog_ = loop_.after(std::chrono::seconds{1}, [this] {
      const auto silence = loop_.clock().monotonic() - heard_;
      // The first word may take as long as connecting does.
      if (silence < (is_based_ ? kSilenceMax : 4 * kSilenceMax)) return watch_again();
      end(Error(ErrorCode::kDeadlineExceeded, "nothing was heard of the server"));
    });
  }

  Result<void> take(const wire::ServerMessage& message) {
    switch (message.message_case()) {
      case wire::ServerMessage::kBase:
        return take_base(message.base());
      case wire::ServerMessage::kFacts:
        return take_facts(message.facts());
      case wire::ServerMessage::kAnswer:
        return take_answer(message.answer());
      case wire::ServerMessage::kHeartbeat:
        return take_heartbeat(message.heartbeat());
      case wire::ServerMessage::kIssued:
        return take_issued(message.issued());
      case wire::ServerMessage::kRenewed:
        return take_issued(message.renewed());
      case wire::ServerMessage::MESSAGE_NOT_SET:
        break;
    }
    return {};  // of a newer server
  }

  Result<void> take_base(const wire::Base& base) {
    ServerBase told;
    WARD_TRY(told.head, read_head(base.revision(), base.journal_root8()));
    WARD_TRY(told.entries, read_entries(base.entries()));
    witness_key_ = base.witness_key();
    is_based_ = true;
    backoff_ = options_.backoff_min;
    WARD_RETURN_IF_ERROR(listener_.on_base(told));
    log_.info("the view stands at revision {}", base.revision());
    return {};
  }

  Result<void> take_facts(const wire::Facts& facts) {
    std::vector<RevisedFact> revised;
    for (const auto& one : facts.facts()) {
      WARD_TRY(auto fact, world::decode_fact(as_bytes(one.fact())));
      revised.push_back({.revision = one.revision(), .fact = std::move(fact)});
    }
    WARD_TRY(const auto head, read_head(facts.head(), facts.journal_root8()));
    return listener_.on_facts(revised, head);
  }

  Result<void> take_answer(const wire::Answer& answer) {
    if (answer.has_error()) {
      settle<void>(asks_, answer.ask_id(),
                   grpc::error_of(answer.error().code(), answer.error().message()));
      return {};
    }
    WARD_TRY(const Entries entries, read_entries(answer.entries()));
    WARD_TRY(const auto head, read_head(answer.head(), answer.journal_root8()));
    WARD_RETURN_IF_ERROR(listener_.on_answer(entries, head));
    settle<void>(asks_, answer.ask_id(), {});
    return {};
  }

  Result<void> take_heartbeat(const wire::Heartbeat& heartbeat) {
    WARD_TRY(const auto head, read_head(heartbeat.head(), heartbeat.journal_root8()));
    return listener_.on_heartbeat(head);
  }

  Result<void> take_issued(const wire::Issued& issued) {
    if (issued.has_error()) {
      settle<wire::Issued>(issues_, issued.request_id(),
                           grpc::error_of(issued.error().code(), issued.error().message()));
    } else {
      settle<wire::Issued>(issues_, issued.request_id(), issued);
    }
    return {};
  }

  // Ends what stands and connects again after a pause; also from within an event.
  void end(Error error) {
    if (!is_open_) return;
    log_.warn("the stream to the server is lost: {}", error.text());
    lose(std::move(error));
    closing_ = loop_.after({}, [this] { call_ = {}; });  // this may be an event of it
    timer_ = loop_.after(next_pause(), [this] { connect(); });
  }

  void lose(Error error) {
    is_open_ = false;
    watchdog_.cancel();
    if (std::exchange(is_based_, false)) listener_.on_lost();
    fail_all(asks_, error);
    fail_all(issues_, error);
  }

  template <typename T>
  void fail_all(Requests<T>& requests, const Error& error) {
    for (auto& [id, waiting] : std::exchange(requests, {})) {
      fail_later<T>(std::move(waiting.done), Error(ErrorCode::kUnavailable, error.message()));
    }
  }

  std::chrono::milliseconds next_pause() {
    const auto pause = std::exchange(backoff_, std::min(backoff_ * 2, options_.backoff_max));
    // Half of it is jitter, so that the nodes of a server that came back do not come all at once.
    const auto half = static_cast<std::uint64_t>(pause.count()) / 2 + 1;
    return std::chrono::milliseconds{static_cast<std::int64_t>(half + random_.below(half))};
  }

  net::Loop& loop_;
  Random& random_;
  grpc::Connector connector_;
  Listener& listener_;
  ServerLinkOptions options_;
  Log log_;
  std::chrono::milliseconds backoff_{options_.backoff_min};
  MonotonicTime heard_{};
  std::string witness_key_;
  bool is_open_ = false;
  bool is_based_ = false;
  std::uint64_t next_id_ = 1;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::Timer timer_;
  net::Timer closing_;
  net::Timer watchdog_;
  std::unique_ptr<grpc::Channel> channel_;
  grpc::ClientWriter<wire::NodeMessage> call_;
};

ServerLink::ServerLink(net::Loop& loop, Random& random, grpc::Connector connector,
                       Listener& listener, ServerLinkOptions options, Log log)
    : stream_(std::make_unique<Stream>(loop, random, std::move(connector), listener,
                                       std::move(options), log.part("link"))) {}

ServerLink::~ServerLink() = default;

void ServerLink::start() {
  stream_->connect();
}

void ServerLink::restart() {
  stream_->restart();
}

bool ServerLink::is_connected() const {
  return stream_->is_connected();
}

const std::string& ServerLink::witness_key() const {
  return stream_->witness_key();
}

void ServerLink::ask(const std::vector<world::Name>& names, Callback<void> done) {
  WARD_CHECK(names.size() <= kAskNamesMax);
  const auto id = stream_->await<void>(stream_->asks_, std::move(done));
  if (!id) return;
  wire::NodeMessage message;
  message.mutable_ask()->set_ask_id(*id);
  for (const world::Name& name : names) write_name(name, *message.mutable_ask()->add_names());
  stream_->send(message);
}

void ServerLink::forget(const std::vector<world::Name>& names) {
  if (names.empty() || !is_connected()) return;
  wire::NodeMessage message;
  for (const world::Name& name : names) write_name(name, *message.mutable_forget()->add_names());
  stream_->send(message);
}

void ServerLink::acknowledge(const wire::Acknowledge& acknowledge) {
  if (!is_connected()) return;
  wire::NodeMessage message;
  *message.mutable_acknowledge() = acknowledge;
  stream_->send(message);
}

namespace {

ServerLink::Callback<wire::Issued> as_x509(ServerLink::Callback<IssuedX509> done) {
  return [done = std::move(done)](Result<wire::Issued> issued) mutable {
    if (!issued.ok()) return done(issued.error());
    done(read_x509(*issued));
  };
}

}  // namespace

void ServerLink::issue_x509(const std::string& registration, const crypto::PrivateKey& key,
                            Callback<IssuedX509> done) {
  const auto proof = authority::make_key_proof(KeyProofPurpose::kX509Svid, registration, key);
  if (!proof.ok()) return stream_->fail_later<IssuedX509>(std::move(done), proof.error());
  const auto id = stream_->await<wire::Issued>(stream_->issues_, as_x509(std::move(done)));
  if (!id) return;
  wire::NodeMessage message;
  wire::IssueX509& request = *message.mutable_issue_x509();
  request.set_request_id(*id);
  request.set_registration_id(registration);
  request.set_public_key(std::string(as_text(key.public_key().spki_der())));
  request.set_key_proof(std::string(as_text(*proof)));
  stream_->send(message);
}

void ServerLink::issue_jwt(const std::string& registration,
                           const std::vector<std::string>& audience, Callback<IssuedJwt> done) {
  const auto id = stream_->await<wire::Issued>(
      stream_->issues_, [done = std::move(done)](Result<wire::Issued> issued) mutable {
        if (!issued.ok()) return done(issued.error());
        done(IssuedJwt{.token = issued->jwt(),
                       .expires = WallTime{std::chrono::microseconds{issued->expires_us()}}});
      });
  if (!id) return;
  wire::NodeMessage message;
  wire::IssueJwt& request = *message.mutable_issue_jwt();
  request.set_request_id(*id);
  request.set_registration_id(registration);
  for (const std::string& one : audience) request.add_audience(one);
  stream_->send(message);
}

void ServerLink::renew(const std::string& node, const crypto::PrivateKey& key,
                       Callback<IssuedX509> done) {
  const auto proof = authority::make_key_proof(KeyProofPurpose::kNode, node, key);
  if (!proof.ok()) return stream_->fail_later<IssuedX509>(std::move(done), proof.error());
  const auto id = stream_->await<wire::Issued>(stream_->issues_, as_x509(std::move(done)));
  if (!id) return;
  wire::NodeMessage message;
  wire::Renew& request = *message.mutable_renew();
  request.set_request_id(*id);
  request.set_public_key(std::string(as_text(key.public_key().spki_der())));
  request.set_key_proof(std::string(as_text(*proof)));
  stream_->send(message);
}

}  // namespace ward::agent
