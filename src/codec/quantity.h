// Durations and sizes as people write them, in configuration files and on command lines.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ward::codec {

// `250ms`, `5s`, `1h30m`, `7d`: whole numbers with the units ns, us, ms, s, m, h, d, each at most
// once, from large to small. `0` needs no unit. Never negative; at most 100 years.
// kInvalidArgument.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// Exact and shortest: parse_duration(format_duration(d)) == d for every d that parses. A negative
// one gets a `-`.
std::string format_duration(std::chrono::nanoseconds duration);

// `512`, `512B`, `16KiB`, `4MiB`, `1GiB`, `1TiB` (powers of 1024), `16kB`, `4MB`, `1GB`, `1TB`
// (powers of 1000). kInvalidArgument, also for what 64 bits cannot hold.
Result<std::uint64_t> parse_size(std::string_view text);

// Exact: the largest power of 1024 that divides it, `B` when none does.
std::string format_size(std::uint64_t bytes);

}  // namespace ward::codec
