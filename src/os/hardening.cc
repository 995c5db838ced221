#include "os/hardening.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "os/file_io.h"
#include "os/system_error.h"

namespace ward::os {

Result<void> protect_memory() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return system_error(errno, "forbid core dumps");
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return system_error(errno, "limit core files");
  return {};
}

Result<std::uint64_t> raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return system_error(errno, "read open file limit");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return system_error(errno, "raise open file limit");
  return static_cast<std::uint64_t>(limit.rlim_cur);
}

// proc(5): statm holds total and resident size, in pages.
Result<std::uint64_t> resident_bytes() {
  constexpr std::size_t kMaxStatm = 4096;
  WARD_TRY(const Fd file, open_file("/proc/self/statm", O_RDONLY));
  WARD_TRY(const Bytes bytes, read_to_end(file.get(), kMaxStatm, "/proc/self/statm"));
  std::string_view text = as_text(bytes);
  text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
  std::uint64_t pages = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), pages).ec != std::errc()) {
    return make_error(ErrorCode::kInternal, "/proc/self/statm: expected numbers");
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace ward::os
