// What evidence costs: durable records batched and singly, verification, the Merkle tree; each
// beside its limit.
#include <stdlib.h>
#include <time.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <vector>

#include "evidence/log.h"
#include "evidence/verify.h"
#include "tests/bench/row.h"

namespace ward::evidence {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr std::size_t kGroup = 4096;  // records a group in the limit; about what gathers in the log
constexpr double kPeerRecordsPerSecond = 60'000;

double timed(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return Seconds(std::chrono::steady_clock::now() - start).count();
}

// What all threads of this process used of a core: a figure that other processes do not move much.
double cpu_timed(auto&& work) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  };
  const double start = now();
  work();
  return now() - start;
}

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "bench evidence: %s\n", what);
  std::exit(1);
}

Record record_of(std::uint64_t number) {
  Decision decision;
  decision.principal = fmt::format("spiffe://example.org/workload/payments-{}", number % 1000);
  decision.action = "http/GET";
  decision.resource = fmt::format("https://ledger.example.org/accounts/{}", number % 5000);
  decision.allowed = number % 10 != 0;
  decision.reasons = {"allow-same-segment"};
  decision.question_sha256.assign(32, static_cast<std::uint8_t>(number));
  decision.credential = "5f3a9c1e77d04b21";
  decision.took_ns = 900;
  return {WallTime{std::chrono::microseconds{1'700'000'000'000'000}},
          number / 1000,
          {1, 2, 3, 4, 5, 6, 7, 8},
          decision};
}

class Directory {
 public:
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ward-bench-XXXXXX").string();
    require(::mkdtemp(pattern.data()) != nullptr, "no temporary directory");
    path_ = pattern;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string at(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

NoteSigner signer() {
  auto key = crypto::PrivateKey::from_ed25519(SecretBytes(Bytes(32, 1)));
  return std::move(NoteSigner::make("example.org/bench", NoteKeyType::kEd25519, std::move(*key)))
      .value();
}

std::unique_ptr<EvidenceLog> open_log(const std::string& path, os::FileSystem& files,
                                      const Clock& clock) {
  auto log = EvidenceLog::open({.writer = {path, signer()}}, files, clock, ward::Log::none());
  require(log.ok(), "the log does not open");
  return std::move(*log);
}

// Appends all and waits until the last is durable.
void append_all(EvidenceLog& log, const std::vector<Bytes>& records) {
  std::mutex mutex;
  std::condition_variable wake;
  bool is_done = false;
  const auto on_durable = [&](const Result<std::uint64_t>& index) {
    require(index.ok(), "a record is not durable");
    const std::lock_guard guard(mutex);
    is_done = true;
    wake.notify_one();
  };
  for (std::size_t i = 0; i < records.size();) {
    const bool is_last = i + 1 == records.size();
    const auto appended = log.append_encoded(
        records[i], i / 1000, is_last ? EvidenceLog::Durable(on_durable) : EvidenceLog::Durable());
    if (appended.ok()) {
      ++i;
      continue;
    }
    require(appended.error().code() == ErrorCode::kResourceExhausted, "the log refuses records");
    std::this_thread::sleep_for(std::chrono::microseconds{100});
  }
  std::unique_lock lock(mutex);
  wake.wait(lock, [&] { return is_done; });
}

// The same bytes, hashed as the tree hashes them, written and synced in groups: what no log can do
// without.
double raw_seconds(os::FileSystem& files, const std::string& path,
                   const std::vector<Bytes>& records) {
  auto file = files.open_append(path, 0600);
  require(file.ok(), "the file does not open");
  return timed([&] {
    CompactRange range;
    Bytes group;
    for (std::size_t i = 0; i < records.size(); ++i) {
      append(group, records[i]);
      range.append(leaf_hash(records[i]));
      if (i % kGroup != kGroup - 1 && i + 1 < records.size()) continue;
      require((*file)->append(group).ok() && (*file)->sync().ok(), "the file cannot be written");
      group.clear();
    }
  });
}

void bench_single(os::FileSystem& files, const Clock& clock, const Directory& directory,
                  std::size_t count) {
  auto log = open_log(directory.at("single"), files, clock);
  const std::vector<Bytes> one{*encode_record(record_of(0))};
  const double seconds = timed([&] {
    for (std::size_t i = 0; i < count; ++i) append_all(*log, one);
  });
  auto file = files.open_append(directory.at("raw-single"), 0600);
  const double raw = timed([&] {
    for (std::size_t i = 0; i < count; ++i)
      require((*file)->append(one[0]).ok() && (*file)->sync().ok(), "raw write");
  });
  const double scale = 1e9 / static_cast<double>(count);
  bench::print_row({"evidence/append/single", seconds * scale, "ns", raw * scale, std::nullopt});
}

void bench_merkle(std::size_t count) {
  const Hash left = leaf_hash({}), right = empty_root();
  Hash node = left;
  const double seconds = cpu_timed([&] {
    for (std::size_t i = 0; i < count; ++i) node = node_hash(node, right);
  });
  Bytes message(65, 1);
  const double raw = cpu_timed([&] {
    for (std::size_t i = 0; i < count; ++i) message[1] = crypto::sha256(message)[0];
  });
  require(node != left && message.size() == 65, "the hashes were not computed");
  const auto rate = static_cast<double>(count);
  bench::print_row({"evidence/merkle/node", rate / seconds, "1/s", rate / raw, std::nullopt});
}

}  // namespace
}  // namespace ward::evidence

int main(int argc, char** argv) {
  using namespace ward;
  using namespace ward::evidence;
  const bool is_quick = bench::is_quick(argc, argv);
  const std::size_t count = is_quick ? 300'000 : 3'000'000;
  os::SystemFileSystem files;
  SystemClock clock;
  const Directory directory;

  std::vector<Bytes> records;
  records.reserve(count);
  const double encoding = cpu_timed([&] {
    for (std::size_t i = 0; i < count; ++i) records.push_back(*encode_record(record_of(i)));
  });
  const auto rate = static_cast<double>(count);
  bench::print_row({"evidence/record/encode", rate / encoding, "1/s", std::nullopt, std::nullopt});
  bench::print_row({"evidence/record/bytes", static_cast<double>(records.back().size()), "B",
                    std::nullopt, std::nullopt});

  double raw = 0;
  const double raw_cpu = cpu_timed([&] { raw = raw_seconds(files, directory.at("raw"), records); });
  {
    auto log = open_log(directory.at("log"), files, clock);
    double seconds = 0;
    const double cpu = cpu_timed([&] { seconds = timed([&] { append_all(*log, records); }); });
    bench::print_row(
        {"evidence/append/batched", rate / seconds, "1/s", rate / raw, kPeerRecordsPerSecond});
    bench::print_row(
        {"evidence/append/core", rate / cpu, "1/s", rate / raw_cpu, kPeerRecordsPerSecond});
  }

  const std::vector keys{signer().verifier()};
  const double verifying = cpu_timed(
      [&] { require(verify_log(files, directory.at("log"), keys).ok(), "it does not verify"); });
  CompactRange range;
  const double hashing = cpu_timed([&] {
    for (const Bytes& record : records) range.append(leaf_hash(record));
  });
  bench::print_row({"evidence/verify", rate / verifying, "1/s", rate / hashing, std::nullopt});

  bench_single(files, clock, directory, is_quick ? 200 : 2000);
  bench_merkle(is_quick ? 1'000'000 : 10'000'000);
  return 0;
}
