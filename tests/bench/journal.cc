// Facts a second, singly and grouped, each for a span of time (a disk's fsync takes from 0.1 to 20
// ms), beside what the disk (append and fdatasync) and bare SQLite do in the same run; and 10,000
// registrations through the store, beside bare SQLite that is handed the same bytes.
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <latch>
#include <semaphore>
#include <span>

#include "base/check.h"
#include "journal/sqlite_journal.h"
#include "journal/store.h"
#include "tests/bench/row.h"

namespace {

using namespace ward;
using namespace ward::journal;
using SteadyClock = std::chrono::steady_clock;

constexpr int kGroup = 100;
constexpr int kGroupMax = 1024;  // facts in a transaction of the journal under load
constexpr int kRegistrations = 10'000;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

world::Fact fact(world::FactBody body) {
  return {.time = {}, .actor = "uid:0", .reason = {}, .body = std::move(body)};
}

std::string spiffe_id(std::uint64_t number) {
  return fmt::format("spiffe://example.org/ns/shop/sa/service-{:05}", number);
}

world::Fact identity_fact(std::uint64_t number) {
  return fact(world::IdentityPut{{.id = spiffe_id(number),
                                  .status_reason = {},
                                  .owner = "team:shop",
                                  .environment = "prod",
                                  .segment = {},
                                  .labels = {{"app", "shop"}}}});
}

constexpr std::string_view kNode = "spiffe://example.org/node";

world::Fact registration_fact(std::uint64_t number) {
  return fact(world::RegistrationPut{
      {.id = fmt::format("r{:05}", number),
       .spiffe_id = spiffe_id(number),
       .parent = kNode,
       .selectors = {fmt::format("unix:path:/opt/{:05}", number), "unix:uid:1000"},
       .hint = {},
       .dns_names = {},
       .federates_with = {}}});
}

Bytes encoded(const world::Fact& one) {
  auto bytes = world::encode_fact(one);
  WARD_CHECK(bytes.ok());
  return *std::move(bytes);
}

double fdatasync_rate(const std::filesystem::path& directory, double span_s, int group) {
  const int file = ::open((directory / "raw").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  WARD_CHECK(file >= 0);
  const Bytes bytes(encoded(identity_fact(0)).size() * static_cast<std::size_t>(group), 'f');
  const auto began = SteadyClock::now();
  int count = 0;
  for (; seconds_since(began) < span_s; count += group) {
    WARD_CHECK(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    WARD_CHECK(::fdatasync(file) == 0);
  }
  const double rate = count / seconds_since(began);
  ::close(file);
  return rate;
}

// A table as the journal's, and nothing else: rows come in, in transactions.
class BareSqlite {
 public:
  explicit BareSqlite(const std::filesystem::path& path) {
    std::filesystem::remove(path);
    WARD_CHECK(sqlite3_open(path.c_str(), &connection_) == SQLITE_OK);
    execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, "
        "leaf BLOB, b BLOB)");
    WARD_CHECK(sqlite3_prepare_v2(connection_, "INSERT INTO t VALUES (?1, ?2, ?3)", -1, &insert_,
                                  nullptr) == SQLITE_OK);
  }
  ~BareSqlite() {
    sqlite3_finalize(insert_);
    sqlite3_close(connection_);
  }
  BareSqlite(const BareSqlite&) = delete;
  BareSqlite& operator=(const BareSqlite&) = delete;

  void put(std::span<const Bytes> rows) {
    execute("BEGIN");
    for (const Bytes& row : rows) {
      sqlite3_bind_int64(insert_, 1, count_++);
      sqlite3_bind_blob(insert_, 2, row.data(), 32, SQLITE_STATIC);
      sqlite3_bind_blob(insert_, 3, row.data(), static_cast<int>(row.size()), SQLITE_STATIC);
      WARD_CHECK(sqlite3_step(insert_) == SQLITE_DONE);
      sqlite3_reset(insert_);
    }
    execute("COMMIT");
  }

 private:
  void execute(const char* sql) {
    WARD_CHECK(sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  }

  sqlite3* connection_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_int64 count_ = 0;
};

double bare_sqlite_rate(const std::filesystem::path& directory, double span_s, int group) {
  BareSqlite bare(directory / "bare.db");
  const std::vector<Bytes> rows(static_cast<std::size_t>(group), encoded(identity_fact(0)));
  const auto began = SteadyClock::now();
  int count = 0;
  for (; seconds_since(began) < span_s; count += group) bare.put(rows);
  return count / seconds_since(began);
}

// The facts of the registrations as bytes, in transactions as large as the journal makes them.
double bare_registrations_s(const std::filesystem::path& directory) {
  std::vector<Bytes> rows;
  for (std::uint64_t i = 0; i < kRegistrations; ++i) {
    rows.push_back(encoded(identity_fact(i)));
    rows.push_back(encoded(registration_fact(i)));
  }
  BareSqlite bare(directory / "bare-registrations.db");
  const auto began = SteadyClock::now();
  for (std::span<const Bytes> rest = rows; !rest.empty();) {
    const std::size_t group = std::min<std::size_t>(rest.size(), kGroupMax);
    bare.put(rest.first(group));
    rest = rest.subspan(group);
  }
  return seconds_since(began);
}

std::unique_ptr<Journal> fresh_journal(const std::filesystem::path& directory,
                                       std::string_view name) {
  static os::SystemFileSystem files;
  auto journal = open_sqlite_journal((directory / name).string(), files);
  WARD_CHECK(journal.ok());
  return *std::move(journal);
}

// `in_flight` appends wait at a time; 1 is one after the other.
double append_rate(Journal& journal, double span_s, int in_flight) {
  const Bytes bytes = encoded(identity_fact(0));
  std::uint64_t count = 0;
  const auto began = SteadyClock::now();
  while (seconds_since(began) < span_s) {
    std::latch latch(in_flight);
    for (int i = 0; i < in_flight; ++i) {
      journal.append(count++, {bytes}, [&](Result<std::uint64_t> revision) {
        WARD_CHECK(revision.ok());
        latch.count_down();
      });
    }
    latch.wait();
  }
  return static_cast<double>(count) / seconds_since(began);
}

std::unique_ptr<Store> fresh_store(const std::filesystem::path& directory, std::string_view name) {
  auto store = Store::open(fresh_journal(directory, name), Log::none());
  WARD_CHECK(store.ok());
  return *std::move(store);
}

// Commands through the whole write path: checked, encoded, appended, durable, folded, published.
// `in_flight` of them are always on their way.
double store_rate(Store& store, double span_s, int in_flight) {
  std::counting_semaphore<> slots(in_flight);
  std::uint64_t count = 0;
  const auto began = SteadyClock::now();
  for (; seconds_since(began) < span_s; ++count) {
    slots.acquire();
    store.submit([count](const world::World&) { return std::vector{identity_fact(count)}; },
                 [&](const Result<world::World>& world) {
                   WARD_CHECK(world.ok());
                   slots.release();
                 });
  }
  for (int i = 0; i < in_flight; ++i) slots.acquire();
  return static_cast<double>(count) / seconds_since(began);
}

double registrations_s(Store& store) {
  WARD_CHECK(store
                 .put_and_wait(fact(world::NodePut{{.id = kNode,
                                                    .attestation_type = "join_token",
                                                    .selectors = {},
                                                    .certificate_serial = {},
                                                    .evidence_key = {}}}))
                 .ok());
  std::latch latch(kRegistrations);
  const auto began = SteadyClock::now();
  for (std::uint64_t i = 0; i < kRegistrations; ++i) {
    store.submit(
        [i](const world::World&) { return std::vector{identity_fact(i), registration_fact(i)}; },
        [&](const Result<world::World>& world) {
          WARD_CHECK(world.ok());
          latch.count_down();
        });
  }
  latch.wait();
  return seconds_since(began);
}

void bench_journal(const std::filesystem::path& directory, double span_s) {
  const double disk_single = fdatasync_rate(directory, span_s, 1);
  const double disk_grouped = fdatasync_rate(directory, span_s, kGroup);
  const double bare_single = bare_sqlite_rate(directory, span_s, 1);
  const double bare_grouped = bare_sqlite_rate(directory, span_s, kGroup);
  const auto row = [](std::string name, double rate, std::optional<double> limit) {
    bench::print_row({.name = std::move(name), .value = rate, .unit = "1/s", .limit = limit});
  };
  row("journal/fdatasync/single", disk_single, {});
  row("journal/fdatasync/groups_of_100", disk_grouped, {});
  row("journal/bare_sqlite/single", bare_single, disk_single);
  row("journal/bare_sqlite/groups_of_100", bare_grouped, disk_grouped);
  row("journal/append/single", append_rate(*fresh_journal(directory, "single.db"), span_s, 1),
      bare_single);
  row("journal/append/100_waiting",
      append_rate(*fresh_journal(directory, "group.db"), span_s, kGroup), bare_grouped);
  row("journal/facts", store_rate(*fresh_store(directory, "facts.db"), span_s, kGroup),
      bare_grouped);
}

}  // namespace

int main(int argc, char** argv) {
  const double span_s = bench::is_quick(argc, argv) ? 0.2 : 5;
  std::string pattern = (std::filesystem::temp_directory_path() / "ward-bench-XXXXXX").string();
  WARD_CHECK(::mkdtemp(pattern.data()) != nullptr);
  const std::filesystem::path directory = pattern;
  bench_journal(directory, span_s);
  bench::print_row({.name = "facts/registrations_10000",
                    .value = registrations_s(*fresh_store(directory, "store.db")),
                    .unit = "s",
                    .limit = bare_registrations_s(directory),
                    .peer = 45.0,
                    .goal = bench::at_most(2)});
  std::filesystem::remove_all(directory);
  return 0;
}
