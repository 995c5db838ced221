#include "journal/sqlite.h"

#include "base/check.h"

namespace ward::journal {
namespace {

// Primary result codes: https://www.sqlite.org/rescode.html
ErrorCode code_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
      return ErrorCode::kResourceExhausted;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorCode::kFailedPrecondition;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kDataLoss;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

}  // namespace

Error sqlite_error(sqlite3* connection, std::string_view doing) {
  const int code = sqlite3_extended_errcode(connection);
  return make_error(code_of(code), "{}: {} (SQLite {})", doing, sqlite3_errmsg(connection), code);
}

void Statement::bind(int parameter, std::uint64_t value) {
  WARD_CHECK(sqlite3_bind_int64(statement_.get(), parameter, static_cast<sqlite3_int64>(value)) ==
             SQLITE_OK);
}

void Statement::bind(int parameter, ByteView bytes) {
  // A null pointer would bind NULL.
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  WARD_CHECK(sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_STATIC) ==
             SQLITE_OK);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  Result<bool> result = false;
  if (code != SQLITE_DONE)
    result = sqlite_error(sqlite3_db_handle(statement_.get()), sqlite3_sql(statement_.get()));
  reset();
  return result;
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

std::uint64_t Statement::integer(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

ByteView Statement::bytes(int column) const {
  const auto* data =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<Connection> Connection::open(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection;
  connection.connection_.reset(raw);
  if (code != SQLITE_OK) return sqlite_error(raw, "open").in(fmt::format("journal `{}`", path));
  sqlite3_extended_result_codes(raw, 1);
  return connection;
}

Result<void> Connection::execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK)
    return {};
  return sqlite_error(connection_.get(), sql);
}

Result<Statement> Connection::prepare(std::string_view sql) const {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return sqlite_error(connection_.get(), sql);
  Statement statement;
  statement.statement_.reset(raw);
  return statement;
}

Result<std::uint64_t> Connection::query_integer(std::string_view sql) const {
  WARD_TRY(Statement statement, prepare(sql));
  WARD_TRY(const bool row, statement.step());
  if (!row) return make_error(ErrorCode::kInternal, "{}: no row", sql);
  return statement.integer(0);
}

}  // namespace ward::journal
