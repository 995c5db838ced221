// The state of one HTTP/2 connection: its streams (RFC 9113 5.1) and what of their bodies is not
// yet sent or consumed (5.2). Private to h2_session.cc, which tells it what nghttp2 saw.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "http/h2_session.h"

namespace ward::http {

struct H2Stream {
  StreamId id = 0;
  // Incoming: the block being read.
  RequestHead request;
  int status = 0;
  Headers fields;
  bool has_head = false;
  bool is_in_ended = false;
  bool is_target_too_long = false;
  bool are_headers_too_large = false;
  bool is_refused = false;  // answered here; the owner never hears of it
  std::size_t unconsumed = 0;
  // Outgoing.
  Bytes out;
  std::size_t out_sent = 0;
  Headers trailers;
  bool is_out_ended = false;
  bool has_submitted = false;  // a head went out, so nghttp2 asks for the body
  bool is_waiting = false;     // nghttp2 was told that no body is ready
  bool has_progressed = false;

  std::size_t unsent() const { return out.size() - out_sent; }
};

struct H2SessionDeleter {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};
using H2SessionPointer = std::unique_ptr<nghttp2_session, H2SessionDeleter>;

// A header field as nghttp2 takes it: a view of `name` and `value`.
nghttp2_nv make_h2_field(std::string_view name, std::string_view value);
// Appends views of `headers`, without those that have no place in HTTP/2 (RFC 9113 8.2.2).
void append_h2_fields(std::vector<nghttp2_nv>& out, const Headers& headers);

struct H2Session::State {
  State(Role role_, const Limits& limits_, H2Events& events_, DateField* date_)
      : role(role_), limits(limits_), events(events_), date(date_) {}

  H2Stream* find(StreamId id) {
    const auto found = streams.find(id);
    return found == streams.end() ? nullptr : &found->second;
  }
  H2Stream* attach(StreamId id) {
    H2Stream& stream = streams[id];
    stream.id = id;
    nghttp2_session_set_stream_user_data(session.get(), static_cast<std::int32_t>(id), &stream);
    return &stream;
  }
  H2Stream* attached(std::int32_t id) {
    return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session.get(), id));
  }
  void append_date(std::vector<nghttp2_nv>& fields) {
    if (date != nullptr) fields.push_back(make_h2_field("date", date->text()));
  }
  void wake(H2Stream& stream) {
    if (!stream.is_waiting) return;
    stream.is_waiting = false;
    nghttp2_session_resume_data(session.get(), static_cast<std::int32_t>(stream.id));
  }

  // Frames (h2_session.cc).
  void frame_received(const nghttp2_frame& frame);
  void frame_sent(const nghttp2_frame& frame);
  // Streams and their windows (h2_state.cc).
  void note_order(StreamId id);
  void begin_headers(const nghttp2_frame& frame);
  void header(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  void end_headers(const nghttp2_frame& frame);
  void deliver_request(H2Stream& stream);
  void refuse(H2Stream& stream, int status);
  void data(std::int32_t id, ByteView bytes);
  void closed(std::int32_t id, std::uint32_t code);
  ssize_t read_body(H2Stream& stream, std::span<std::uint8_t> into, std::uint32_t* flags);
  nghttp2_data_provider provider(H2Stream& stream);

  const Role role;
  const Limits limits;
  H2Events& events;
  DateField* const date;
  H2SessionPointer session;
  std::unordered_map<StreamId, H2Stream> streams;
  std::vector<nghttp2_nv> scratch;
  std::vector<StreamId> progressed;
  StreamId newest_id = 0;
  std::vector<std::pair<StreamId, StreamId>> passed_over;  // between these, exclusive
  bool is_failed = false;
  bool is_output_failed = false;
  bool is_shutting_down = false;
  bool has_goaway = false;
};

}  // namespace ward::http
