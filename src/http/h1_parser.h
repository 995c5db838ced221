// One direction of HTTP/1.1 as a parser (RFC 9112, by Boost.Beast): bytes in, heads and body pieces
// out. Stricter than Beast where leniency is how requests are smuggled past a proxy.
//
// Refused with 400: a bare CR or LF, folded lines, white space around a name, control octets, both
// Content-Length and Transfer-Encoding, more than one of either, a length that is not all digits,
// no or several Hosts, a target that is neither path, `*` (OPTIONS) nor an http(s) URL. 414 and 431
// as Limits says; 501 for a transfer coding but chunked, and CONNECT; 505 for a version but 1.0
// and 1.1.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "http/limits.h"
#include "http/message.h"

namespace ward::http {

class H1ParserEvents {
 public:
  virtual ~H1ParserEvents() = default;
  virtual void on_body(ByteView bytes) = 0;
};

class H1Parser {
 public:
  enum class Kind : std::uint8_t { kRequest, kResponse };
  enum class Phase : std::uint8_t { kHead, kBody, kDone };

  // A refusal: what to answer, and why.
  struct Failure {
    static constexpr int kNoAnswer =
        0;  // what came is not HTTP at all, so none would be understood
    int status;
    std::string why;
  };

  H1Parser(Kind kind, const Limits& limits, H1ParserEvents& events);
  ~H1Parser();
  H1Parser(const H1Parser&) = delete;
  H1Parser& operator=(const H1Parser&) = delete;

  Phase phase() const;
  // Takes from the front of `bytes` what belongs to the message, stops after its head and after its
  // end, and says how much it took. What is not taken is given again, with more behind it.
  std::size_t feed(ByteView bytes);
  // The stream has ended: a response without a length is whole then; anything else is cut short.
  void feed_end();
  const std::optional<Failure>& failure() const;

  // Valid from the end of the head. They may be moved from.
  RequestHead& request();
  ResponseHead& response();
  const Headers& trailers() const;
  bool keeps_alive() const;  // the connection may carry another message
  bool is_http10() const;
  bool expects_continue() const;  // RFC 9110 10.1.1
  bool is_body_empty() const;     // known from the head

  // For a response to HEAD: there is no body, whatever the head says. Before the head.
  void expect_no_body();
  // For the next message on the connection.
  void restart();

  struct State;  // private to h1_parser.cc

 private:
  std::unique_ptr<State> state_;
};

}  // namespace ward::http
