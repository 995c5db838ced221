// What a command prints: a table for people, JSON for programs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "grpc/message.h"
#include "ward/fact/v1/fact.pb.h"

namespace ward::cli {

enum class Format : std::uint8_t { kTable, kJson };

class Table {
 public:
  explicit Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;  // columns aligned; control characters of cells escaped

 private:
  std::vector<std::vector<std::string>> rows_;
};

// The protobuf JSON mapping with the names of the .proto; 64-bit integers are strings there.
Result<std::string> to_json(const google::protobuf::MessageLite& message);

// One table for things of one kind.
Table entity_table(const std::vector<fact::v1::Entity>& entities);

std::string time_text(std::int64_t time_us);  // RFC 3339, `-` for 0

// Text that came from elsewhere on one line, without control characters, so that it cannot drive a
// terminal: they, line separators and bytes that are no UTF-8 become `\x0a`.
std::string printable(std::string_view text);

void print_line(std::string_view text);

}  // namespace ward::cli
