#include "grpc/metadata.h"

#include <algorithm>
#include <array>

#include "grpc/wire.h"

namespace ward::grpc {
namespace {

bool is_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

// What HTTP and gRPC use themselves, and applications do not see. `grpc-status-details-bin` is the
// one field of theirs that an application fills (google.rpc.Status).
bool is_reserved(std::string_view key) {
  if (key.starts_with("grpc-"))
    return key != "grpc-status-details-bin" && !key.starts_with("grpc-trace");
  constexpr std::array<std::string_view, 9> kReserved{
      "content-type", "te",      "host",           "connection",      "transfer-encoding",
      "keep-alive",   "upgrade", "content-length", "proxy-connection"};
  return std::ranges::find(kReserved, key) != kReserved.end();
}

bool is_printable(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
}

void decode_list(std::string_view value, const auto& add) {
  for (;;) {
    const auto comma = value.find(',');
    std::string_view part = value.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (auto decoded = decode_binary(part)) add(*std::move(decoded));
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<void> Metadata::add(std::string_view key, std::string_view value) {
  if (!is_key(key)) {
    return invalid_argument("expected a metadata key of `a-z`, `0-9`, `_`, `-`, `.`, got `{}`",
                            key);
  }
  if (is_reserved(key)) return invalid_argument("the metadata key `{}` is reserved", key);
  if (!key.ends_with("-bin") && !is_printable(value)) {
    return invalid_argument("the value of metadata `{}` is not printable ASCII", key);
  }
  pairs_.emplace_back(key, value);
  return {};
}

std::optional<std::string_view> Metadata::find(std::string_view key) const {
  const auto found = std::ranges::find(
      pairs_, key, [](const auto& pair) -> std::string_view { return pair.first; });
  if (found == pairs_.end()) return std::nullopt;
  return found->second;
}

Metadata Metadata::from_headers(const http::Headers& headers) {
  Metadata out;
  for (const auto [name, value] : headers) {
    if (is_reserved(name) || !is_key(name)) continue;
    if (name.ends_with("-bin")) {
      const std::string key(name);
      decode_list(value,
                  [&](std::string decoded) { out.pairs_.emplace_back(key, std::move(decoded)); });
    } else {
      out.pairs_.emplace_back(name, value);
    }
  }
  return out;
}

void Metadata::append_to(http::Headers& headers) const {
  for (const auto& [key, value] : pairs_) {
    headers.add(key, key.ends_with("-bin") ? encode_binary(value) : value);
  }
}

}  // namespace ward::grpc
