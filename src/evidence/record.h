// What an entry of an evidence log says: the values behind api/ward/evidence/v1/record.proto.
//
// Encoded once, by whoever made it; the log hashes and keeps the bytes. Values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "evidence/merkle.h"

namespace ward::evidence {

inline constexpr std::uint32_t kRecordFormat = 1;
inline constexpr std::size_t kRecordBytesMax = 16 * 1024;
inline constexpr std::size_t kRecordListMax = 256;  // of each repeated field

using RootPrefix = std::array<std::uint8_t, 8>;

// A value kept beside the log (sealed_values.h): here only its salted hash.
struct SealedValue {
  std::string name;
  Hash commitment{};
  bool operator==(const SealedValue&) const = default;
};

enum class CredentialKind : std::uint8_t {
  kX509Svid = 1,
  kJwtSvid = 2,
  kAccessToken = 3,
  kDatabaseLogin = 4
};

struct Authentication {
  std::string subject;  // empty when not known
  std::string method;
  bool succeeded = false;
  std::string reason;
  std::string credential;
  std::vector<SealedValue> sealed;
  bool operator==(const Authentication&) const = default;
};

struct Issuance {
  std::string subject;
  CredentialKind kind = CredentialKind::kX509Svid;
  std::string credential;  // serial in hex, or jti
  std::int64_t not_before_s = 0;
  std::int64_t not_after_s = 0;
  std::string registration;
  Bytes public_key_sha256;  // 32 bytes, or none
  bool operator==(const Issuance&) const = default;
};

struct Decision {
  std::string principal;
  std::string action;
  std::string resource;
  bool allowed = false;
  std::vector<std::string> reasons;
  std::vector<std::string> errors;
  Bytes question_sha256;  // 32 bytes, or none
  std::string credential;
  std::string session;
  std::vector<std::string> grants;
  std::uint64_t took_ns = 0;
  std::vector<SealedValue> sealed;
  std::string enforcement_point;
  std::string caller;  // who asked there, when it is not the principal itself
  bool operator==(const Decision&) const = default;
};

struct SessionStart {
  std::string session;
  std::string subject;
  std::string action;
  std::string resource;
  std::string credential;
  std::vector<std::string> grants;
  std::vector<SealedValue> sealed;
  bool operator==(const SessionStart&) const = default;
};

struct SessionEnd {
  std::string session;
  std::string subject;
  std::string reason;
  bool operator==(const SessionEnd&) const = default;
};

struct Command {
  std::string actor;
  std::string name;
  std::string object;
  bool accepted = false;
  std::uint64_t fact_revision = 0;
  std::vector<SealedValue> sealed;
  bool operator==(const Command&) const = default;
};

struct Acknowledgement {
  std::uint64_t revision = 0;
  std::vector<std::string> subjects;
  bool operator==(const Acknowledgement&) const = default;
};

struct ProcessStart {
  std::string process;
  std::string version;
  Bytes instance;  // 16 random bytes, one a start
  bool operator==(const ProcessStart&) const = default;
};

struct ProcessStop {
  std::string reason;
  bool operator==(const ProcessStop&) const = default;
};

struct Gap {
  std::string reason;
  std::uint64_t count = 0;
  bool operator==(const Gap&) const = default;
};

using RecordBody = std::variant<Authentication, Issuance, Decision, SessionStart, SessionEnd,
                                Command, Acknowledgement, ProcessStart, ProcessStop, Gap>;

// In the order of RecordBody; the number is the body's field in the wire format.
enum class RecordKind : std::uint8_t {
  kAuthentication = 8,
  kIssuance,
  kDecision,
  kSessionStart,
  kSessionEnd,
  kCommand,
  kAcknowledgement,
  kProcessStart,
  kProcessStop,
  kGap,
};
std::string_view record_kind_name(RecordKind kind);  // `authentication`, `session_start`, ...

struct Record {
  WallTime time;
  std::uint64_t revision = 0;
  RootPrefix journal_root8{};
  RecordBody body;

  RecordKind kind() const { return static_cast<RecordKind>(8 + body.index()); }
  bool operator==(const Record&) const = default;
};

// kResourceExhausted when the encoding has more than kRecordBytesMax or a list more than
// kRecordListMax; kInvalidArgument when a text is not UTF-8.
Result<Bytes> encode_record(const Record& record);

// Unknown fields are passed over; another format, no body or a hash of the wrong size is an error.
Result<Record> decode_record(ByteView bytes);

}  // namespace ward::evidence
