// Private keys pass through the message's strings, which are wiped here when they have been read.
#include "agent/saved_state.h"

#include <algorithm>
#include <utility>

#include "crypto/aead.h"
#include "spiffe/jwt_svid.h"
#include "spiffe/x509_svid.h"
#include "ward/agent/v1/state.pb.h"

namespace ward::agent {
namespace {

namespace wire = ward::agent::v1;

constexpr std::chrono::seconds kClockSlack{1};

std::int64_t micros(WallTime time) {
  return time.time_since_epoch().count();
}
// RFC 5280 4.1.2.5: no certificate is valid beyond the year 9999, and so is nothing here.
Result<WallTime> read_time(std::int64_t count) {
  constexpr std::int64_t kEnd = 253'402'300'800'000'000;
  if (count >= 0 && count <= kEnd) return WallTime{std::chrono::microseconds{count}};
  return invalid_argument("a time of {} microseconds since 1970", count);
}

// A message whose private keys are overwritten when it goes.
class WipedState {
 public:
  WipedState() = default;
  WipedState(const WipedState&) = delete;
  WipedState& operator=(const WipedState&) = delete;
  ~WipedState() {
    for (wire::X509Svid& svid : *message.mutable_x509_svids()) {
      std::string& key = *svid.mutable_private_key();
      // SAFETY: the characters of a string are bytes, and the message is not read after.
      wipe_memory({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
    }
  }

  wire::State message;
};

void write_contact(const SavedContact& contact, wire::Contact& to) {
  to.set_wall_us(micros(contact.at.wall));
  to.set_monotonic_ns(contact.at.monotonic.time_since_epoch().count());
  to.set_boot_id(contact.boot);
}

void write_svid(const CachedSvid& svid, wire::X509Svid& to) {
  to.set_registration(svid.registration);
  const SecretBytes key = svid.key.pkcs8_der();
  to.set_private_key(key.view().data(), key.size());
  for (const crypto::Certificate& certificate : svid.chain) {
    to.add_chain(certificate.der().data(), certificate.der().size());
  }
}

void write_jwt(const CachedJwt& jwt, wire::JwtSvid& to) {
  to.set_registration(jwt.registration);
  to.set_spiffe_id(jwt.spiffe_id);
  for (const std::string& one : jwt.audience) to.add_audience(one);
  to.set_token(jwt.token);
  to.set_issued_us(micros(jwt.issued));
  to.set_expires_us(micros(jwt.expires));
}

Result<void> check_text(std::string_view what, std::string_view text) {
  if (!text.empty() && text.size() <= kSavedTextBytesMax) return {};
  return invalid_argument("{} of {} bytes; expected 1 to {}", what, text.size(),
                          kSavedTextBytesMax);
}

Result<CachedSvid> read_svid(const wire::X509Svid& from) {
  WARD_RETURN_IF_ERROR(check_text("a registration", from.registration()));
  if (from.chain().empty() || from.chain_size() > static_cast<int>(crypto::kIntermediatesMax) + 1) {
    return invalid_argument("a chain of {} certificates", from.chain_size());
  }
  WARD_TRY(auto key, crypto::PrivateKey::from_pkcs8_der(SecretBytes(as_bytes(from.private_key()))));
  std::vector<crypto::Certificate> chain;
  for (const std::string& der : from.chain()) {
    WARD_TRY(auto certificate, crypto::Certificate::parse_der(as_bytes(der)));
    chain.push_back(std::move(certificate));
  }
  WARD_TRY(const auto id, spiffe::leaf_spiffe_id(chain.front()));
  if (chain.front().public_key() != key.public_key()) {
    return invalid_argument("the certificate of `{}` is for another key", id.text());
  }
  return CachedSvid{.registration = from.registration(),
                    .spiffe_id = id.text(),
                    .key = std::move(key),
                    .chain = std::move(chain)};
}

Result<CachedJwt> read_jwt(const wire::JwtSvid& from) {
  WARD_RETURN_IF_ERROR(check_text("a registration", from.registration()));
  WARD_RETURN_IF_ERROR(check_text("a SPIFFE ID", from.spiffe_id()));
  WARD_RETURN_IF_ERROR(check_text("a token", from.token()));
  if (from.audience().empty() || from.audience_size() > static_cast<int>(spiffe::kAudiencesMax)) {
    return invalid_argument("{} audiences; expected 1 to {}", from.audience_size(),
                            spiffe::kAudiencesMax);
  }
  std::vector<std::string> audience;
  for (const std::string& one : from.audience()) {
    WARD_RETURN_IF_ERROR(check_text("an audience", one));
    if (!audience.empty() && one <= audience.back()) {
      return invalid_argument("audiences that are not sorted, or twice the same");
    }
    audience.push_back(one);
  }
  WARD_TRY(const WallTime issued, read_time(from.issued_us()));
  WARD_TRY(const WallTime expires, read_time(from.expires_us()));
  return CachedJwt{.registration = from.registration(),
                   .spiffe_id = from.spiffe_id(),
                   .audience = std::move(audience),
                   .token = from.token(),
                   .issued = issued,
                   .expires = expires};
}

Result<void> read_entries(const wire::State& from, SavedState& to) {
  for (const std::string& bytes : from.view_entries()) {
    WARD_TRY(auto entry, world::decode_view_entry(as_bytes(bytes)));
    if (entry.revision > to.head.revision) {
      return invalid_argument("an entry of revision {} in a state of revision {}", entry.revision,
                              to.head.revision);
    }
    to.entries.push_back(std::move(entry));
  }
  return {};
}

Result<void> check_counts(const wire::State& from) {
  if (static_cast<std::size_t>(from.view_entries_size()) <= kSavedEntriesMax &&
      static_cast<std::size_t>(from.x509_svids_size()) <= kX509SvidsMax &&
      static_cast<std::size_t>(from.jwt_svids_size()) <= kSavedJwtsMax) {
    return {};
  }
  return invalid_argument("a state of {} names, {} X.509-SVIDs and {} JWT-SVIDs is past its bounds",
                          from.view_entries_size(), from.x509_svids_size(), from.jwt_svids_size());
}

}  // namespace

Result<SecretBytes> encode_state(const SavedState& state) {
  WipedState wiped;
  wire::State& to = wiped.message;
  to.set_saved_us(micros(state.saved));
  if (state.contact) write_contact(*state.contact, *to.mutable_contact());
  to.set_revision(state.head.revision);
  to.set_journal_root8(state.head.root8.data(), state.head.root8.size());
  for (const world::ViewEntry& entry : state.entries) {
    WARD_TRY(const Bytes bytes, world::encode_view_entry(entry));
    to.add_view_entries(bytes.data(), bytes.size());
  }
  for (const CachedSvid& svid : state.svids) write_svid(svid, *to.add_x509_svids());
  for (const CachedJwt& jwt : state.jwts) write_jwt(jwt, *to.add_jwt_svids());
  const std::size_t size = to.ByteSizeLong();
  if (size > crypto::kSealedBytesMax) {
    return make_error(ErrorCode::kResourceExhausted, "a state of {} bytes; expected at most {}",
                      size, crypto::kSealedBytesMax);
  }
  Bytes bytes(size);
  if (to.SerializeToArray(bytes.data(), static_cast<int>(size))) {
    return SecretBytes(std::move(bytes));
  }
  return Error(ErrorCode::kInternal, "a state that cannot be written");
}

Result<SavedState> decode_state(ByteView bytes) {
  WipedState wiped;
  const wire::State& from = wiped.message;
  if (bytes.size() > crypto::kSealedBytesMax ||
      !wiped.message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return invalid_argument("{} bytes are no state of an agent", bytes.size());
  }
  WARD_RETURN_IF_ERROR(check_counts(from));
  SavedState to;
  WARD_TRY(to.saved, read_time(from.saved_us()));
  if (from.has_contact()) {
    WARD_TRY(const WallTime wall, read_time(from.contact().wall_us()));
    const std::chrono::nanoseconds monotonic{from.contact().monotonic_ns()};
    to.contact = SavedContact{.at = {.wall = wall, .monotonic = MonotonicTime{monotonic}},
                              .boot = from.contact().boot_id()};
  }
  to.head.revision = from.revision();
  if (from.journal_root8().size() != to.head.root8.size()) {
    return invalid_argument("the first bytes of a root: expected {}, got {}", to.head.root8.size(),
                            from.journal_root8().size());
  }
  std::ranges::copy(as_bytes(from.journal_root8()), to.head.root8.begin());
  WARD_RETURN_IF_ERROR(read_entries(from, to));
  for (const wire::X509Svid& one : from.x509_svids()) {
    WARD_TRY(auto svid, read_svid(one));
    to.svids.push_back(std::move(svid));
  }
  for (const wire::JwtSvid& one : from.jwt_svids()) {
    WARD_TRY(auto jwt, read_jwt(one));
    to.jwts.push_back(std::move(jwt));
  }
  return to;
}

Result<Contact> measurable_contact(const SavedState& state, const Clock& clock,
                                   const std::string& boot) {
  using Seconds = std::chrono::duration<double>;  // any two of what a file may hold subtract
  const auto between = [](auto from, auto to) {
    return Seconds(to.time_since_epoch()) - Seconds(from.time_since_epoch());
  };
  if (!state.contact) {
    return Error(ErrorCode::kFailedPrecondition, "the server had not been heard of");
  }
  const SavedContact& saved = *state.contact;
  if (boot.empty() || saved.boot != boot) {
    return Error(ErrorCode::kFailedPrecondition, "the machine was started since");
  }
  const Seconds since_saved = between(state.saved, clock.now());
  const Seconds by_wall = between(saved.at.wall, clock.now());
  const Seconds by_monotonic = between(saved.at.monotonic, clock.monotonic());
  if (since_saved >= -kClockSlack && by_monotonic.count() >= 0 &&
      std::chrono::abs(by_wall - by_monotonic) <= kClockSlack) {
    return saved.at;
  }
  return make_error(ErrorCode::kFailedPrecondition,
                    "the wall clock was set: it says {:.1f} s since, the monotonic one {:.1f} s",
                    by_wall.count(), by_monotonic.count());
}

}  // namespace ward::agent
