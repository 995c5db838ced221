// Reads the configuration table by table; what is wrong is said at its place in the file.
#include "server/config.h"

#include <array>
#include <charconv>

#include "codec/toml.h"
#include "crypto/x509_template.h"
#include "enforce/config.h"

namespace ward::server {
namespace {

using codec::TomlReader;
using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, 4> kLogLevels = {"debug", "info", "warn", "error"};

Result<seconds> ttl(TomlReader& table, std::string_view key, seconds fallback,
                    codec::DurationRange range) {
  WARD_TRY(const auto value, table.duration_or(key, fallback, range));
  return duration_cast<seconds>(value);
}

Result<std::string> absolute_path(TomlReader& table, std::string_view key, std::string fallback) {
  WARD_TRY(std::string path, table.string_or(key, std::move(fallback)));
  if (path.empty() || path.front() == '/') return path;
  return table.error_at(key, fmt::format("expected an absolute path, got `{}`", path));
}

Result<void> read_listen(TomlReader table, ServerConfig& config) {
  WARD_TRY(config.listen_address, table.string_or("address", config.listen_address));
  WARD_TRY(const auto port, table.integer_or("port", config.listen_port, {.min = 0, .max = 65535}));
  config.listen_port = static_cast<std::uint16_t>(port);
  WARD_TRY(config.dns_names, table.optional_strings("dns_names"));
  if (config.dns_names.size() > crypto::kTemplateDnsNamesMax) {
    return table.error_at(
        "dns_names", fmt::format("expected at most {} names, got {}", crypto::kTemplateDnsNamesMax,
                                 config.dns_names.size()));
  }
  for (const std::string& name : config.dns_names) {
    if (!crypto::is_dns_name(name))
      return table.error_at("dns_names", fmt::format("`{}` is not a DNS name", name));
  }
  return {};
}

Result<mode_t> socket_mode(TomlReader& table) {
  WARD_TRY(const std::string text, table.string_or("mode", "0600"));
  if (text == "0600") return mode_t{0600};
  if (text == "0660") return mode_t{0660};
  return table.error_at("mode", fmt::format("expected `0600` or `0660`, got `{}`", text));
}

Result<uid_t> parse_uid(TomlReader& table, const std::string& key) {
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), uid);
  if (error == std::errc{} && end == key.data() + key.size()) return uid;
  return table.error_at(key, fmt::format("expected a numeric uid, got `{}`", key));
}

Result<void> read_operators(TomlReader table, ServerConfig& config) {
  const auto keys = table.keys();
  if (keys.size() > kOperatorsMax) {
    return table.error_at(keys.front(),
                          fmt::format("at most {} operators, got {}", kOperatorsMax, keys.size()));
  }
  for (const std::string& key : keys) {
    WARD_TRY(const uid_t uid, parse_uid(table, key));
    WARD_TRY(const std::string identity, table.string(key));
    const auto id = spiffe::SpiffeId::parse(identity);
    if (!id.ok()) return table.error_at(key, id.error().message());
    config.operators[uid] = identity;
  }
  return {};
}

Result<void> read_admin(TomlReader table, ServerConfig& config) {
  WARD_TRY(config.admin_socket, absolute_path(table, "socket", config.admin_socket));
  WARD_TRY(config.admin_mode, socket_mode(table));
  WARD_TRY(auto operators, table.optional_table("operators"));
  if (!operators) return {};
  config.operators.clear();
  return read_operators(*operators, config);
}

Result<void> read_keys(TomlReader table, ServerConfig& config) {
  WARD_TRY(config.key_encryption_key,
           absolute_path(table, "key_encryption_key", config.key_encryption_key));
  return {};
}

Result<void> read_authority(TomlReader table, ServerConfig& config) {
  WARD_TRY(config.ca_ttl,
           ttl(table, "ca_ttl", config.ca_ttl, {.min = minutes{1}, .max = hours{24 * 3650}}));
  WARD_TRY(config.x509_svid_ttl, ttl(table, "x509_svid_ttl", config.x509_svid_ttl,
                                     {.min = seconds{10}, .max = hours{24}}));
  WARD_TRY(config.jwt_svid_ttl,
           ttl(table, "jwt_svid_ttl", config.jwt_svid_ttl, {.min = seconds{10}, .max = hours{1}}));
  if (config.x509_svid_ttl <= config.ca_ttl) return {};
  return table.error_at("x509_svid_ttl", "expected at most `ca_ttl`: nothing outlives its CA");
}

Result<void> read_attestors(TomlReader table, ServerConfig& config) {
  WARD_TRY(auto join_token, table.optional_table("join_token"));
  if (join_token) {
    WARD_TRY(config.join_token_enabled, join_token->boolean_or("enabled", true));
  }
  WARD_TRY(auto x509pop, table.optional_table("x509pop"));
  if (x509pop) {
    WARD_TRY(config.x509pop_roots, absolute_path(*x509pop, "roots", {}));
    if (config.x509pop_roots.empty())
      return table.error_at("x509pop", "expected `roots`, a PEM file of CA certificates");
  }
  return {};
}

Result<void> read_bounds(TomlReader& root, ServerConfig& config) {
  WARD_TRY(auto decide, root.optional_table("decide"));
  if (decide) {
    WARD_TRY(const auto staleness,
             decide->duration_or("staleness", config.staleness,
                                 {.min = milliseconds{1100}, .max = hours{1}}));
    config.staleness = duration_cast<milliseconds>(staleness);
  }
  WARD_TRY(auto evidence, root.optional_table("evidence"));
  if (evidence) {
    WARD_TRY(const auto interval,
             evidence->duration_or("checkpoint_interval", config.checkpoint_interval,
                                   {.min = milliseconds{10}, .max = hours{1}}));
    config.checkpoint_interval = duration_cast<milliseconds>(interval);
    WARD_TRY(config.evidence, decide::read_evidence_keeping(*evidence));
  }
  return {};
}

Result<void> read_authzen(TomlReader table, ServerConfig& config) {
  WARD_TRY(config.authzen, enforce::read_authzen_options(table));
  return {};
}

Result<void> read_witness(TomlReader table, ServerConfig& config) {
  WARD_TRY(config.witness_prefix, table.string_or("prefix", config.witness_prefix));
  const std::string& prefix = config.witness_prefix;
  const bool is_path = prefix.starts_with('/') && !prefix.ends_with('/') &&
                       prefix.find_first_of("?# \"\\") == std::string::npos;
  if (!is_path)
    return table.error_at("prefix", fmt::format("expected a path as `/witness`, got `{}`", prefix));
  WARD_TRY(const auto logs, table.optional_strings("logs"));
  if (logs.size() > kWitnessLogsMax) {
    return table.error_at(
        "logs", fmt::format("expected at most {} keys, got {}", kWitnessLogsMax, logs.size()));
  }
  for (const std::string& text : logs) {
    auto key = evidence::VerifierKey::parse(text);
    if (!key.ok()) return table.error_at("logs", key.error().message());
    if (key->type() != evidence::NoteKeyType::kEd25519)
      return table.error_at("logs", fmt::format("`{}` is no key of a log", key->name()));
    config.witness_logs.push_back(std::move(*key));
  }
  return {};
}

using ReadTable = Result<void> (*)(TomlReader, ServerConfig&);

Result<void> read_table(TomlReader& root, std::string_view key, ReadTable read,
                        ServerConfig& config) {
  WARD_TRY(auto table, root.optional_table(key));
  return table ? read(*table, config) : Result<void>{};
}

Result<ServerConfig> read_head(TomlReader& root) {
  WARD_TRY(const std::string name, root.string("trust_domain"));
  auto trust_domain = spiffe::TrustDomain::parse(name);
  if (!trust_domain.ok()) return root.error_at("trust_domain", trust_domain.error().message());
  WARD_TRY(std::string data_dir, root.string("data_dir"));
  if (data_dir.empty() || data_dir.front() != '/') {
    return root.error_at("data_dir", fmt::format("expected an absolute path, got `{}`", data_dir));
  }
  ServerConfig config{.trust_domain = *trust_domain, .data_dir = std::move(data_dir)};
  config.admin_socket = config.data_dir + "/admin.sock";
  config.key_encryption_key = config.data_dir + "/kek";
  config.operators[0] = fmt::format("spiffe://{}/ward/operator", trust_domain->name());
  WARD_TRY(const auto level, root.optional_choice("log_level", kLogLevels));
  if (level) config.log_level = static_cast<LogLevel>(*level);
  return config;
}

}  // namespace

Result<ServerConfig> parse_config(std::string_view text, std::string name) {
  WARD_TRY(codec::TomlDocument document, codec::TomlDocument::parse(text, std::move(name)));
  TomlReader root = document.root();
  WARD_TRY(ServerConfig config, read_head(root));
  WARD_RETURN_IF_ERROR(read_table(root, "listen", read_listen, config));
  WARD_RETURN_IF_ERROR(read_table(root, "admin", read_admin, config));
  WARD_RETURN_IF_ERROR(read_table(root, "keys", read_keys, config));
  WARD_RETURN_IF_ERROR(read_table(root, "authority", read_authority, config));
  WARD_RETURN_IF_ERROR(read_table(root, "attestors", read_attestors, config));
  WARD_RETURN_IF_ERROR(read_table(root, "authzen", read_authzen, config));
  WARD_RETURN_IF_ERROR(read_table(root, "witness", read_witness, config));
  WARD_RETURN_IF_ERROR(read_bounds(root, config));
  WARD_RETURN_IF_ERROR(document.no_other_keys());
  return config;
}

Result<ServerConfig> load_config(const os::FileSystem& files, const std::string& path) {
  WARD_TRY(const Bytes text, files.read_file(path, kConfigBytesMax));
  return parse_config(as_text(text), path);
}

}  // namespace ward::server
