// The SQLite C API with owners and Results. Private to the room: the only door to SQLite.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace ward::journal {

// The last error of a connection, in our words: full disk kResourceExhausted, read-only
// kFailedPrecondition, damage kDataLoss, in use elsewhere kUnavailable, the rest kInternal.
Error sqlite_error(sqlite3* connection, std::string_view doing);

// A prepared statement; parameters and columns count from 1 and 0, as in SQLite. Bound bytes must
// outlive step().
class Statement {
 public:
  void bind(int parameter, std::uint64_t value);
  void bind(int parameter, ByteView bytes);

  // True for a row, false at the end. At the end or on error the statement is ready to be bound and
  // run again.
  Result<bool> step();
  void reset();

  std::uint64_t integer(int column) const;
  ByteView bytes(int column) const;  // valid until the next step() or reset()

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Connection {
 public:
  static Result<Connection> open(const std::string& path, int flags);

  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql) const;
  Result<std::uint64_t> query_integer(
      std::string_view sql) const;  // the first column of the first row
  bool in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }
  int error_code() const { return sqlite3_errcode(connection_.get()) & 0xff; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace ward::journal
