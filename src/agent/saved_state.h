// What an agent keeps over a restart, as a value and as the bytes that are sealed into its state
// file (docs/formats/agent_state.md).
//
// Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/agent_view.h"
#include "agent/jwt_cache.h"
#include "agent/svid_cache.h"
#include "base/clock.h"
#include "base/secret_bytes.h"

namespace ward::agent {

inline constexpr std::size_t kSavedEntriesMax = 65'536;
inline constexpr std::size_t kSavedJwtsMax = 1'000'000;  // limits.jwt_svids may be as many
inline constexpr std::size_t kSavedTextBytesMax = 64 << 10;

struct SavedContact {
  Contact at;
  std::string boot;  // which start of the machine `at.monotonic` counts from
};

struct SavedState {
  WallTime saved;
  std::optional<SavedContact> contact;
  JournalHead head;
  std::vector<world::ViewEntry> entries;  // the least recently used first
  std::vector<CachedSvid> svids;
  std::vector<CachedJwt> jwts;  // the least recently used first
};

// kResourceExhausted when it is past what can be sealed (crypto/aead.h).
Result<SecretBytes> encode_state(const SavedState& state);

// What encode_state() wrote: entries not newer than the head, each key that of its certificate.
// kInvalidArgument otherwise, or past a bound.
Result<SavedState> decode_state(ByteView bytes);

// The last contact, when it can be said now how long ago it was: the machine has not been started
// anew, and both clocks say the same within a second. kFailedPrecondition with the reason
// otherwise.
Result<Contact> measurable_contact(const SavedState& state, const Clock& clock,
                                   const std::string& boot);

}  // namespace ward::agent
