// The bounds of everything that is named in a fact, for what is read as for what is written.
#include <algorithm>

#include "codec/utf8.h"
#include "world/entity_proto.h"
#include "world/fact.h"

namespace ward::world {
namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kPolicyTextBytesMax = 8 << 20;  // files and schema together

Error too_large(std::string_view what, std::size_t got, std::size_t most) {
  return make_error(ErrorCode::kResourceExhausted, "{}: {} is past the bound of {}", what, got,
                    most);
}

Result<void> check_optional(std::string_view what, std::string_view name) {
  return name.empty() ? Result<void>() : check_name(what, name);
}

Result<void> check_names(std::string_view what, const std::vector<Text>& names) {
  if (names.size() > kListMax) return too_large(what, names.size(), kListMax);
  for (const Text& name : names) WARD_RETURN_IF_ERROR(check_name(what, name));
  return {};
}

Result<void> check_pairs(std::string_view what, const TextMap& pairs, std::size_t value_bytes_max) {
  const std::size_t count = pairs.size();
  if (count > kPairsMax) return too_large(what, count, kPairsMax);
  for (const auto& [key, value] : pairs) {
    WARD_RETURN_IF_ERROR(check_name(what, key));
    WARD_RETURN_IF_ERROR(check_text(what, value, value_bytes_max));
  }
  return {};
}

Result<void> check_key_bytes(std::string_view what, const Bytes& bytes) {
  if (bytes.size() > kKeyBytesMax) return too_large(what, bytes.size(), kKeyBytesMax);
  return {};
}

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

Result<void> check_name(std::string_view what, std::string_view name) {
  if (name.empty()) return invalid_argument("{}: a name was expected, got none", what);
  WARD_RETURN_IF_ERROR(check_text(what, name, kNameBytesMax));
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(name, control))
    return invalid_argument("{}: a name holds a control character", what);
  return {};
}

Result<void> check_text(std::string_view what, std::string_view text, std::size_t size_max) {
  if (text.size() > size_max) return too_large(what, text.size(), size_max);
  // Protobuf refuses to read such a string, so it must not be written.
  if (!codec::is_valid_utf8(text)) return invalid_argument("{}: not UTF-8", what);
  return {};
}

Result<void> check(const Identity& identity) {
  WARD_RETURN_IF_ERROR(check_name("identity", identity.id));
  WARD_RETURN_IF_ERROR(check_text("status reason", identity.status_reason, kTextBytesMax));
  WARD_RETURN_IF_ERROR(check_optional("owner", identity.owner));
  WARD_RETURN_IF_ERROR(check_optional("environment", identity.environment));
  WARD_RETURN_IF_ERROR(check_optional("segment", identity.segment));
  return check_pairs("label", identity.labels, kTextBytesMax);
}

Result<void> check(const Owner& owner) {
  WARD_RETURN_IF_ERROR(check_name("owner", owner.id));
  return check_text("contact", owner.contact, kTextBytesMax);
}

Result<void> check(const Registration& registration) {
  WARD_RETURN_IF_ERROR(check_name("registration", registration.id));
  WARD_RETURN_IF_ERROR(check_name("SPIFFE ID of a registration", registration.spiffe_id));
  WARD_RETURN_IF_ERROR(check_name("parent of a registration", registration.parent));
  WARD_RETURN_IF_ERROR(check_text("hint", registration.hint, kTextBytesMax));
  WARD_RETURN_IF_ERROR(check_names("selector", registration.selectors));
  WARD_RETURN_IF_ERROR(check_names("DNS name", registration.dns_names));
  WARD_RETURN_IF_ERROR(check_names("trust domain", registration.federates_with));
  const auto& selectors = registration.selectors;
  if (selectors.empty())
    return invalid_argument("registration `{}` has no selector", registration.id);
  const auto out_of_order = [](const Text& a, const Text& b) { return a >= b; };
  if (std::ranges::adjacent_find(selectors, out_of_order) != selectors.end()) {
    return invalid_argument("registration `{}`: selectors are to be sorted, each once",
                            registration.id);
  }
  return {};
}

Result<void> check(const Node& node) {
  WARD_RETURN_IF_ERROR(check_name("node", node.id));
  WARD_RETURN_IF_ERROR(check_optional("attestation type", node.attestation_type));
  WARD_RETURN_IF_ERROR(check_names("selector", node.selectors));
  WARD_RETURN_IF_ERROR(check_optional("certificate serial", node.certificate_serial));
  return check_key_bytes("evidence key", node.evidence_key);
}

Result<void> check(const JoinToken& token) {
  if (token.sha256.size() != 2 * kDigestBytes || !is_lower_hex(token.sha256)) {
    return invalid_argument("join token: a SHA-256 was expected, got {} characters",
                            token.sha256.size());
  }
  return check_optional("node of a join token", token.node);
}

Result<void> check(const EntityName& name) {
  WARD_RETURN_IF_ERROR(check_name("entity type", name.type));
  WARD_RETURN_IF_ERROR(check_name("entity id", name.id));
  if (name.type.view().contains('"'))
    return invalid_argument("entity type `{}` holds a quote", name.type);
  return {};
}

Result<void> check(const Resource& resource) {
  WARD_RETURN_IF_ERROR(check(EntityName{resource.type, resource.id}));
  WARD_RETURN_IF_ERROR(check_pairs("attribute", resource.attributes, kAttributeBytesMax));
  WARD_RETURN_IF_ERROR(check_optional("owner", resource.owner));
  WARD_RETURN_IF_ERROR(check_optional("environment", resource.environment));
  WARD_RETURN_IF_ERROR(check_optional("segment", resource.segment));
  if (resource.parents.size() > kListMax)
    return too_large("parents", resource.parents.size(), kListMax);
  for (const EntityName& parent : resource.parents) WARD_RETURN_IF_ERROR(check(parent));
  return {};
}

Result<void> check(const Segment& segment) {
  WARD_RETURN_IF_ERROR(check_name("segment", segment.id));
  return check_text("description", segment.description, kTextBytesMax);
}

Result<void> check(const Flow& flow) {
  WARD_RETURN_IF_ERROR(check_name("segment", flow.from));
  WARD_RETURN_IF_ERROR(check_name("segment", flow.to));
  return check_name("action group", flow.action);
}

Result<void> check(const PolicySet& set) {
  WARD_RETURN_IF_ERROR(check_name("policy set", set.name));
  if (set.files.size() > kPolicyFilesMax)
    return too_large("policy files", set.files.size(), kPolicyFilesMax);
  std::size_t total = set.schema.size();
  for (const PolicyFile& file : set.files) {
    WARD_RETURN_IF_ERROR(check_name("policy file", file.name));
    WARD_RETURN_IF_ERROR(check_text("policy file", file.text, kPolicyTextBytesMax));
    total += file.text.size();
  }
  WARD_RETURN_IF_ERROR(check_text("schema", set.schema, kPolicyTextBytesMax));
  if (total > kPolicyTextBytesMax) return too_large("policy text", total, kPolicyTextBytesMax);
  if (set.sha256.size() != kDigestBytes) {
    return invalid_argument("policy set `{}`: a SHA-256 was expected, got {} bytes", set.name,
                            set.sha256.size());
  }
  return {};
}

Result<void> check(const Revocation& revocation) {
  WARD_RETURN_IF_ERROR(check_name("revoked", revocation.id));
  WARD_RETURN_IF_ERROR(check_text("reason", revocation.reason, kTextBytesMax));
  if (revocation.kind == RevocationKind::kCredential) {
    return check_name("identity of a credential", revocation.identity);
  }
  if (revocation.identity.empty()) return {};
  return invalid_argument("revocation of a {} names an identity `{}` apart",
                          name_of(revocation.kind), revocation.identity);
}

Result<void> check(const KeySlot& slot) {
  WARD_RETURN_IF_ERROR(check_name("key slot", slot.id));
  WARD_RETURN_IF_ERROR(check_optional("key id", slot.key_id));
  WARD_RETURN_IF_ERROR(check_key_bytes("public key material", slot.public_material));
  return check_key_bytes("sealed private key", slot.sealed_private_key);
}

Result<void> check(const Entity& entity) {
  return std::visit([](const auto& one) { return check(one); }, entity);
}

}  // namespace ward::world
