// One Session a stream: it begins with Hello, which makes it the node's view, and from then on
// answers what the node sends while Distribution pushes through it.
#include "server/node_control_service.h"

#include <optional>
#include <utility>

#include "authority/key_proof.h"
#include "server/acknowledgement.h"
#include "server/signing_keys.h"
#include "ward/node/v1/node.pb.h"
#include "world/view.h"

namespace ward::server {
namespace {

namespace wire = ward::node::v1;
using Writer = grpc::ServerWriter<wire::ServerMessage>;

constexpr std::size_t kAudienceBytesMax = 2048;
constexpr std::chrono::seconds kLogKeyMargin{60};  // of life that a certificate must have left

void set_error(const Error& error, wire::ErrorDetail& to) {
  to.set_code(static_cast<std::uint32_t>(error.code()));
  to.set_message(error.message());
}

Result<void> add_entry(const world::World& world, const world::Name& name,
                       google::protobuf::RepeatedPtrField<ward::fact::v1::ViewEntry>& to) {
  WARD_TRY(const Bytes bytes, world::encode_view_entry(world::view_entry(world, name)));
  WARD_CHECK(to.Add()->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return {};
}

// A name that this node may know: identities, resources, owners; itself and no other node.
Result<world::Name> read_name(const wire::Name& from, std::string_view node) {
  if (from.id().size() > world::kNameBytesMax) {
    return invalid_argument("a name of {} bytes; expected at most {}", from.id().size(),
                            world::kNameBytesMax);
  }
  switch (from.kind()) {
    case ward::fact::v1::NAME_KIND_IDENTITY:
      return world::Name{world::NameKind::kIdentity, from.id()};
    case ward::fact::v1::NAME_KIND_RESOURCE:
      return world::Name{world::NameKind::kResource, from.id()};
    case ward::fact::v1::NAME_KIND_OWNER:
      return world::Name{world::NameKind::kOwner, from.id()};
    case ward::fact::v1::NAME_KIND_EVERYWHERE:
      return world::Name{world::NameKind::kEverywhere, {}};
    case ward::fact::v1::NAME_KIND_NODE:
      if (from.id() == node) return world::Name{world::NameKind::kNode, from.id()};
      return make_error(ErrorCode::kPermissionDenied, "a node may not know of another node");
    default:  // not an enumeration of ours: protobuf keeps numbers that it does not know
      return invalid_argument("{} is no kind of name", static_cast<int>(from.kind()));
  }
}

}  // namespace

class NodeControlService::Session final : public grpc::CallReader<wire::NodeMessage>,
                                          public NodeLink {
 public:
  Session(NodeControlService& service, Writer writer, NodeCaller caller)
      : service_(service),
        writer_(writer),
        caller_(std::move(caller)),
        node_(caller_.id.text()),
        self_(std::make_shared<Session*>(this)) {}
  ~Session() override {
    if (view_ != 0) parts().distribution.disconnect(view_);
  }

  void on_message(const wire::NodeMessage& message) override {
    if (is_over_) return;
    if (const auto done = dispatch(message); !done.ok()) end(done.error());
  }
  void on_end() override { end_with({}); }
  void on_writable() override { unsent_ = 0; }

  void send(const wire::ServerMessage& message) override {
    if (is_over_) return;
    const bool has_room = writer_.write(message);
    unsent_ = has_room ? 0 : unsent_ + message.ByteSizeLong();
    if (unsent_ > kUnsentBytesMax) {
      end(make_error(ErrorCode::kResourceExhausted, "the node does not read what it is sent"));
    }
  }
  void end(Error error) override {
    if (is_over_) return;
    service_.log_.info("stream of `{}` ends: {}", node_, error.message());
    end_with(std::move(error));
  }

 private:
  Parts& parts() { return service_.parts_; }
  const world::World& world() { return parts().plane.world(); }
  std::weak_ptr<Session*> weak() const { return self_; }

  void end_with(Result<void> status) {
    if (std::exchange(is_over_, true)) return;
    writer_.finish(std::move(status));
  }

  Result<void> dispatch(const wire::NodeMessage& message) {
    const bool is_hello = message.message_case() == wire::NodeMessage::kHello;
    if (is_hello != (view_ == 0)) {
      return make_error(ErrorCode::kFailedPrecondition, "a stream begins with one Hello");
    }
    switch (message.message_case()) {
      case wire::NodeMessage::kHello:
        return hello(message.hello());
      case wire::NodeMessage::kAsk:
        ask(message.ask());
        return {};
      case wire::NodeMessage::kForget:
        return forget(message.forget());
      case wire::NodeMessage::kAcknowledge:
        return acknowledge(message.acknowledge());
      case wire::NodeMessage::kIssueX509:
        issue_x509(message.issue_x509());
        return {};
      case wire::NodeMessage::kIssueJwt:
        issue_jwt(message.issue_jwt());
        return {};
      case wire::NodeMessage::kRenew:
        renew(message.renew());
        return {};
      case wire::NodeMessage::MESSAGE_NOT_SET:
        break;
    }
    return invalid_argument("a message of no kind that this server knows");
  }

  Result<void> hello(const wire::Hello& hello) {
    if (hello.log_origin() != log_origin(caller_.id)) {
      return invalid_argument("evidence log `{}`; expected `{}`", hello.log_origin(),
                              log_origin(caller_.id));
    }
    if (hello.held_size() > static_cast<int>(kHelloNamesMax) ||
        hello.agent_version().size() > kAgentVersionBytesMax) {
      return make_error(ErrorCode::kResourceExhausted, "a Hello with {} names; expected at most {}",
                        hello.held_size(), kHelloNamesMax);
    }
    view_ = parts().distribution.connect(*this, node_, hello.log_origin(), caller_.expires);
    if (const world::Node* node = world().node(node_)) (void)log_key_certificate(*node);
    wire::ServerMessage message;
    WARD_RETURN_IF_ERROR(fill_base(hello, *message.mutable_base()));
    service_.log_.info("stream of `{}` begins at revision {}", node_, world().revision());
    send(message);
    return {};
  }

  Result<void> fill_base(const wire::Hello& hello, wire::Base& base) {
    std::vector<world::Name> names = {{world::NameKind::kEverywhere, {}},
                                      {world::NameKind::kNode, node_}};
    for (const world::Registration* registration :
         world().registrations_of_parent(node_, {.limit = kHelloNamesMax})) {
      names.push_back({world::NameKind::kIdentity, registration->spiffe_id.str()});
    }
    for (const wire::Name& held : hello.held()) {
      WARD_TRY(auto name, read_name(held, node_));
      names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    const evidence::RootPrefix root8 = parts().plane.root8();
    base.set_revision(world().revision());
    base.set_journal_root8(root8.data(), root8.size());
    base.set_witness_key(parts().mirrors.witness().verifier().text());
    for (const world::Name& name : names) {
      WARD_RETURN_IF_ERROR(parts().distribution.hold(view_, name));
      WARD_RETURN_IF_ERROR(add_entry(world(), name, *base.mutable_entries()));
    }
    return {};
  }

  void ask(const wire::Ask& ask) {
    wire::ServerMessage message;
    wire::Answer& answer = *message.mutable_answer();
    answer.set_ask_id(ask.ask_id());
    if (const auto filled = fill_answer(ask, answer); !filled.ok()) {
      answer.clear_entries();
      set_error(filled.error(), *answer.mutable_error());
    }
    const evidence::RootPrefix root8 = parts().plane.root8();
    answer.set_head(world().revision());
    answer.set_journal_root8(root8.data(), root8.size());
    send(message);
  }

  Result<void> fill_answer(const wire::Ask& ask, wire::Answer& answer) {
    WARD_RETURN_IF_ERROR(check_standing());
    if (ask.names_size() > static_cast<int>(kAskNamesMax)) {
      return invalid_argument("{} names asked for; expected at most {}", ask.names_size(),
                              kAskNamesMax);
    }
    for (const wire::Name& asked : ask.names()) {
      WARD_TRY(const auto name, read_name(asked, node_));
      WARD_RETURN_IF_ERROR(parts().distribution.hold(view_, name));
      WARD_RETURN_IF_ERROR(add_entry(world(), name, *answer.mutable_entries()));
    }
    return {};
  }

  Result<void> forget(const wire::Forget& forget) {
    for (const wire::Name& forgotten : forget.names()) {
      WARD_TRY(const auto name, read_name(forgotten, node_));
      parts().distribution.release(view_, name);
    }
    return {};
  }

  Result<void> acknowledge(const wire::Acknowledge& message) {
    if (message.revision() > world().revision()) {
      return invalid_argument("revision {} acknowledged; the newest is {}", message.revision(),
                              world().revision());
    }
    if (message.record().empty()) {
      parts().distribution.acknowledge(view_, message.revision());
      return {};
    }
    if (world().node(node_) == nullptr) return no_node();
    const bool is_taken = service_.acknowledgements_.enqueue(
        [self = weak(), message, world = parts().plane.pin(), node = node_,
         origin = log_origin(caller_.id)]() -> net::Task {
          return [self, revision = message.revision(),
                  verified = verify_acknowledgement(message, *world->node(node), origin)] {
            if (const auto alive = self.lock()) (*alive)->on_verified(revision, verified);
          };
        });
    if (is_taken) return {};
    return make_error(ErrorCode::kResourceExhausted, "{} acknowledgements wait",
                      kAcknowledgementsWaitingMax);
  }

  Error no_node() const { return make_error(ErrorCode::kPermissionDenied, "no node `{}`", node_); }

  void on_verified(std::uint64_t revision, const Result<VerifiedAcknowledgement>& verified) {
    if (is_over_) return;
    if (!verified.ok()) return end(verified.error());
    const world::Node* node = world().node(node_);
    if (node == nullptr) return end(no_node());
    evidence::ReceiptHolder holder = verified->holder;
    holder.certificate = log_key_certificate(*node);
    parts().revocations.acknowledge(node_, verified->revision, verified->subjects, holder);
    parts().distribution.acknowledge(view_, revision);
  }

  // PERF: a signature when the stream begins, so that an acknowledgement costs none. Empty when the
  // authority cannot sign: then the receipt lacks it, and whoever verifies is told so.
  Bytes log_key_certificate(const world::Node& node) {
    const WallTime now = parts().plane.now();
    if (certified_key_ == node.evidence_key && log_key_.not_after > now + kLogKeyMargin) {
      return log_key_.chain.front();
    }
    const auto key = crypto::PublicKey::from_ed25519(node.evidence_key);
    auto certified = key.ok() ? parts().authority.authority().certify_log_key(caller_.id, *key, now)
                              : Result<authority::X509Credential>(key.error());
    if (!certified.ok()) {
      service_.log_.error("log key of `{}`: {}", node_, certified.error().message());
      return {};
    }
    certified_key_ = node.evidence_key;
    log_key_ = std::move(*certified);
    return log_key_.chain.front();
  }

  // That the node itself still may have anything; its stream may be about to end.
  Result<void> check_standing() {
    const auto node = parts().access.check_node(node_, caller_.issued);
    if (!node.ok()) return node.error();
    if (caller_.expires > parts().plane.now()) return {};
    return make_error(ErrorCode::kUnauthenticated, "the certificate of `{}` is expired", node_);
  }

  void issue_x509(const wire::IssueX509& request) {
    if (const auto allowed = may_issue(); !allowed.ok()) {
      return send_failure(request.request_id(), allowed.error());
    }
    auto issued =
        service_.issuer_.issue_x509(node_, request.registration_id(),
                                    as_bytes(request.public_key()), as_bytes(request.key_proof()));
    if (!issued.ok()) return send_failure(request.request_id(), issued.error());
    wire::ServerMessage message;
    fill_x509(request.request_id(), issued->credential, *message.mutable_issued());
    record_then_send(std::move(issued->record), std::move(message));
  }

  void issue_jwt(const wire::IssueJwt& request) {
    if (const auto allowed = may_issue(); !allowed.ok()) {
      return send_failure(request.request_id(), allowed.error());
    }
    for (const std::string& audience : request.audience()) {
      if (audience.size() <= kAudienceBytesMax) continue;
      return send_failure(request.request_id(),
                          invalid_argument("an audience of {} bytes; expected at most {}",
                                           audience.size(), kAudienceBytesMax));
    }
    const std::vector<std::string> audience(request.audience().begin(), request.audience().end());
    auto issued = service_.issuer_.issue_jwt(node_, request.registration_id(), audience);
    if (!issued.ok()) return send_failure(request.request_id(), issued.error());
    wire::ServerMessage message;
    wire::Issued& answer = *message.mutable_issued();
    answer.set_request_id(request.request_id());
    answer.set_jwt(issued->credential.token);
    answer.set_expires_us(issued->credential.expiry.time_since_epoch().count());
    answer.set_revision(world().revision());
    record_then_send(std::move(issued->record), std::move(message));
  }

  Result<void> may_issue() {
    WARD_RETURN_IF_ERROR(check_standing());
    if (pending_ < kIssuancesPendingMax) return {};
    return make_error(ErrorCode::kResourceExhausted, "{} credentials of this node are under way",
                      pending_);
  }

  void fill_x509(std::uint64_t request_id, const authority::X509Credential& credential,
                 wire::Issued& to) {
    to.set_request_id(request_id);
    for (const Bytes& der : credential.chain) to.add_chain(der.data(), der.size());
    to.set_expires_us(credential.not_after.time_since_epoch().count());
    to.set_revision(world().revision());
  }

  void record_then_send(evidence::Issuance record, wire::ServerMessage message) {
    ++pending_;
    parts().recorder.record(std::move(record), [self = weak(), message = std::move(message)](
                                                   Result<void> durable) mutable {
      const auto alive = self.lock();
      if (!alive) return;
      --(*alive)->pending_;
      if (durable.ok()) return (*alive)->send(message);
      wire::Issued& answer =
          message.has_renewed() ? *message.mutable_renewed() : *message.mutable_issued();
      const std::uint64_t request_id = answer.request_id();
      answer.Clear();
      answer.set_request_id(request_id);
      set_error(durable.error(), *answer.mutable_error());
      (*alive)->send(message);
    });
  }

  void send_failure(std::uint64_t request_id, const Error& error) {
    wire::ServerMessage message;
    message.mutable_issued()->set_request_id(request_id);
    set_error(error, *message.mutable_issued()->mutable_error());
    send(message);
  }

  void renew(const wire::Renew& request) {
    auto begun = begin_renewal(request);
    if (!begun.ok()) fail_renewal(request.request_id(), begun.error());
  }

  void fail_renewal(std::uint64_t request_id, const Error& error) {
    wire::ServerMessage message;
    message.mutable_renewed()->set_request_id(request_id);
    set_error(error, *message.mutable_renewed()->mutable_error());
    send(message);
  }

  Result<void> begin_renewal(const wire::Renew& request) {
    WARD_RETURN_IF_ERROR(may_issue());
    WARD_RETURN_IF_ERROR(parts().recorder.check_writable());
    WARD_TRY(const auto key, authority::verify_key_proof(authority::KeyProofPurpose::kNode, node_,
                                                         as_bytes(request.public_key()),
                                                         as_bytes(request.key_proof())));
    WARD_TRY(const auto credential,
             parts().authority.authority().issue_agent_svid(caller_.id, key, parts().plane.now()));
    const world::Node* current = world().node(node_);
    WARD_CHECK(current != nullptr);  // check_standing()
    world::Node node = *current;
    node.certificate_serial = credential.serial;
    node.certificate_expires = credential.not_after;
    parts().access.keep_previous(node_, caller_.serial);
    ++pending_;
    parts().plane.submit({.actor = node_, .reason = "renewed its certificate"},
                         {world::NodePut{std::move(node)}},
                         [self = weak(), id = request.request_id(), credential,
                          key](Result<std::uint64_t> revision) {
                           const auto alive = self.lock();
                           if (!alive) return;
                           --(*alive)->pending_;
                           if (!revision.ok()) return (*alive)->fail_renewal(id, revision.error());
                           (*alive)->finish_renewal(id, credential, key);
                         });
    return {};
  }

  void finish_renewal(std::uint64_t request_id, const authority::X509Credential& credential,
                      const crypto::PublicKey& key) {
    evidence::Issuance record;
    record.subject = node_;
    record.credential = credential.serial;
    record.not_before_s = to_seconds(credential.not_before);
    record.not_after_s = to_seconds(credential.not_after);
    const auto digest = crypto::sha256(key.spki_der());
    record.public_key_sha256 = to_bytes(ByteView(digest));
    wire::ServerMessage message;
    fill_x509(request_id, credential, *message.mutable_renewed());
    record_then_send(std::move(record), std::move(message));
  }

  NodeControlService& service_;
  Writer writer_;
  const NodeCaller caller_;
  const std::string node_;
  std::shared_ptr<Session*> self_;  // what waits for something holds it weakly
  world::ViewId view_ = 0;          // 0: no Hello yet
  Bytes certified_key_;             // that log_key_ is of
  authority::X509Credential log_key_;
  std::size_t pending_ = 0;  // issuances under way
  std::size_t unsent_ = 0;   // bytes, since the transport said to wait
  bool is_over_ = false;
};

// Shipping of one node's evidence: each request is answered before the next is read.
class NodeControlService::Shipping final : public grpc::CallReader<wire::ShipEvidenceRequest> {
 public:
  Shipping(NodeControlService& service, grpc::ServerWriter<wire::ShipEvidenceResponse> writer,
           NodeCaller caller)
      : service_(service),
        writer_(writer),
        caller_(std::move(caller)),
        self_(std::make_shared<Shipping*>(this)) {}

  void on_message(const wire::ShipEvidenceRequest& request) override {
    const auto node = service_.parts_.access.check_node(caller_.id.text(), caller_.issued);
    if (!node.ok()) return writer_.finish(node.error());
    writer_.context().hold();
    const bool is_taken = service_.shipments_.enqueue([&mirrors = service_.parts_.mirrors,
                                                       id = caller_.id, known = **node, request,
                                                       self = std::weak_ptr(self_)]() -> net::Task {
      return [self, response = mirrors.receive(id, known, request)] {
        if (const auto alive = self.lock()) (*alive)->answer(response);
      };
    });
    if (!is_taken) {
      writer_.finish(make_error(ErrorCode::kResourceExhausted, "{} shipments of evidence wait",
                                kShipmentsWaitingMax));
    }
  }
  void on_end() override { writer_.finish({}); }

 private:
  void answer(const wire::ShipEvidenceResponse& response) {
    writer_.write(response);
    writer_.context().resume();
  }

  NodeControlService& service_;
  grpc::ServerWriter<wire::ShipEvidenceResponse> writer_;
  NodeCaller caller_;
  std::shared_ptr<Shipping*> self_;  // a shipment that is being taken holds it weakly
};

NodeControlService::NodeControlService(Parts parts, Log log)
    : parts_(parts),
      issuer_(parts.plane, parts.authority),
      log_(log.part("node")),
      shipments_(parts.loop, kShipmentsWaitingMax),
      acknowledgements_(parts.loop, kAcknowledgementsWaitingMax) {}

// The stream begins whether it can be recorded or not (then it is counted as a gap): without it the
// node would not hear of revocations.
void NodeControlService::note_authentication(const NodeCaller& caller) {
  evidence::Authentication record;
  record.subject = caller.id.text();
  record.method = "x509_svid";
  record.succeeded = true;
  record.credential = caller.serial;
  (void)parts_.recorder.note(std::move(record));
}

void NodeControlService::register_with(grpc::Server& server) {
  server.bidi<wire::NodeMessage, wire::ServerMessage>(
      "ward.node.v1.NodeControl/Connect",
      [this](Writer writer) -> std::unique_ptr<grpc::CallReader<wire::NodeMessage>> {
        auto caller = parts_.access.check(writer.context().peer());
        if (caller.ok()) note_authentication(*caller);
        if (caller.ok()) return std::make_unique<Session>(*this, writer, std::move(*caller));
        log_.warn("stream from {} refused: {}", writer.context().peer().address,
                  caller.error().message());
        writer.finish(caller.error());
        return nullptr;
      });
  server.bidi<wire::ShipEvidenceRequest, wire::ShipEvidenceResponse>(
      "ward.node.v1.NodeControl/ShipEvidence",
      [this](grpc::ServerWriter<wire::ShipEvidenceResponse> writer)
          -> std::unique_ptr<grpc::CallReader<wire::ShipEvidenceRequest>> {
        auto caller = parts_.access.check(writer.context().peer());
        if (caller.ok()) return std::make_unique<Shipping>(*this, writer, std::move(*caller));
        writer.finish(caller.error());
        return nullptr;
      });
}

}  // namespace ward::server
