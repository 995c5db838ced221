#include "attest/unix_attestor.h"

#include <optional>

#include "attest/executable_hashes.h"
#include "os/accounts.h"
#include "os/file_identity.h"

namespace ward::attest {
namespace {

Error changed() {
  return {ErrorCode::kAborted, "the peer changed while it was attested"};
}

void add(Selectors& selectors, std::string_view property, std::string_view value) {
  if (is_selector_value(value)) selectors.push_back(fmt::format("unix:{}:{}", property, value));
}

// Two selectors, one if the system has no name for the number.
template <typename Look>
Result<void> add_account(Selectors& selectors, std::string_view number_property,
                         std::string_view name_property, unsigned id, Look&& look) {
  add(selectors, number_property, fmt::format("{}", id));
  WARD_TRY(const std::optional<std::string> name, look(id));
  if (name) add(selectors, name_property, *name);
  return {};
}

Result<void> add_accounts(Selectors& selectors, const os::ProcessInfo& info) {
  if (info.groups.size() > kUnixGroupsMax)
    return make_error(ErrorCode::kResourceExhausted,
                      "the peer has {} supplementary groups, expected at most {}",
                      info.groups.size(), kUnixGroupsMax);
  WARD_RETURN_IF_ERROR(add_account(selectors, "uid", "user", info.uid, os::user_name));
  WARD_RETURN_IF_ERROR(add_account(selectors, "gid", "group", info.gid, os::group_name));
  for (const gid_t group : info.groups)
    WARD_RETURN_IF_ERROR(
        add_account(selectors, "supplementary_gid", "supplementary_group", group, os::group_name));
  return {};
}

// The running file; nothing when we may not look.
Result<std::optional<os::Fd>> open_executable(const os::PeerCredentials& peer) {
  auto file = os::open_executable(peer.process);
  if (file.ok()) return std::optional<os::Fd>(std::move(file).value());
  if (file.error().code() == ErrorCode::kPermissionDenied) return std::optional<os::Fd>();
  return file.error();
}

Result<void> add_executable(Selectors& selectors, const os::Fd& file, const std::string& path,
                            ExecutableHashes& hashes) {
  WARD_TRY(const os::FileIdentity running, os::identify_file(file));
  const auto named = os::identify_file(path);
  if (named.ok() && named->is_same_file(running)) add(selectors, "path", path);
  WARD_TRY(const std::optional<std::string> hash, hashes.hash(file, running));
  if (hash) add(selectors, "sha256", *hash);
  return {};
}

// An exec of another file under the same path changes nothing in ProcessInfo.
Result<void> check_still_runs(const os::PeerCredentials& peer, const os::Fd& file) {
  WARD_TRY(const std::optional<os::Fd> now, open_executable(peer));
  if (!now) return changed();
  WARD_TRY(const os::FileIdentity before, os::identify_file(file));
  WARD_TRY(const os::FileIdentity after, os::identify_file(*now));
  if (!before.is_same_file(after)) return changed();
  return {};
}

}  // namespace

UnixAttestor::UnixAttestor(UnixAttestorOptions options)
    : hashes_(std::make_unique<ExecutableHashes>(options.hash_bytes_max, options.clock)) {}

UnixAttestor::~UnixAttestor() = default;

Result<Selectors> UnixAttestor::attest(const os::PeerCredentials& peer) const {
  WARD_TRY(const os::ProcessInfo before, os::read_process(peer.process));
  if (before.uid != peer.uid || before.gid != peer.gid)
    return make_error(ErrorCode::kFailedPrecondition,
                      "the peer connected as {}:{} and is {}:{} now", peer.uid, peer.gid,
                      before.uid, before.gid);
  Selectors selectors;
  WARD_RETURN_IF_ERROR(add_accounts(selectors, before));
  WARD_TRY(const std::optional<os::Fd> file, open_executable(peer));
  if (file && before.executable) {
    // What was opened must be what was named: with an exec in between and another one back, the two
    // readings of the process agree and the file is that of the program between them.
    WARD_TRY(const std::string path, os::path_of(*file));
    if (path != *before.executable) return changed();
    WARD_RETURN_IF_ERROR(add_executable(selectors, *file, path, *hashes_));
    WARD_RETURN_IF_ERROR(check_still_runs(peer, *file));
  }
  WARD_TRY(const os::ProcessInfo after, os::read_process(peer.process));
  if (before != after) return changed();
  return sorted(std::move(selectors));
}

}  // namespace ward::attest
