#include "world/entities.h"

#include "base/check.h"
#include "crypto/hash.h"

namespace ward::world {

std::string_view name_of(IdentityClass value) {
  switch (value) {
    case IdentityClass::kHuman:
      return "human";
    case IdentityClass::kServiceAccount:
      return "service-account";
    case IdentityClass::kWorkload:
      return "workload";
    case IdentityClass::kCiJob:
      return "ci-job";
    case IdentityClass::kDevice:
      return "device";
    case IdentityClass::kAiAgent:
      return "ai-agent";
  }
  WARD_UNREACHABLE();
}

std::string_view name_of(IdentityStatus value) {
  switch (value) {
    case IdentityStatus::kActive:
      return "active";
    case IdentityStatus::kQuarantined:
      return "quarantined";
    case IdentityStatus::kRetired:
      return "retired";
  }
  WARD_UNREACHABLE();
}

std::string_view name_of(OwnerKind value) {
  switch (value) {
    case OwnerKind::kPerson:
      return "person";
    case OwnerKind::kTeam:
      return "team";
  }
  WARD_UNREACHABLE();
}

std::string_view name_of(RevocationKind value) {
  switch (value) {
    case RevocationKind::kIdentity:
      return "identity";
    case RevocationKind::kCredential:
      return "credential";
    case RevocationKind::kNode:
      return "node";
  }
  WARD_UNREACHABLE();
}

std::string_view name_of(KeyKind value) {
  switch (value) {
    case KeyKind::kX509:
      return "x509";
    case KeyKind::kJwt:
      return "jwt";
  }
  WARD_UNREACHABLE();
}

std::string_view name_of(KeyStatus value) {
  switch (value) {
    case KeyStatus::kPrepared:
      return "prepared";
    case KeyStatus::kActive:
      return "active";
    case KeyStatus::kRetired:
      return "retired";
  }
  WARD_UNREACHABLE();
}

std::string resource_name(std::string_view type, std::string_view id) {
  std::string name;
  name.reserve(type.size() + id.size() + 4);
  return name.append(type).append("::\"").append(id).append("\"");
}

Bytes policy_set_digest(const std::vector<PolicyFile>& files, std::string_view schema) {
  crypto::Sha256 hash;
  const auto update = [&](std::string_view part) {
    std::uint8_t size[8];
    for (int i = 0; i < 8; ++i)
      size[i] = static_cast<std::uint8_t>(std::uint64_t{part.size()} >> (56 - 8 * i));
    hash.update(size).update(as_bytes(part));
  };
  for (const PolicyFile& file : files) {
    update(file.name);
    update(file.text);
  }
  update("schema");
  update(schema);
  return to_bytes(hash.finish());
}

}  // namespace ward::world
