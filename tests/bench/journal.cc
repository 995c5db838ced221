// Facts a second, singly and grouped, each for a span of time (a disk's fsync takes from 0.1 to 20
// ms), beside what the disk (append and fdatasync) and bare SQLite do in the same run; and 10,000
// registrations through the store.
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <latch>

#include "base/check.h"
#include "journal/sqlite_journal.h"
#include "journal/store.h"
#include "tests/bench/row.h"

namespace {

using namespace ward;
using namespace ward::journal;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kFactBytes = 200;
constexpr int kGroup = 100;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

double fdatasync_rate(const std::filesystem::path& directory, double span_s, int group) {
  const int file = ::open((directory / "raw").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  WARD_CHECK(file >= 0);
  const Bytes bytes(kFactBytes * static_cast<std::size_t>(group), 'f');
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

double bare_sqlite_rate(const std::filesystem::path& directory, double span_s, int group) {
  sqlite3* connection = nullptr;
  std::filesystem::remove(directory / "bare.db");
  WARD_CHECK(sqlite3_open((directory / "bare.db").c_str(), &connection) == SQLITE_OK);
  const auto execute = [&](const char* sql) {
    WARD_CHECK(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  };
  execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, "
      "leaf BLOB, b BLOB)");
  sqlite3_stmt* insert = nullptr;
  WARD_CHECK(sqlite3_prepare_v2(connection, "INSERT INTO t VALUES (?1, ?2, ?3)", -1, &insert,
                                nullptr) == SQLITE_OK);
  const Bytes bytes(kFactBytes, 'f');
  const auto began = SteadyClock::now();
  int count = 0;
  for (; seconds_since(began) < span_s; count += group) {
    execute("BEGIN");
    for (int j = 0; j < group; ++j) {
      sqlite3_bind_int(insert, 1, count + j);
      sqlite3_bind_blob(insert, 2, bytes.data(), 32, SQLITE_STATIC);
      sqlite3_bind_blob(insert, 3, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
      WARD_CHECK(sqlite3_step(insert) == SQLITE_DONE);
      sqlite3_reset(insert);
    }
    execute("COMMIT");
  }
  const double rate = count / seconds_since(began);
  sqlite3_finalize(insert);
  sqlite3_close(connection);
  return rate;
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
  std::uint64_t count = 0;
  const auto began = SteadyClock::now();
  while (seconds_since(began) < span_s) {
    std::latch latch(in_flight);
    for (int i = 0; i < in_flight; ++i) {
      journal.append(count++, {Bytes(kFactBytes, 'f')}, [&](Result<std::uint64_t> revision) {
        WARD_CHECK(revision.ok());
        latch.count_down();
      });
    }
    latch.wait();
  }
  return static_cast<double>(count) / seconds_since(began);
}

world::Fact fact(world::FactBody body) {
  return {.time = {}, .actor = "uid:0", .reason = {}, .body = std::move(body)};
}

double registrations_s(Store& store, int count) {
  constexpr std::string_view kNode = "spiffe://example.org/node";
  WARD_CHECK(store
                 .put_and_wait(fact(world::NodePut{{.id = kNode,
                                                    .attestation_type = "join_token",
                                                    .selectors = {},
                                                    .certificate_serial = {},
                                                    .evidence_key = {}}}))
                 .ok());
  std::latch latch(count);
  const auto began = SteadyClock::now();
  for (int i = 0; i < count; ++i) {
    const std::string id = fmt::format("spiffe://example.org/ns/shop/sa/service-{:05}", i);
    std::vector<world::Fact> facts{
        fact(world::IdentityPut{{.id = id,
                                 .status_reason = {},
                                 .owner = "team:shop",
                                 .environment = "prod",
                                 .segment = {},
                                 .labels = {{"app", "shop"}}}}),
        fact(world::RegistrationPut{
            {.id = fmt::format("r{:05}", i),
             .spiffe_id = id,
             .parent = kNode,
             .selectors = {fmt::format("unix:path:/opt/{:05}", i), "unix:uid:1000"},
             .hint = {},
             .dns_names = {},
             .federates_with = {}}})};
    store.submit([facts = std::move(facts)](const world::World&) { return facts; },
                 [&](Result<world::World> world) {
                   WARD_CHECK(world.ok());
                   latch.count_down();
                 });
  }
  latch.wait();
  return seconds_since(began);
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = bench::is_quick(argc, argv);
  const double span_s = quick ? 1 : 5;
  std::string pattern = "ward_bench_journal.XXXXXX";
  const std::filesystem::path directory = ::mkdtemp(pattern.data());

  const double disk_single = fdatasync_rate(directory, span_s, 1);
  const double disk_grouped = fdatasync_rate(directory, span_s, kGroup);
  const double bare_single = bare_sqlite_rate(directory, span_s, 1);
  const double bare_grouped = bare_sqlite_rate(directory, span_s, kGroup);
  bench::print_row({"journal/fdatasync/single", disk_single, "1/s", {}, {}});
  bench::print_row({"journal/fdatasync/groups_of_100", disk_grouped, "1/s", {}, {}});
  bench::print_row({"journal/bare_sqlite/single", bare_single, "1/s", disk_single, {}});
  bench::print_row({"journal/bare_sqlite/groups_of_100", bare_grouped, "1/s", disk_grouped, {}});
  bench::print_row({"journal/append/single",
                    append_rate(*fresh_journal(directory, "single.db"), span_s, 1),
                    "1/s",
                    bare_single,
                    {}});
  bench::print_row({"journal/append/100_waiting",
                    append_rate(*fresh_journal(directory, "group.db"), span_s, kGroup),
                    "1/s",
                    bare_grouped,
                    {}});

  auto store = Store::open(fresh_journal(directory, "store.db"), Log::none());
  WARD_CHECK(store.ok());
  // The best peer takes 45 s; the limit is the goal.
  bench::print_row(
      {"journal/10000_registrations", registrations_s(**store, 10'000), "s", 2.0, 45.0});
  store->reset();
  std::filesystem::remove_all(directory);
  return 0;
}
