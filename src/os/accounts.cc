#include "os/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <vector>

#include "os/system_error.h"

namespace ward::os {
namespace {

constexpr std::size_t kFirstBuffer = 4 * 1024;
constexpr std::size_t kMaxBuffer = 1 << 20;

// Calls a getpw/getgr ..._r function with a growing buffer. `take` reads the record, which points
// into the buffer, before that goes.
template <typename Record, typename Lookup, typename Take>
auto look_up(std::string_view what, const Lookup& lookup, const Take& take)
    -> Result<std::optional<std::invoke_result_t<Take, const Record&>>> {
  using Value = std::invoke_result_t<Take, const Record&>;
  for (std::size_t size = kFirstBuffer; size <= kMaxBuffer; size *= 4) {
    std::vector<char> buffer(size);
    Record record{};
    Record* found = nullptr;
    const int error = lookup(&record, buffer.data(), buffer.size(), &found);
    if (error == ERANGE) continue;
    if (found != nullptr) return std::optional<Value>(take(*found));
    // getpwnam_r(3): several errors mean no more than "not found".
    if (error == 0 || error == ENOENT || error == ESRCH) return std::optional<Value>();
    return system_error(error, what);
  }
  return make_error(ErrorCode::kResourceExhausted, "{}: the answer is larger than {} bytes", what,
                    kMaxBuffer);
}

}  // namespace

Result<std::optional<std::string>> user_name(uid_t uid) {
  return look_up<passwd>(
      "look up user", [uid](auto... args) { return ::getpwuid_r(uid, args...); },
      [](const passwd& record) { return std::string(record.pw_name); });
}

Result<std::optional<std::string>> group_name(gid_t gid) {
  return look_up<group>(
      "look up group", [gid](auto... args) { return ::getgrgid_r(gid, args...); },
      [](const group& record) { return std::string(record.gr_name); });
}

Result<std::optional<uid_t>> user_id(const std::string& name) {
  return look_up<passwd>(
      "look up user", [&name](auto... args) { return ::getpwnam_r(name.c_str(), args...); },
      [](const passwd& record) { return record.pw_uid; });
}

Result<std::optional<gid_t>> group_id(const std::string& name) {
  return look_up<group>(
      "look up group", [&name](auto... args) { return ::getgrnam_r(name.c_str(), args...); },
      [](const group& record) { return record.gr_gid; });
}

}  // namespace ward::os
