// The configuration of ward-agent: a TOML file, read whole and checked before anything starts
// (docs/rooms/agent.md is the reference).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/log.h"
#include "base/result.h"
#include "decide/evidence_keeping.h"
#include "enforce/auth_request.h"
#include "enforce/authzen.h"
#include "os/file_system.h"
#include "spiffe/id.h"

namespace ward::agent {

inline constexpr std::size_t kConfigBytesMax = 1 << 20;

// How this node proves itself when it has no identity yet.
struct JoinTokenProof {
  std::string token;  // or, when empty,
  std::string file;   // the file that holds it
};
struct X509PopProof {
  std::string certificate;  // PEM file, leaf first
  std::string key;          // PEM file, PKCS#8, private
};
using NodeProof = std::variant<std::monostate, JoinTokenProof, X509PopProof>;

struct AgentLimits {
  std::size_t view_names = 10'000;             // names the view holds
  std::size_t jwt_svids = 1000;                // JWT-SVIDs that are cached
  std::size_t streams_per_uid = 256;           // open Workload API streams of one uid
  std::size_t connections_per_uid = 1024;      // on the socket
  std::size_t questions_waiting = 10'000;      // that wait for names
  std::chrono::milliseconds ask_timeout{200};  // the longest that a question waits for names
};

struct AgentConfig {
  spiffe::TrustDomain trust_domain;
  std::string data_dir;
  LogLevel log_level = LogLevel::kInfo;

  std::string server_address = {};  // name or numeric address
  std::uint16_t server_port = 8443;
  std::string trust_bundle = {};  // PEM file: verifies the server until data_dir has a bundle

  NodeProof proof = {};

  std::string socket = "/run/ward/agent.sock";
  mode_t socket_mode = 0666;

  std::chrono::milliseconds staleness{std::chrono::seconds{5}};
  std::chrono::milliseconds checkpoint_interval{std::chrono::seconds{1}};
  decide::EvidenceKeeping evidence = {};
  AgentLimits limits = {};

  // What is mounted on the socket beside the Workload API (enforce/config.h).
  std::optional<enforce::AuthzenOptions> authzen = {};
  std::optional<enforce::AuthRequestOptions> auth_request = {};
};

// kInvalidArgument with `name:line:column` for malformed TOML, an unknown key, a wrong type or a
// value out of its bounds.
Result<AgentConfig> parse_config(std::string_view text, std::string name);

// The same of a file; the errors of reading it too.
Result<AgentConfig> load_config(const os::FileSystem& files, const std::string& path);

}  // namespace ward::agent
