// The configuration of ward-server: a TOML file, read whole and checked before anything starts
// (docs/rooms/server.md is the reference).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "decide/evidence_keeping.h"
#include "enforce/authzen.h"
#include "evidence/note.h"
#include "os/file_system.h"
#include "spiffe/id.h"

namespace ward::server {

inline constexpr std::size_t kConfigBytesMax = 1 << 20;
inline constexpr std::size_t kOperatorsMax = 256;
inline constexpr std::size_t kWitnessLogsMax = 1000;

struct ServerConfig {
  spiffe::TrustDomain trust_domain;
  std::string data_dir;
  LogLevel log_level = LogLevel::kInfo;

  std::string listen_address = "0.0.0.0";  // numeric
  std::uint16_t listen_port = 8443;        // 0: the system chooses
  // Of the server, in its certificate beside its SPIFFE ID.
  std::vector<std::string> dns_names = {};

  std::string admin_socket = {};  // default: DATA_DIR/admin.sock
  mode_t admin_mode = 0600;
  std::map<uid_t, std::string> operators = {};  // who asks on the socket, by uid: a SPIFFE ID

  std::string key_encryption_key = {};  // file; default: DATA_DIR/kek

  std::chrono::seconds ca_ttl{std::chrono::hours{24}};
  std::chrono::seconds x509_svid_ttl{std::chrono::hours{1}};
  std::chrono::seconds jwt_svid_ttl{std::chrono::minutes{5}};

  bool join_token_enabled = true;
  std::string x509pop_roots = {};  // PEM file; empty: x509pop is off

  std::optional<enforce::AuthzenOptions> authzen = {};  // absent: AuthZEN is off

  // Whose checkpoints are cosigned over HTTP beside those of the nodes.
  std::string witness_prefix = "/witness";
  std::vector<evidence::VerifierKey> witness_logs = {};

  std::chrono::milliseconds staleness{std::chrono::seconds{5}};
  std::chrono::milliseconds checkpoint_interval{std::chrono::seconds{1}};
  decide::EvidenceKeeping evidence = {};
};

// kInvalidArgument with `name:line:column` for malformed TOML, an unknown key, a wrong type or a
// value out of its bounds.
Result<ServerConfig> parse_config(std::string_view text, std::string name);

// The same of a file; the errors of reading it too.
Result<ServerConfig> load_config(const os::FileSystem& files, const std::string& path);

}  // namespace ward::server
