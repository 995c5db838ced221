// Reads the configuration table by table; what is wrong is said at its place in the file.
#include "agent/config.h"

#include <array>

#include "codec/toml.h"
#include "enforce/config.h"

namespace ward::agent {
namespace {

using codec::TomlReader;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 4> kLogLevels = {"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 3> kSocketModes = {"0666", "0660", "0600"};
constexpr std::array<mode_t, 3> kModes = {0666, 0660, 0600};

Result<std::string> absolute_path(TomlReader& table, std::string_view key) {
  WARD_TRY(std::string path, table.string(key));
  if (path.starts_with('/')) return path;
  return table.error_at(key, fmt::format("expected an absolute path, got `{}`", path));
}

Result<void> read_server(TomlReader& root, AgentConfig& config) {
  WARD_TRY(TomlReader server, root.table("server"));
  WARD_TRY(config.server_address, server.string("address"));
  if (config.server_address.empty())
    return server.error_at("address", "expected a name or address");
  WARD_TRY(const auto port,
           server.integer_or("port", config.server_port, {.min = 1, .max = 65535}));
  config.server_port = static_cast<std::uint16_t>(port);
  WARD_TRY(config.trust_bundle, absolute_path(server, "trust_bundle"));
  return {};
}

Result<NodeProof> read_join_token(TomlReader& attest) {
  WARD_TRY(auto token, attest.optional_string("join_token"));
  WARD_TRY(auto file, attest.optional_string("join_token_file"));
  if (token && file) {
    return attest.error_at("join_token_file", "`join_token` is there too; expected one of them");
  }
  if (file && !file->starts_with('/')) {
    return attest.error_at("join_token_file",
                           fmt::format("expected an absolute path, got `{}`", *file));
  }
  if (!token && !file) return NodeProof{};
  return NodeProof(JoinTokenProof{.token = token.value_or(""), .file = file.value_or("")});
}

Result<NodeProof> read_x509pop(TomlReader& attest) {
  WARD_TRY(auto table, attest.optional_table("x509pop"));
  if (!table) return NodeProof{};
  WARD_TRY(std::string certificate, absolute_path(*table, "certificate"));
  WARD_TRY(std::string key, absolute_path(*table, "key"));
  return NodeProof(X509PopProof{.certificate = std::move(certificate), .key = std::move(key)});
}

Result<void> read_attest(TomlReader& root, AgentConfig& config) {
  WARD_TRY(auto attest, root.optional_table("attest"));
  if (!attest) return {};
  WARD_TRY(NodeProof token, read_join_token(*attest));
  WARD_TRY(NodeProof certificate, read_x509pop(*attest));
  const bool has_token = !std::holds_alternative<std::monostate>(token);
  if (has_token && !std::holds_alternative<std::monostate>(certificate)) {
    return attest->error_at("x509pop", "a join token is there too; expected one of them");
  }
  config.proof = has_token ? std::move(token) : std::move(certificate);
  return {};
}

Result<void> read_api(TomlReader& root, AgentConfig& config) {
  WARD_TRY(auto api, root.optional_table("api"));
  if (!api) return {};
  WARD_TRY(const auto socket, api->optional_string("socket"));
  if (socket) {
    WARD_TRY(config.socket, absolute_path(*api, "socket"));
  }
  WARD_TRY(const auto mode, api->optional_choice("mode", kSocketModes));
  if (mode) config.socket_mode = kModes[*mode];
  return {};
}

Result<void> read_count(TomlReader& table, std::string_view key, std::size_t& count,
                        codec::IntegerRange range) {
  WARD_TRY(const auto value, table.integer_or(key, static_cast<std::int64_t>(count), range));
  count = static_cast<std::size_t>(value);
  return {};
}

Result<void> read_duration(TomlReader& table, std::string_view key, milliseconds& duration,
                           codec::DurationRange range) {
  WARD_TRY(const auto value, table.duration_or(key, duration, range));
  duration = duration_cast<milliseconds>(value);
  return {};
}

Result<void> read_limits(TomlReader& root, AgentConfig& config) {
  WARD_TRY(auto table, root.optional_table("limits"));
  if (!table) return {};
  AgentLimits& limits = config.limits;
  // The server takes at most 32,768 names in a Hello.
  WARD_RETURN_IF_ERROR(
      read_count(*table, "view_names", limits.view_names, {.min = 16, .max = 30'000}));
  WARD_RETURN_IF_ERROR(
      read_count(*table, "jwt_svids", limits.jwt_svids, {.min = 1, .max = 1'000'000}));
  WARD_RETURN_IF_ERROR(
      read_count(*table, "streams_per_uid", limits.streams_per_uid, {.min = 1, .max = 100'000}));
  WARD_RETURN_IF_ERROR(read_count(*table, "connections_per_uid", limits.connections_per_uid,
                                  {.min = 1, .max = 100'000}));
  WARD_RETURN_IF_ERROR(read_count(*table, "questions_waiting", limits.questions_waiting,
                                  {.min = 1, .max = 1'000'000}));
  return read_duration(*table, "ask_timeout", limits.ask_timeout,
                       {.min = milliseconds{1}, .max = seconds{10}});
}

Result<void> read_bounds(TomlReader& root, AgentConfig& config) {
  WARD_TRY(auto decide, root.optional_table("decide"));
  if (decide) {
    WARD_RETURN_IF_ERROR(read_duration(*decide, "staleness", config.staleness,
                                       {.min = milliseconds{1100}, .max = std::chrono::hours{1}}));
  }
  WARD_TRY(auto evidence, root.optional_table("evidence"));
  if (!evidence) return {};
  WARD_TRY(config.evidence, decide::read_evidence_keeping(*evidence));
  return read_duration(*evidence, "checkpoint_interval", config.checkpoint_interval,
                       {.min = milliseconds{10}, .max = std::chrono::hours{1}});
}

Result<void> read_enforcement(TomlReader& root, AgentConfig& config) {
  WARD_TRY(auto authzen, root.optional_table("authzen"));
  if (authzen) {
    WARD_TRY(config.authzen, enforce::read_authzen_options(*authzen));
  }
  WARD_TRY(auto auth_request, root.optional_table("auth_request"));
  if (auth_request) {
    WARD_TRY(config.auth_request, enforce::read_auth_request_options(*auth_request));
  }
  return {};
}

Result<AgentConfig> read_head(TomlReader& root) {
  WARD_TRY(const std::string name, root.string("trust_domain"));
  auto trust_domain = spiffe::TrustDomain::parse(name);
  if (!trust_domain.ok()) return root.error_at("trust_domain", trust_domain.error().message());
  WARD_TRY(std::string data_dir, absolute_path(root, "data_dir"));
  AgentConfig config{.trust_domain = *trust_domain, .data_dir = std::move(data_dir)};
  WARD_TRY(const auto level, root.optional_choice("log_level", kLogLevels));
  if (level) config.log_level = static_cast<LogLevel>(*level);
  return config;
}

}  // namespace

Result<AgentConfig> parse_config(std::string_view text, std::string name) {
  WARD_TRY(codec::TomlDocument document, codec::TomlDocument::parse(text, std::move(name)));
  TomlReader root = document.root();
  WARD_TRY(AgentConfig config, read_head(root));
  WARD_RETURN_IF_ERROR(read_server(root, config));
  WARD_RETURN_IF_ERROR(read_attest(root, config));
  WARD_RETURN_IF_ERROR(read_api(root, config));
  WARD_RETURN_IF_ERROR(read_bounds(root, config));
  WARD_RETURN_IF_ERROR(read_limits(root, config));
  WARD_RETURN_IF_ERROR(read_enforcement(root, config));
  WARD_RETURN_IF_ERROR(document.no_other_keys());
  return config;
}

Result<AgentConfig> load_config(const os::FileSystem& files, const std::string& path) {
  WARD_TRY(const Bytes bytes, files.read_file(path, kConfigBytesMax));
  return parse_config(as_text(bytes), path);
}

}  // namespace ward::agent
