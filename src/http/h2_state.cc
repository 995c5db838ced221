// What nghttp2 does by itself, and is not done here again: the state machine of RFC 9113 5.1,
// HPACK, pseudo-header and field rules of section 8, content-length against DATA, PING and SETTINGS
// acknowledgements, and its own floods (unsent acknowledgements, CONTINUATION, rapid reset).
#include "http/h2_state.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace ward::http {
namespace {

constexpr std::size_t kPassedOverMax = 16;  // older gaps are forgotten

// RFC 9113 8.2.2: connection-specific fields have no place in HTTP/2.
bool is_connection_specific(std::string_view name) {
  return name == "connection" || name == "transfer-encoding" || name == "keep-alive" ||
         name == "upgrade" || name == "proxy-connection";
}

}  // namespace

// SAFETY: nghttp2 takes names and values as mutable pointers but only reads them; it copies them
// before the call that is given them returns.
nghttp2_nv make_h2_field(std::string_view name, std::string_view value) {
  const bool is_secret = name == "authorization" || name == "cookie";
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(),
          static_cast<std::uint8_t>(is_secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)};
}

void append_h2_fields(std::vector<nghttp2_nv>& out, const Headers& headers) {
  for (const auto [name, value] : headers) {
    if (!is_connection_specific(name)) out.push_back(make_h2_field(name, value));
  }
}

// RFC 9113 5.1.1: a new stream's identifier is greater than all before it. nghttp2 takes a smaller
// one for a stream that is closed and ignores it; that it was passed over, and so never was one, is
// remembered here.
void H2Session::State::note_order(StreamId id) {
  if (role != Role::kServer || id % 2 == 0) return;
  if (id > newest_id) {
    if (id > newest_id + (newest_id == 0 ? 1 : 2)) {
      if (passed_over.size() == kPassedOverMax) passed_over.erase(passed_over.begin());
      passed_over.emplace_back(newest_id, id);
    }
    newest_id = id;
    return;
  }
  const auto holds = [id](const auto& gap) { return gap.first < id && id < gap.second; };
  if (std::ranges::any_of(passed_over, holds)) {
    nghttp2_session_terminate_session(session.get(), NGHTTP2_PROTOCOL_ERROR);
  }
}

void H2Session::State::begin_headers(const nghttp2_frame& frame) {
  if (role == Role::kServer && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    attach(static_cast<StreamId>(frame.hd.stream_id));
  }
  if (H2Stream* stream = attached(frame.hd.stream_id)) stream->fields = {};
}

void H2Session::State::header(const nghttp2_frame& frame, std::string_view name,
                              std::string_view value) {
  H2Stream* stream = attached(frame.hd.stream_id);
  if (stream == nullptr) return;
  if (name.size() + value.size() + 32 + stream->fields.bytes() > limits.header_bytes_max ||
      stream->fields.size() >= limits.header_count_max) {
    stream->are_headers_too_large = true;
    return;
  }
  if (!name.starts_with(':')) {
    stream->fields.add(name, value);
  } else if (name == ":method") {
    stream->request.method = value;
  } else if (name == ":scheme") {
    stream->request.scheme = value;
  } else if (name == ":authority") {
    stream->request.authority = value;
  } else if (name == ":path") {
    stream->is_target_too_long = value.size() > limits.target_bytes_max;
    if (!stream->is_target_too_long) stream->request.target = value;
  } else if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), stream->status);
  }
}

void H2Session::State::refuse(H2Stream& stream, int status) {
  stream.is_refused = true;
  stream.is_out_ended = true;
  stream.has_submitted = true;
  const std::string text = std::to_string(status);
  std::vector fields{make_h2_field(":status", text), make_h2_field("content-length", "0")};
  append_date(fields);
  nghttp2_submit_response(session.get(), static_cast<std::int32_t>(stream.id), fields.data(),
                          fields.size(), nullptr);
}

void H2Session::State::deliver_request(H2Stream& stream) {
  if (stream.is_target_too_long) return refuse(stream, 414);
  if (stream.are_headers_too_large) return refuse(stream, 431);
  RequestHead& head = stream.request;
  head.version = Version::kHttp2;
  if (const auto host = stream.fields.find("host")) {
    // RFC 9113 8.3.1: a Host that differs from :authority makes the request malformed.
    if (head.authority.empty()) head.authority = *host;
    if (head.authority != *host) return refuse(stream, 400);
    stream.fields.remove("host");
  }
  head.headers = std::move(stream.fields);
  stream.fields = {};
  events.on_request(stream.id, std::move(head));
}

void H2Session::State::end_headers(const nghttp2_frame& frame) {
  H2Stream* stream = attached(frame.hd.stream_id);
  if (stream == nullptr || stream->is_refused) return;
  if (stream->has_head || role == Role::kServer) {
    if (!std::exchange(stream->has_head, true)) return deliver_request(*stream);
    if (stream->are_headers_too_large) {  // of the trailers: they come whole or not at all
      nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, frame.hd.stream_id,
                                NGHTTP2_ENHANCE_YOUR_CALM);
    }
    return;
  }
  if (stream->status / 100 == 1) return;
  if (stream->are_headers_too_large) {
    nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, frame.hd.stream_id,
                              NGHTTP2_ENHANCE_YOUR_CALM);
    return;
  }
  stream->has_head = true;
  ResponseHead head{.status = stream->status, .headers = std::exchange(stream->fields, {})};
  events.on_response(stream->id, std::move(head));
}

void H2Session::State::data(std::int32_t id, ByteView bytes) {
  H2Stream* stream = attached(id);
  if (stream == nullptr || stream->is_refused) {
    nghttp2_session_consume(session.get(), id, bytes.size());
    return;
  }
  stream->unconsumed += bytes.size();
  events.on_body(stream->id, bytes);
}

void H2Session::State::closed(std::int32_t id, std::uint32_t code) {
  const auto found = streams.find(static_cast<StreamId>(id));
  if (found == streams.end()) return;
  // What nobody will consume any more must not shrink the connection's window for the others.
  if (found->second.unconsumed > 0) {
    nghttp2_session_consume_connection(session.get(), found->second.unconsumed);
  }
  const auto node = streams.extract(found);
  if (!node.mapped().is_refused) events.on_close(node.key(), code);
}

ssize_t H2Session::State::read_body(H2Stream& stream, std::span<std::uint8_t> into,
                                    std::uint32_t* flags) {
  const auto count = std::min(into.size(), stream.unsent());
  if (count > 0) {
    std::memcpy(into.data(), stream.out.data() + stream.out_sent, count);
    stream.out_sent += count;
    if (!std::exchange(stream.has_progressed, true)) progressed.push_back(stream.id);
  }
  if (stream.unsent() == 0) {
    stream.out.clear();
    stream.out_sent = 0;
    if (stream.is_out_ended) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!stream.trailers.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        std::vector<nghttp2_nv> fields;
        append_h2_fields(fields, stream.trailers);
        nghttp2_submit_trailer(session.get(), static_cast<std::int32_t>(stream.id), fields.data(),
                               fields.size());
      }
    } else if (count == 0) {
      stream.is_waiting = true;
      return NGHTTP2_ERR_DEFERRED;
    }
  }
  return static_cast<ssize_t>(count);
}

nghttp2_data_provider H2Session::State::provider(H2Stream& stream) {
  nghttp2_data_provider out{};
  out.source.ptr = &stream;
  out.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* buffer, std::size_t size,
                         std::uint32_t* flags, nghttp2_data_source* source, void* user) {
    return static_cast<State*>(user)->read_body(*static_cast<H2Stream*>(source->ptr),
                                                {buffer, size}, flags);
  };
  return out;
}

}  // namespace ward::http
