// Small logs for the tests of this room.
#pragma once

#include <string>
#include <vector>

#include "evidence/log_writer.h"
#include "evidence/record.h"
#include "os/testing/memory_file_system.h"

namespace ward::evidence::testing {

inline constexpr std::string_view kOrigin = "example.org/agent/node-1";

inline NoteSigner test_signer(std::string name = std::string(kOrigin), std::uint8_t seed = 7,
                              NoteKeyType type = NoteKeyType::kEd25519) {
  auto key = crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, seed)));
  return std::move(NoteSigner::make(std::move(name), type, std::move(*key))).value();
}

inline Record test_record(std::uint64_t number, std::uint64_t revision) {
  Decision decision;
  decision.principal = fmt::format("spiffe://example.org/workload/{}", number % 10);
  decision.action = "read";
  decision.resource = fmt::format("resource-{}", number);
  decision.allowed = number % 2 == 0;
  Record record;
  record.time = WallTime{
      std::chrono::microseconds{1'700'000'000'000'000 + static_cast<std::int64_t>(number)}};
  record.revision = revision;
  record.body = decision;
  return record;
}

// Of some twenty bytes, for tests that go through a log byte by byte.
inline Record small_record(std::uint64_t number, std::uint64_t revision) {
  return {WallTime{std::chrono::microseconds{number}}, revision, {}, ProcessStop{}};
}

// Opens a log; four records a revision.
class TestLog {
 public:
  explicit TestLog(os::FileSystem& files, std::size_t wal_bytes_max = std::size_t{1} << 20,
                   std::string directory = "/log")
      : files_(files), directory_(std::move(directory)), wal_bytes_max_(wal_bytes_max) {}

  Result<void> open(std::vector<TreeHead> seen = {}) {
    writer_.reset();
    auto opened = LogWriter::open({directory_, test_signer(), wal_bytes_max_, std::move(seen)},
                                  files_, clock_);
    if (!opened.ok()) return opened.error();
    writer_ = std::make_unique<LogWriter>(std::move(*opened));
    return {};
  }
  void close() { writer_.reset(); }

  Result<std::uint64_t> add(std::size_t count) { return add(count, test_record); }
  // With the new head signed.
  Result<std::uint64_t> add_signed(std::size_t count) {
    RecordGroup group = next(count, test_record);
    return writer_->commit_signed(group);
  }

  // `make` gives the record of a number and a revision.
  Result<std::uint64_t> add(std::size_t count, Record (*make)(std::uint64_t, std::uint64_t)) {
    RecordGroup group = next(count, make);
    return writer_->commit(group);
  }

  LogWriter& writer() { return *writer_; }

 private:
  RecordGroup next(std::size_t count, Record (*make)(std::uint64_t, std::uint64_t)) const {
    RecordGroup group;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t number = writer_->size() + i;
      group.add(*encode_record(make(number, number / 4)), number / 4);
    }
    return group;
  }

  os::FileSystem& files_;
  std::string directory_;
  ManualClock clock_;
  std::size_t wal_bytes_max_;
  std::unique_ptr<LogWriter> writer_;
};

inline std::vector<VerifierKey> test_keys() {
  return {test_signer().verifier()};
}

}  // namespace ward::evidence::testing
