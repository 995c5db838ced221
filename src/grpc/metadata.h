// Custom metadata of a call (gRPC over HTTP/2, "Custom-Metadata").
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace ward::grpc {

// Pairs in order; a key may repeat. Keys are lower case `[0-9a-z_.-]`. The value of a key that ends
// in `-bin` is any bytes (base64 on the wire, done here); others are printable ASCII.
class Metadata {
 public:
  // kInvalidArgument for a key that is not of that form or that gRPC or HTTP keep for themselves
  // (`grpc-`, `:`, `content-type`, `te`, ...), and for a value that is not.
  Result<void> add(std::string_view key, std::string_view value);
  std::optional<std::string_view> find(std::string_view key) const;  // the first

  std::size_t size() const { return pairs_.size(); }
  bool empty() const { return pairs_.empty(); }
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }

  // What of a header block or of trailers is custom metadata. A `-bin` value may hold several,
  // parted by commas; one that is not base64 is left out.
  static Metadata from_headers(const http::Headers& headers);
  void append_to(http::Headers& headers) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace ward::grpc
