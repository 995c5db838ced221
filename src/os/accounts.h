// Names of users and groups, from the system's databases (files, LDAP, ...: nsswitch.conf(5)).
//
// A look-up may read the network and block: off the event loop. An answer is at most 1 MiB (large
// groups), beyond that kResourceExhausted. Any thread may call.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace ward::os {

// Nothing when there is no such user or group; an error when it cannot be told.
Result<std::optional<std::string>> user_name(uid_t uid);
Result<std::optional<std::string>> group_name(gid_t gid);
Result<std::optional<uid_t>> user_id(const std::string& name);
Result<std::optional<gid_t>> group_id(const std::string& name);

}  // namespace ward::os
