#include "journal/sqlite_journal.h"

#include <mutex>

#include "base/check.h"
#include "journal/group_journal.h"
#include "journal/sqlite.h"

namespace ward::journal {
namespace {

constexpr std::uint64_t kApplicationId = 0x57415244;  // "WARD"
constexpr std::uint64_t kSchemaVersion = 1;
constexpr std::uint64_t kPageBytes = 4096;
constexpr mode_t kFileMode = 0600;

constexpr const char* kSchema = R"sql(
  CREATE TABLE fact (revision INTEGER PRIMARY KEY, leaf BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE snapshot (revision INTEGER PRIMARY KEY, chunks INTEGER NOT NULL) STRICT;
  CREATE TABLE snapshot_chunk (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL, number INTEGER NOT NULL,
                               bytes BLOB NOT NULL, UNIQUE (revision, number)) STRICT;
)sql";

// Durability rests on synchronous=FULL: in WAL mode each commit is then followed by an fsync of the
// log. cell_size_check and the absence of mmap make a damaged page an error rather than a crash.
Result<void> configure(Connection& connection, const SqliteOptions& options) {
  WARD_RETURN_IF_ERROR(connection.execute(fmt::format(
      "PRAGMA page_size={}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA "
      "cell_size_check=ON;"
      "PRAGMA busy_timeout=0; PRAGMA trusted_schema=OFF; PRAGMA wal_autocheckpoint=1000;"
      "PRAGMA journal_size_limit=67108864;",
      kPageBytes)));
  if (options.bytes_max == 0) return {};
  return connection.execute(
      fmt::format("PRAGMA max_page_count={}", options.bytes_max / kPageBytes));
}

Result<void> prepare_schema(Connection& connection) {
  WARD_TRY(const std::uint64_t application, connection.query_integer("PRAGMA application_id"));
  WARD_TRY(const std::uint64_t version, connection.query_integer("PRAGMA user_version"));
  if (application == kApplicationId && version > kSchemaVersion) {
    return make_error(ErrorCode::kUnimplemented,
                      "schema version {} is newer than {}: a newer Ward wrote it", version,
                      kSchemaVersion);
  }
  if (application == kApplicationId && version == kSchemaVersion) return {};
  WARD_TRY(const std::uint64_t tables,
           connection.query_integer("SELECT count(*) FROM sqlite_schema"));
  if (application != 0 || version != 0 || tables != 0) {
    return make_error(ErrorCode::kFailedPrecondition,
                      "this is a SQLite file, but no journal of Ward");
  }
  return connection.execute(
      fmt::format("BEGIN IMMEDIATE; {} PRAGMA application_id={}; PRAGMA user_version={}; COMMIT;",
                  kSchema, kApplicationId, kSchemaVersion));
}

// Returns the head. Every revision from 1 on has its row.
Result<std::uint64_t> check_contiguous(const Connection& connection) {
  WARD_TRY(const std::uint64_t count, connection.query_integer("SELECT count(*) FROM fact"));
  if (count == 0) return std::uint64_t{0};
  WARD_TRY(const std::uint64_t first, connection.query_integer("SELECT min(revision) FROM fact"));
  WARD_TRY(const std::uint64_t last, connection.query_integer("SELECT max(revision) FROM fact"));
  if (first == 1 && last == count) return count;
  return make_error(ErrorCode::kDataLoss,
                    "facts are missing: {} are there, revisions are from {} to {}", count, first,
                    last);
}

Result<LeafHash> leaf_of(ByteView bytes, std::uint64_t revision) {
  LeafHash leaf;
  if (bytes.size() != leaf.size())
    return make_error(ErrorCode::kDataLoss, "fact {}: no leaf hash", revision);
  std::ranges::copy(bytes, leaf.begin());
  return leaf;
}

// Statements of one connection.
struct Writing {
  Connection connection;
  Statement begin, commit, insert_fact, insert_chunk, insert_snapshot, delete_snapshots,
      find_old_chunk, delete_chunk;
};
struct Reading {
  Connection connection;
  Statement facts, leaves, newest, chunks, chunk;
};

Result<Writing> writing_on(Connection connection) {
  WARD_TRY(Statement begin, connection.prepare("BEGIN IMMEDIATE"));
  WARD_TRY(Statement commit, connection.prepare("COMMIT"));
  WARD_TRY(Statement fact,
           connection.prepare("INSERT INTO fact (revision, leaf, bytes) VALUES (?1, ?2, ?3)"));
  WARD_TRY(Statement chunk,
           connection.prepare("INSERT OR REPLACE INTO snapshot_chunk (revision, number, bytes) "
                              "VALUES (?1, ?2, ?3)"));
  WARD_TRY(
      Statement snapshot,
      connection.prepare("INSERT OR REPLACE INTO snapshot (revision, chunks) VALUES (?1, ?2)"));
  WARD_TRY(Statement forget, connection.prepare("DELETE FROM snapshot WHERE revision <> ?1"));
  WARD_TRY(Statement old,
           connection.prepare("SELECT id FROM snapshot_chunk WHERE revision <> ?1 LIMIT 1"));
  WARD_TRY(Statement drop, connection.prepare("DELETE FROM snapshot_chunk WHERE id = ?1"));
  return Writing{std::move(connection), std::move(begin), std::move(commit),
                 std::move(fact),       std::move(chunk), std::move(snapshot),
                 std::move(forget),     std::move(old),   std::move(drop)};
}

Result<Reading> reading_on(Connection connection) {
  WARD_TRY(Statement facts,
           connection.prepare("SELECT revision, leaf, bytes FROM fact WHERE revision > ?1 "
                              "ORDER BY revision LIMIT ?2"));
  WARD_TRY(Statement leaves,
           connection.prepare("SELECT revision, leaf FROM fact WHERE revision > ?1 "
                              "ORDER BY revision LIMIT ?2"));
  WARD_TRY(Statement newest,
           connection.prepare("SELECT revision FROM snapshot ORDER BY revision DESC LIMIT 1"));
  WARD_TRY(Statement chunks, connection.prepare("SELECT chunks FROM snapshot WHERE revision = ?1"));
  WARD_TRY(
      Statement chunk,
      connection.prepare("SELECT bytes FROM snapshot_chunk WHERE revision = ?1 AND number = ?2"));
  return Reading{std::move(connection), std::move(facts),  std::move(leaves),
                 std::move(newest),     std::move(chunks), std::move(chunk)};
}

class SqliteStorage final : public Storage {
 public:
  SqliteStorage(std::unique_ptr<os::FileLock> lock, Writing writing, Reading reading,
                std::uint64_t head)
      : lock_(std::move(lock)),
        writing_(std::move(writing)),
        reading_(std::move(reading)),
        head_(head) {}

  Result<void> write(std::span<const Entry> entries) override {
    WARD_RETURN_IF_ERROR(in_transaction([&] { return insert(entries); }));
    head_ = entries.back().revision;
    return {};
  }

  bool is_broken() const override { return broken_; }
  std::uint64_t head() const override { return head_; }

  Result<void> put_chunk(std::uint64_t revision, std::uint64_t number, ByteView bytes) override {
    return in_transaction([&]() -> Result<void> {
      writing_.insert_chunk.bind(1, revision);
      writing_.insert_chunk.bind(2, number);
      writing_.insert_chunk.bind(3, bytes);
      WARD_RETURN_IF_ERROR(writing_.insert_chunk.step());
      return {};
    });
  }

  Result<void> finish_snapshot(std::uint64_t revision, std::uint64_t chunks) override {
    return in_transaction([&]() -> Result<void> {
      writing_.insert_snapshot.bind(1, revision);
      writing_.insert_snapshot.bind(2, chunks);
      WARD_RETURN_IF_ERROR(writing_.insert_snapshot.step());
      writing_.delete_snapshots.bind(1, revision);
      WARD_RETURN_IF_ERROR(writing_.delete_snapshots.step());
      return {};
    });
  }

  Result<bool> drop_chunk_but(std::uint64_t keep) override {
    bool found = false;
    WARD_RETURN_IF_ERROR(in_transaction([&] { return drop_chunk(keep, found); }));
    return found;
  }

  Result<std::vector<Entry>> read(std::uint64_t after, ReadBounds bounds) const override {
    const std::lock_guard lock(reading_mutex_);
    Statement& select = reading_.facts;
    select.bind(1, after);
    select.bind(2, bounds.entries_max);
    const Reset reset{select};
    std::vector<Entry> entries;
    std::size_t bytes = 0;
    while (bytes < bounds.bytes_max) {
      WARD_TRY(const bool row, select.step());
      if (!row) break;
      WARD_TRY(Entry entry, entry_at(select, after + entries.size() + 1));
      bytes += entry.fact.size();
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  Result<std::vector<LeafHash>> leaves(std::uint64_t after, std::size_t count_max) const override {
    const std::lock_guard lock(reading_mutex_);
    Statement& select = reading_.leaves;
    select.bind(1, after);
    select.bind(2, count_max);
    const Reset reset{select};
    std::vector<LeafHash> leaves;
    while (true) {
      WARD_TRY(const bool row, select.step());
      if (!row) return leaves;
      const std::uint64_t revision = select.integer(0);
      if (revision != after + leaves.size() + 1)
        return make_error(ErrorCode::kDataLoss, "fact {} is missing", revision);
      WARD_TRY(leaves.emplace_back(), leaf_of(select.bytes(1), revision));
    }
  }

  Result<std::optional<std::uint64_t>> newest_snapshot() const override {
    const std::lock_guard lock(reading_mutex_);
    const Reset reset{reading_.newest};
    WARD_TRY(const bool row, reading_.newest.step());
    if (!row) return std::optional<std::uint64_t>();
    return std::optional(reading_.newest.integer(0));
  }

  Result<std::uint64_t> snapshot_chunks(std::uint64_t revision) const override {
    const std::lock_guard lock(reading_mutex_);
    reading_.chunks.bind(1, revision);
    const Reset reset{reading_.chunks};
    WARD_TRY(const bool row, reading_.chunks.step());
    if (!row) return make_error(ErrorCode::kNotFound, "no snapshot of revision {}", revision);
    return reading_.chunks.integer(0);
  }

  Result<Bytes> chunk(std::uint64_t revision, std::uint64_t number) const override {
    const std::lock_guard lock(reading_mutex_);
    reading_.chunk.bind(1, revision);
    reading_.chunk.bind(2, number);
    const Reset reset{reading_.chunk};
    WARD_TRY(const bool row, reading_.chunk.step());
    if (!row)
      return make_error(ErrorCode::kDataLoss, "snapshot of revision {}: chunk {} is missing",
                        revision, number);
    return to_bytes(reading_.chunk.bytes(0));
  }

 private:
  // Ends the read transaction that an unfinished statement keeps open.
  struct Reset {
    Statement& statement;
    ~Reset() { statement.reset(); }
  };

  static Result<Entry> entry_at(const Statement& select, std::uint64_t expected) {
    const std::uint64_t revision = select.integer(0);
    if (revision != expected)
      return make_error(ErrorCode::kDataLoss, "fact {} is missing", expected);
    WARD_TRY(const LeafHash leaf, leaf_of(select.bytes(1), revision));
    Entry entry{.revision = revision, .fact = to_bytes(select.bytes(2)), .leaf = leaf};
    if (leaf_hash(entry.fact) == leaf) return entry;
    return make_error(ErrorCode::kDataLoss, "fact {} does not have its leaf hash", revision);
  }

  Result<void> insert(std::span<const Entry> entries) {
    for (const Entry& entry : entries) {
      writing_.insert_fact.bind(1, entry.revision);
      writing_.insert_fact.bind(2, entry.leaf);
      writing_.insert_fact.bind(3, entry.fact);
      WARD_RETURN_IF_ERROR(writing_.insert_fact.step());
    }
    return {};
  }

  Result<void> drop_chunk(std::uint64_t keep, bool& found) {
    writing_.find_old_chunk.bind(1, keep);
    WARD_TRY(found, writing_.find_old_chunk.step());
    if (!found) return {};
    const std::uint64_t id = writing_.find_old_chunk.integer(0);
    writing_.find_old_chunk.reset();
    writing_.delete_chunk.bind(1, id);
    WARD_RETURN_IF_ERROR(writing_.delete_chunk.step());
    return {};
  }

  template <typename Body>
  Result<void> in_transaction(Body&& body) {
    if (broken_) return make_error(ErrorCode::kUnavailable, "the disk failed before");
    Result<void> done = begin_body_commit(body);
    if (!done.ok()) give_up();
    return done;
  }

  template <typename Body>
  Result<void> begin_body_commit(Body& body) {
    WARD_RETURN_IF_ERROR(writing_.begin.step());
    WARD_RETURN_IF_ERROR(body());
    WARD_RETURN_IF_ERROR(writing_.commit.step());
    return {};
  }

  // After an error nothing of the transaction may stay, and where that cannot be seen the storage
  // is broken: after a failed fsync, say, nobody knows what is on disk.
  void give_up() {
    const int code = writing_.connection.error_code();
    broken_ = code == SQLITE_IOERR || code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    if (writing_.connection.in_transaction() && !writing_.connection.execute("ROLLBACK").ok())
      broken_ = true;
    if (broken_) return;
    const auto stored =
        writing_.connection.query_integer("SELECT coalesce(max(revision), 0) FROM fact");
    if (!stored.ok() || *stored != head_) broken_ = true;
  }

  std::unique_ptr<os::FileLock> lock_;  // first in, last out
  Writing writing_;
  mutable std::mutex reading_mutex_;  // a connection serves one thread at a time
  mutable Reading reading_;
  std::uint64_t head_;
  bool broken_ = false;
};

Result<std::unique_ptr<Journal>> open_locked(const std::string& path,
                                             std::unique_ptr<os::FileLock> lock,
                                             os::FileSystem& files, const SqliteOptions& options) {
  WARD_TRY(const auto status, files.status(path));
  if (!status)
    WARD_RETURN_IF_ERROR(files.open_append(path, kFileMode));  // SQLite's own files take its mode
  WARD_TRY(Connection writer, Connection::open(path, SQLITE_OPEN_READWRITE));
  WARD_RETURN_IF_ERROR(configure(writer, options));
  WARD_RETURN_IF_ERROR(prepare_schema(writer));
  WARD_TRY(const std::uint64_t head, check_contiguous(writer));
  // A snapshot that was not finished when the process ended.
  WARD_RETURN_IF_ERROR(writer.execute(
      "DELETE FROM snapshot_chunk WHERE revision NOT IN (SELECT revision FROM snapshot)"));
  WARD_TRY(Connection reader, Connection::open(path, SQLITE_OPEN_READONLY));
  WARD_TRY(Writing writing, writing_on(std::move(writer)));
  WARD_TRY(Reading reading, reading_on(std::move(reader)));
  auto storage = std::make_unique<SqliteStorage>(std::move(lock), std::move(writing),
                                                 std::move(reading), head);
  return std::unique_ptr<Journal>(std::make_unique<GroupJournal>(std::move(storage)));
}

}  // namespace

Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::string& path, os::FileSystem& files,
                                                     SqliteOptions options) {
  const std::string where = fmt::format("journal `{}`", path);
  auto lock = files.lock(path + ".lock");
  if (!lock.ok()) return std::move(lock).error().in(where);
  return open_locked(path, *std::move(lock), files, options).in(where);
}

}  // namespace ward::journal
