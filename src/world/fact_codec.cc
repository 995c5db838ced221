// Facts to and from their canonical bytes.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <type_traits>

#include "world/entity_proto.h"
#include "world/fact.h"

namespace ward::world {
namespace {

// One overload for each body: fills the message.
struct Encode {
  wire::Fact& to;

  void operator()(const UnknownBody&) const {}
  void operator()(const IdentityPut& body) const {
    to_wire(body.identity, *to.mutable_identity_put()->mutable_identity());
  }
  void operator()(const IdentityRemoved& body) const {
    to.mutable_identity_removed()->set_id(body.id.str());
  }
  void operator()(const IdentityStatusChanged& body) const {
    auto& message = *to.mutable_identity_status_changed();
    message.set_id(body.id.str());
    message.set_status(static_cast<wire::IdentityStatus>(body.status));
    message.set_reason(body.reason.str());
  }
  void operator()(const OwnerPut& body) const {
    to_wire(body.owner, *to.mutable_owner_put()->mutable_owner());
  }
  void operator()(const OwnerRemoved& body) const {
    to.mutable_owner_removed()->set_id(body.id.str());
  }
  void operator()(const RegistrationPut& body) const {
    to_wire(body.registration, *to.mutable_registration_put()->mutable_registration());
  }
  void operator()(const RegistrationRemoved& body) const {
    auto& message = *to.mutable_registration_removed();
    message.set_id(body.id.str());
    message.set_parent(body.parent.str());
    message.set_spiffe_id(body.spiffe_id.str());
  }
  void operator()(const NodePut& body) const {
    to_wire(body.node, *to.mutable_node_put()->mutable_node());
  }
  void operator()(const NodeRemoved& body) const {
    to.mutable_node_removed()->set_id(body.id.str());
  }
  void operator()(const NodeBanned& body) const {
    to.mutable_node_banned()->set_id(body.id.str());
    to.mutable_node_banned()->set_banned(body.banned);
  }
  void operator()(const JoinTokenCreated& body) const {
    to_wire(body.token, *to.mutable_join_token_created()->mutable_token());
  }
  void operator()(const JoinTokenConsumed& body) const {
    wire::JoinToken token;
    to_wire(JoinToken{.sha256 = body.sha256, .node = {}}, token);
    to.mutable_join_token_consumed()->set_sha256(token.sha256());
  }
  void operator()(const ResourcePut& body) const {
    to_wire(body.resource, *to.mutable_resource_put()->mutable_resource());
  }
  void operator()(const ResourceRemoved& body) const {
    to_wire(body.name, *to.mutable_resource_removed()->mutable_name());
  }
  void operator()(const SegmentPut& body) const {
    to_wire(body.segment, *to.mutable_segment_put()->mutable_segment());
  }
  void operator()(const SegmentRemoved& body) const {
    to.mutable_segment_removed()->set_id(body.id.str());
  }
  void operator()(const FlowOpened& body) const {
    to_wire(body.flow, *to.mutable_flow_opened()->mutable_flow());
  }
  void operator()(const FlowClosed& body) const {
    to_wire(body.flow, *to.mutable_flow_closed()->mutable_flow());
  }
  void operator()(const PolicySetPublished& body) const {
    to_wire(body.set, *to.mutable_policy_set_published()->mutable_set());
  }
  void operator()(const Revoked& body) const {
    to_wire(body.revocation, *to.mutable_revoked()->mutable_revocation());
  }
  void operator()(const Restored& body) const {
    auto& message = *to.mutable_restored();
    message.set_kind(static_cast<wire::RevocationKind>(body.kind));
    message.set_id(body.id.str());
    message.set_identity(body.identity.str());
  }
  void operator()(const KeySlotPut& body) const {
    to_wire(body.slot, *to.mutable_key_slot_put()->mutable_slot());
  }
  void operator()(const KeySlotRemoved& body) const {
    to.mutable_key_slot_removed()->set_id(body.id.str());
  }
};

// A body that holds one entity.
template <typename Body, typename Message>
Result<FactBody> put_of(const Message& message) {
  WARD_TRY(auto entity, from_wire(message));
  return FactBody(Body{std::move(entity)});
}

Result<FactBody> status_changed(const wire::IdentityStatusChanged& message) {
  WARD_TRY(const auto status,
           enum_from_wire("identity status", message.status(), IdentityStatus::kRetired));
  return FactBody(IdentityStatusChanged{message.id(), status, message.reason()});
}

Result<FactBody> restored(const wire::Restored& message) {
  WARD_TRY(const auto kind,
           enum_from_wire("revocation kind", message.kind(), RevocationKind::kNode));
  return FactBody(Restored{kind, message.id(), message.identity()});
}

Result<FactBody> token_consumed(const wire::JoinTokenConsumed& message) {
  wire::JoinToken token;
  token.set_sha256(message.sha256());
  WARD_TRY(JoinToken value, from_wire(token));
  return FactBody(JoinTokenConsumed{std::move(value.sha256)});
}

Result<FactBody> decode_body(const wire::Fact& fact) {
  switch (fact.body_case()) {
    case wire::Fact::kIdentityPut:
      return put_of<IdentityPut>(fact.identity_put().identity());
    case wire::Fact::kIdentityRemoved:
      return FactBody(IdentityRemoved{fact.identity_removed().id()});
    case wire::Fact::kIdentityStatusChanged:
      return status_changed(fact.identity_status_changed());
    case wire::Fact::kOwnerPut:
      return put_of<OwnerPut>(fact.owner_put().owner());
    case wire::Fact::kOwnerRemoved:
      return FactBody(OwnerRemoved{fact.owner_removed().id()});
    case wire::Fact::kRegistrationPut:
      return put_of<RegistrationPut>(fact.registration_put().registration());
    case wire::Fact::kRegistrationRemoved: {
      const auto& message = fact.registration_removed();
      return FactBody(RegistrationRemoved{message.id(), message.parent(), message.spiffe_id()});
    }
    case wire::Fact::kNodePut:
      return put_of<NodePut>(fact.node_put().node());
    case wire::Fact::kNodeRemoved:
      return FactBody(NodeRemoved{fact.node_removed().id()});
    case wire::Fact::kNodeBanned:
      return FactBody(NodeBanned{fact.node_banned().id(), fact.node_banned().banned()});
    case wire::Fact::kJoinTokenCreated:
      return put_of<JoinTokenCreated>(fact.join_token_created().token());
    case wire::Fact::kJoinTokenConsumed:
      return token_consumed(fact.join_token_consumed());
    case wire::Fact::kResourcePut:
      return put_of<ResourcePut>(fact.resource_put().resource());
    case wire::Fact::kResourceRemoved:
      return put_of<ResourceRemoved>(fact.resource_removed().name());
    case wire::Fact::kSegmentPut:
      return put_of<SegmentPut>(fact.segment_put().segment());
    case wire::Fact::kSegmentRemoved:
      return FactBody(SegmentRemoved{fact.segment_removed().id()});
    case wire::Fact::kFlowOpened:
      return put_of<FlowOpened>(fact.flow_opened().flow());
    case wire::Fact::kFlowClosed:
      return put_of<FlowClosed>(fact.flow_closed().flow());
    case wire::Fact::kPolicySetPublished:
      return put_of<PolicySetPublished>(fact.policy_set_published().set());
    case wire::Fact::kRevoked:
      return put_of<Revoked>(fact.revoked().revocation());
    case wire::Fact::kRestored:
      return restored(fact.restored());
    case wire::Fact::kKeySlotPut:
      return put_of<KeySlotPut>(fact.key_slot_put().slot());
    case wire::Fact::kKeySlotRemoved:
      return FactBody(KeySlotRemoved{fact.key_slot_removed().id()});
    case wire::Fact::BODY_NOT_SET:
      return FactBody(UnknownBody{});
  }
  WARD_UNREACHABLE();
}

// One overload for each body: its bounds.
struct Check {
  Result<void> operator()(const UnknownBody&) const { return {}; }
  Result<void> operator()(const IdentityPut& body) const { return check(body.identity); }
  Result<void> operator()(const IdentityRemoved& body) const {
    return check_name("identity", body.id);
  }
  Result<void> operator()(const IdentityStatusChanged& body) const {
    WARD_RETURN_IF_ERROR(check_name("identity", body.id));
    return check_text("reason", body.reason, kTextBytesMax);
  }
  Result<void> operator()(const OwnerPut& body) const { return check(body.owner); }
  Result<void> operator()(const OwnerRemoved& body) const { return check_name("owner", body.id); }
  Result<void> operator()(const RegistrationPut& body) const { return check(body.registration); }
  Result<void> operator()(const RegistrationRemoved& body) const {
    WARD_RETURN_IF_ERROR(check_name("registration", body.id));
    WARD_RETURN_IF_ERROR(check_name("parent of a registration", body.parent));
    return check_name("SPIFFE ID of a registration", body.spiffe_id);
  }
  Result<void> operator()(const NodePut& body) const { return check(body.node); }
  Result<void> operator()(const NodeRemoved& body) const { return check_name("node", body.id); }
  Result<void> operator()(const NodeBanned& body) const { return check_name("node", body.id); }
  Result<void> operator()(const JoinTokenCreated& body) const { return check(body.token); }
  Result<void> operator()(const JoinTokenConsumed& body) const {
    return check(JoinToken{.sha256 = body.sha256, .node = {}});
  }
  Result<void> operator()(const ResourcePut& body) const { return check(body.resource); }
  Result<void> operator()(const ResourceRemoved& body) const { return check(body.name); }
  Result<void> operator()(const SegmentPut& body) const { return check(body.segment); }
  Result<void> operator()(const SegmentRemoved& body) const {
    return check_name("segment", body.id);
  }
  Result<void> operator()(const FlowOpened& body) const { return check(body.flow); }
  Result<void> operator()(const FlowClosed& body) const { return check(body.flow); }
  Result<void> operator()(const PolicySetPublished& body) const { return check(body.set); }
  Result<void> operator()(const Revoked& body) const { return check(body.revocation); }
  Result<void> operator()(const Restored& body) const {
    return check(
        Revocation{.kind = body.kind, .id = body.id, .identity = body.identity, .reason = {}});
  }
  Result<void> operator()(const KeySlotPut& body) const { return check(body.slot); }
  Result<void> operator()(const KeySlotRemoved& body) const {
    return check_name("key slot", body.id);
  }
};

Result<void> check_fact(const Fact& fact) {
  WARD_RETURN_IF_ERROR(check_name("actor of a fact", fact.actor));
  WARD_RETURN_IF_ERROR(check_text("reason of a fact", fact.reason, kTextBytesMax));
  return std::visit(Check{}, fact.body);
}

Result<void> check_size(std::size_t size, bool is_policy_set) {
  const std::size_t most = is_policy_set ? kPolicyFactBytesMax : kFactBytesMax;
  if (size <= most) return {};
  return make_error(ErrorCode::kResourceExhausted, "a fact of {} bytes is past the bound of {}",
                    size, most);
}

}  // namespace

std::string_view body_name(const FactBody& body) {
  wire::Fact message;
  std::visit([&](const auto& one) { Encode{message}(std::remove_cvref_t<decltype(one)>{}); }, body);
  const auto* field = wire::Fact::descriptor()->FindFieldByNumber(message.body_case());
  return field ? std::string_view(field->name()) : std::string_view("unknown");
}

Result<Bytes> encode_fact(const Fact& fact) {
  if (std::holds_alternative<UnknownBody>(fact.body))
    return invalid_argument("a fact without a body says nothing");
  WARD_RETURN_IF_ERROR(check_fact(fact));
  wire::Fact message;
  message.set_format(kFactFormat);
  message.set_time_us(fact.time.time_since_epoch().count());
  message.set_actor(fact.actor);
  message.set_reason(fact.reason);
  std::visit(Encode{message}, fact.body);
  const std::size_t size = message.ByteSizeLong();
  WARD_RETURN_IF_ERROR(check_size(size, message.has_policy_set_published()));
  Bytes bytes(size);
  google::protobuf::io::ArrayOutputStream array(bytes.data(), static_cast<int>(size));
  google::protobuf::io::CodedOutputStream stream(&array);
  stream.SetSerializationDeterministic(true);  // maps in the order of keys
  WARD_CHECK(message.SerializeToCodedStream(&stream));
  return bytes;
}

Result<Fact> decode_fact(ByteView bytes) {
  WARD_RETURN_IF_ERROR(check_size(bytes.size(), true));
  wire::Fact message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return invalid_argument("{} bytes are no fact", bytes.size());
  }
  if (message.format() > kFactFormat) {
    return make_error(ErrorCode::kUnimplemented,
                      "fact format {} is newer than {}: it was written by a newer Ward, which is "
                      "needed to read it",
                      message.format(), kFactFormat);
  }
  if (message.format() == 0) return invalid_argument("a fact without a format");
  WARD_RETURN_IF_ERROR(check_size(bytes.size(), message.has_policy_set_published()));
  WARD_TRY(FactBody body, decode_body(message));
  Fact fact{.time = WallTime{std::chrono::microseconds{message.time_us()}},
            .actor = message.actor(),
            .reason = message.reason(),
            .body = std::move(body)};
  WARD_RETURN_IF_ERROR(check_fact(fact));
  return fact;
}

}  // namespace ward::world
