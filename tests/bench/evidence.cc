// What evidence costs: durable records batched (encoded, hashed, in tiles, synced) and singly,
// verification, the Merkle tree; each beside its limit. `1/s core` counts the processor time of all
// threads, the kernel's work for them included.
#include <stdlib.h>
#include <time.h>

#include <algorithm>
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
constexpr std::size_t kDistinct = 1024;  // records that differ; as warm in cache as one just made
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
          7,  // revisions never go down, and these come again and again
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

// Records as a decision point has them in its hands: made before the clock runs.
std::vector<Record> some_records() {
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < kDistinct; ++i) records.push_back(record_of(i));
  return records;
}

// Encodes and appends `count` records and waits until the last is durable.
void append_all(EvidenceLog& log, const std::vector<Record>& records, std::size_t count) {
  std::mutex mutex;
  std::condition_variable wake;
  bool is_done = false;
  const auto on_durable = [&](const Result<std::uint64_t>& index) {
    require(index.ok(), "a record is not durable");
    const std::lock_guard guard(mutex);
    is_done = true;
    wake.notify_one();
  };
  for (std::size_t i = 0; i < count;) {
    const bool is_last = i + 1 == count;
    const auto appended =
        log.append(records[i % kDistinct],
                   is_last ? EvidenceLog::Durable(on_durable) : EvidenceLog::Durable());
    if (appended.ok()) {
      ++i;
      continue;
    }
    require(appended.error().code() == ErrorCode::kResourceExhausted, "the log refuses records");
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  std::unique_lock lock(mutex);
  wake.wait(lock, [&] { return is_done; });
}

// The same bytes, hashed as the tree hashes them, written and synced in groups: what no log can do
// without.
void append_raw(os::AppendFile& file, const std::vector<Bytes>& records, std::size_t count) {
  CompactRange range;
  Bytes group;
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes& record = records[i % kDistinct];
    append(group, record);
    range.append(leaf_hash(record));
    if (i % kGroup != kGroup - 1 && i + 1 < count) continue;
    require(file.append(group).ok() && file.sync().ok(), "the file cannot be written");
    group.clear();
  }
}

struct Cost {
  double wall_s = 0;
  double cpu_s = 0;
};

Cost cost_of(auto&& work) {
  Cost cost;
  cost.cpu_s = cpu_timed([&] { cost.wall_s = timed(work); });
  return cost;
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

// Log and limit take turns, so that what else the machine does falls on both; the medians of the
// rounds.
void bench_batched(os::FileSystem& files, const Clock& clock, const Directory& directory,
                   std::size_t rounds, std::size_t count) {
  const std::vector<Record> records = some_records();
  std::vector<Bytes> encoded;
  for (const Record& record : records) encoded.push_back(*encode_record(record));
  auto raw_file = files.open_append(directory.at("raw"), 0600);
  require(raw_file.ok(), "the file does not open");
  auto log = open_log(directory.at("log"), files, clock);
  std::vector<double> wall, cpu, raw_wall, raw_cpu;
  const auto per_second = [&](double seconds) { return static_cast<double>(count) / seconds; };
  for (std::size_t round = 0; round < rounds; ++round) {
    const Cost raw = cost_of([&] { append_raw(**raw_file, encoded, count); });
    const Cost own = cost_of([&] { append_all(*log, records, count); });
    raw_wall.push_back(per_second(raw.wall_s));
    raw_cpu.push_back(per_second(raw.cpu_s));
    wall.push_back(per_second(own.wall_s));
    cpu.push_back(per_second(own.cpu_s));
  }
  bench::print_row({.name = "evidence/append/batched",
                    .value = median(cpu),
                    .unit = "1/s core",
                    .limit = median(raw_cpu),
                    .peer = kPeerRecordsPerSecond,
                    .goal = bench::at_least(500'000)});
  bench::print_row({.name = "evidence/append/batched_wall",
                    .value = median(wall),
                    .unit = "1/s",
                    .limit = median(raw_wall)});
}

void bench_record(std::size_t count) {
  const std::vector<Record> records = some_records();
  std::size_t bytes = 0;
  const double seconds = cpu_timed([&] {
    for (std::size_t i = 0; i < count; ++i) bytes += encode_record(records[i % kDistinct])->size();
  });
  const auto number = static_cast<double>(count);
  bench::print_row(
      {.name = "evidence/record/encode", .value = number / seconds, .unit = "1/s core"});
  bench::print_row(
      {.name = "evidence/record/bytes", .value = static_cast<double>(bytes) / number, .unit = "B"});
}

// The limit: the hashes of the same number of the same records, already in memory.
void bench_verify(const os::FileSystem& files, const Directory& directory, std::size_t count) {
  const std::vector keys{signer().verifier()};
  const double verifying = cpu_timed(
      [&] { require(verify_log(files, directory.at("log"), keys).ok(), "it does not verify"); });
  std::vector<Bytes> encoded;
  for (const Record& record : some_records()) encoded.push_back(*encode_record(record));
  CompactRange range;
  const double hashing = cpu_timed([&] {
    for (std::size_t i = 0; i < count; ++i) range.append(leaf_hash(encoded[i % kDistinct]));
  });
  const auto number = static_cast<double>(count);
  bench::print_row({.name = "evidence/verify",
                    .value = number / verifying,
                    .unit = "1/s core",
                    .limit = number / hashing,
                    .goal = bench::at_least(1'000'000)});
}

void bench_single(os::FileSystem& files, const Clock& clock, const Directory& directory,
                  double span_s) {
  auto log = open_log(directory.at("single"), files, clock);
  const std::vector<Record> records = some_records();
  const Bytes one = *encode_record(records[0]);
  auto file = files.open_append(directory.at("raw-single"), 0600);
  require(file.ok(), "the file does not open");
  double own = 0, raw = 0;
  std::size_t count = 0;
  for (; own + raw < span_s; ++count) {
    own += timed([&] { append_all(*log, records, 1); });
    raw += timed([&] {
      require((*file)->append(one).ok() && (*file)->sync().ok(), "the file cannot be written");
    });
  }
  const double scale = 1e9 / static_cast<double>(count);
  bench::print_row(
      {.name = "evidence/append/single", .value = own * scale, .unit = "ns", .limit = raw * scale});
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
  bench::print_row({.name = "evidence/merkle/node",
                    .value = rate / seconds,
                    .unit = "1/s core",
                    .limit = rate / raw});
}

}  // namespace
}  // namespace ward::evidence

int main(int argc, char** argv) {
  using namespace ward;
  using namespace ward::evidence;
  const bool is_quick = bench::is_quick(argc, argv);
  const std::size_t rounds = is_quick ? 3 : 7, count = is_quick ? 30'000 : 200'000;
  os::SystemFileSystem files;
  SystemClock clock;
  const Directory directory;
  bench_record(is_quick ? 200'000 : 2'000'000);
  bench_batched(files, clock, directory, rounds, count);
  bench_verify(files, directory, rounds * count);
  bench_single(files, clock, directory, is_quick ? 0.3 : 10);
  bench_merkle(is_quick ? 1'000'000 : 10'000'000);
  return 0;
}
