// The door to nghttp2. Its callbacks find the State in user_data and the Stream in the stream's.
//
// What nghttp2 does by itself, and is not done here again: the state machine of RFC 9113 5.1,
// HPACK, pseudo-header and field rules of section 8, content-length against DATA, PING and SETTINGS
// acknowledgements, and its own floods (unsent acknowledgements, CONTINUATION, rapid reset).
#include "http/h2_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"

namespace ward::http {
namespace {

constexpr std::size_t kPassedOverMax = 16;  // older gaps are forgotten

struct Stream {
  StreamId id = 0;
  // Incoming: the block being read.
  RequestHead request;
  int status = 0;
  Headers fields;
  bool has_head = false;
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

struct OptionDeleter {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
};
struct SessionDeleter {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};
using SessionPointer = std::unique_ptr<nghttp2_session, SessionDeleter>;

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return as_text(ByteView(data, size));
}

// SAFETY: nghttp2 takes names and values as mutable pointers but only reads them; it copies them
// before the call that is given them returns.
nghttp2_nv make_field(std::string_view name, std::string_view value) {
  const bool is_secret = name == "authorization" || name == "cookie";
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(),
          static_cast<std::uint8_t>(is_secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)};
}

// RFC 9113 8.2.2: connection-specific fields have no place in HTTP/2.
bool is_connection_specific(std::string_view name) {
  return name == "connection" || name == "transfer-encoding" || name == "keep-alive" ||
         name == "upgrade" || name == "proxy-connection";
}

void append_fields(std::vector<nghttp2_nv>& out, const Headers& headers) {
  for (const auto [name, value] : headers) {
    if (!is_connection_specific(name)) out.push_back(make_field(name, value));
  }
}

}  // namespace

struct H2Session::State {
  State(Role role_, const Limits& limits_, H2Events& events_)
      : role(role_), limits(limits_), events(events_) {}

  Stream* find(StreamId id) {
    const auto found = streams.find(id);
    return found == streams.end() ? nullptr : &found->second;
  }
  Stream* attach(StreamId id) {
    Stream& stream = streams[id];
    stream.id = id;
    nghttp2_session_set_stream_user_data(session.get(), static_cast<std::int32_t>(id), &stream);
    return &stream;
  }
  Stream* attached(std::int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session.get(), id));
  }
  void wake(Stream& stream) {
    if (!stream.is_waiting) return;
    stream.is_waiting = false;
    nghttp2_session_resume_data(session.get(), static_cast<std::int32_t>(stream.id));
  }

  void note_order(StreamId id);
  int begin_headers(const nghttp2_frame& frame);
  int header(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  void end_headers(const nghttp2_frame& frame);
  void deliver_request(Stream& stream);
  void refuse(Stream& stream, int status);
  int frame_received(const nghttp2_frame& frame);
  void frame_sent(const nghttp2_frame& frame);
  void data(std::int32_t id, ByteView bytes);
  void closed(std::int32_t id, std::uint32_t code);
  ssize_t read_body(Stream& stream, std::span<std::uint8_t> into, std::uint32_t* flags);
  nghttp2_data_provider provider(Stream& stream);

  const Role role;
  const Limits limits;
  H2Events& events;
  SessionPointer session;
  std::unordered_map<StreamId, Stream> streams;
  std::vector<nghttp2_nv> scratch;
  std::vector<StreamId> progressed;
  StreamId newest_id = 0;
  std::vector<std::pair<StreamId, StreamId>> passed_over;  // between these, exclusive
  bool is_failed = false;
  bool is_output_failed = false;
  bool is_shutting_down = false;
  bool has_goaway = false;
};

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

int H2Session::State::begin_headers(const nghttp2_frame& frame) {
  if (role == Role::kServer && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    attach(static_cast<StreamId>(frame.hd.stream_id));
  }
  if (Stream* stream = attached(frame.hd.stream_id)) stream->fields = {};
  return 0;
}

int H2Session::State::header(const nghttp2_frame& frame, std::string_view name,
                             std::string_view value) {
  Stream* stream = attached(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  if (name.size() + value.size() + 32 + stream->fields.bytes() > limits.header_bytes_max ||
      stream->fields.size() >= limits.header_count_max) {
    stream->are_headers_too_large = true;
    return 0;
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
  return 0;
}

void H2Session::State::refuse(Stream& stream, int status) {
  stream.is_refused = true;
  stream.is_out_ended = true;
  stream.has_submitted = true;
  const std::string text = std::to_string(status);
  const std::array fields{make_field(":status", text), make_field("content-length", "0")};
  nghttp2_submit_response(session.get(), static_cast<std::int32_t>(stream.id), fields.data(),
                          fields.size(), nullptr);
}

void H2Session::State::deliver_request(Stream& stream) {
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
  Stream* stream = attached(frame.hd.stream_id);
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

int H2Session::State::frame_received(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      end_headers(frame);
      [[fallthrough]];
    case NGHTTP2_DATA:
      if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        Stream* stream = attached(frame.hd.stream_id);
        if (stream != nullptr && stream->has_head && !stream->is_refused &&
            !stream->are_headers_too_large) {
          events.on_end(stream->id, stream->fields);
        }
      }
      break;
    case NGHTTP2_GOAWAY:
      has_goaway = true;
      events.on_goaway(static_cast<StreamId>(frame.goaway.last_stream_id), frame.goaway.error_code);
      break;
    case NGHTTP2_PING:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) break;
      if (is_shutting_down) {
        nghttp2_submit_goaway(session.get(), NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session.get()),
                              NGHTTP2_NO_ERROR, nullptr, 0);
      }
      events.on_pong();
      break;
    case NGHTTP2_SETTINGS:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) events.on_settings();
      break;
    default:  // other types need nothing of us
      break;
  }
  return 0;
}

// RFC 9113 8.1: a server that has answered in full and wants no more of the request says so.
void H2Session::State::frame_sent(const nghttp2_frame& frame) {
  if (role != Role::kServer || (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return;
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return;
  if (nghttp2_session_get_stream_remote_close(session.get(), frame.hd.stream_id) == 0) {
    nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, frame.hd.stream_id,
                              NGHTTP2_NO_ERROR);
  }
}

void H2Session::State::data(std::int32_t id, ByteView bytes) {
  Stream* stream = attached(id);
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

ssize_t H2Session::State::read_body(Stream& stream, std::span<std::uint8_t> into,
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
        append_fields(fields, stream.trailers);
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

nghttp2_data_provider H2Session::State::provider(Stream& stream) {
  nghttp2_data_provider out{};
  out.source.ptr = &stream;
  out.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* buffer, std::size_t size,
                         std::uint32_t* flags, nghttp2_data_source* source, void* user) {
    return static_cast<State*>(user)->read_body(*static_cast<Stream*>(source->ptr), {buffer, size},
                                                flags);
  };
  return out;
}

namespace {

using State = H2Session::State;

State& state_of(void* user) {
  return *static_cast<State*>(user);
}

void set_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return state_of(user).begin_headers(*frame);
      });
  nghttp2_session_callbacks_set_on_begin_frame_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame_hd* header, void* user) {
        if (header->type == NGHTTP2_HEADERS) {
          state_of(user).note_order(static_cast<StreamId>(header->stream_id));
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
        return state_of(user).header(*frame, view(name, name_size), view(value, value_size));
      });
  // RFC 9113 8.2.1: a field that nghttp2 would ignore makes the message malformed.
  nghttp2_session_callbacks_set_on_invalid_header_callback(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
         const std::uint8_t*, std::size_t, std::uint8_t,
         void*) -> int { return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return state_of(user).frame_received(*frame);
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        state_of(user).frame_sent(*frame);
        return 0;
      });
  // A request that never went out (the peer said GOAWAY, or it was reset first) has no stream whose
  // closing nghttp2 could report.
  nghttp2_session_callbacks_set_on_frame_not_send_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
        if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
          state_of(user).closed(frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                    std::size_t size, void* user) {
        state_of(user).data(id, {data, size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
        state_of(user).closed(id, code);
        return 0;
      });
}

std::unique_ptr<nghttp2_option, OptionDeleter> make_options(const Limits& limits) {
  nghttp2_option* option = nullptr;
  WARD_CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_max_outbound_ack(option, limits.unsent_acks_max);
  nghttp2_option_set_max_settings(option, limits.settings_per_frame_max);
  nghttp2_option_set_max_continuations(option, limits.continuations_max);
  nghttp2_option_set_stream_reset_rate_limit(option, limits.resets_burst, limits.resets_per_second);
  return std::unique_ptr<nghttp2_option, OptionDeleter>(option);
}

void submit_settings(State& state) {
  const Limits& limits = state.limits;
  std::vector<nghttp2_settings_entry> settings{
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
       state.role == H2Session::Role::kServer ? limits.concurrent_streams_max : 0},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.header_bytes_max)}};
  if (state.role == H2Session::Role::kClient) {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  auto* session = state.session.get();
  WARD_CHECK(
      nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  WARD_CHECK(nghttp2_session_set_local_window_size(
                 session, NGHTTP2_FLAG_NONE, 0,
                 static_cast<std::int32_t>(limits.connection_window_bytes)) == 0);
}

}  // namespace

H2Session::H2Session(Role role, const Limits& limits, H2Events& events)
    : state_(std::make_unique<State>(role, limits, events)) {
  nghttp2_session_callbacks* raw_callbacks = nullptr;
  WARD_CHECK(nghttp2_session_callbacks_new(&raw_callbacks) == 0);
  const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(raw_callbacks);
  set_callbacks(callbacks.get());
  const auto options = make_options(limits);
  nghttp2_session* session = nullptr;
  const int made =
      role == Role::kServer
          ? nghttp2_session_server_new2(&session, callbacks.get(), state_.get(), options.get())
          : nghttp2_session_client_new2(&session, callbacks.get(), state_.get(), options.get());
  WARD_CHECK(made == 0);
  state_->session.reset(session);
  submit_settings(*state_);
}

H2Session::~H2Session() = default;

Result<void> H2Session::feed(ByteView bytes) {
  if (state_->is_failed) return Error(ErrorCode::kUnavailable, "the HTTP/2 connection has failed");
  const auto taken = nghttp2_session_mem_recv(state_->session.get(), bytes.data(), bytes.size());
  if (taken >= 0) return {};
  state_->is_failed = true;
  nghttp2_session_terminate_session(state_->session.get(), taken == NGHTTP2_ERR_FLOODED
                                                               ? NGHTTP2_ENHANCE_YOUR_CALM
                                                               : NGHTTP2_PROTOCOL_ERROR);
  return make_error(ErrorCode::kUnavailable, "HTTP/2: {}",
                    nghttp2_strerror(static_cast<int>(taken)));
}

void H2Session::take_output(Bytes& out, std::size_t bytes_max) {
  while (out.size() < bytes_max) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2_session_mem_send(state_->session.get(), &data);
    if (size < 0) state_->is_failed = state_->is_output_failed = true;
    if (size <= 0) break;
    append(out, ByteView(data, static_cast<std::size_t>(size)));
  }
  for (const StreamId id : std::exchange(state_->progressed, {})) {
    Stream* stream = state_->find(id);
    if (stream == nullptr) continue;
    stream->has_progressed = false;
    state_->events.on_progress(id);
  }
}

bool H2Session::has_output() const {
  return !state_->is_output_failed && nghttp2_session_want_write(state_->session.get()) != 0;
}

bool H2Session::is_done() const {
  auto* session = state_->session.get();
  return (state_->is_failed || nghttp2_session_want_read(session) == 0) && !has_output();
}

Result<StreamId> H2Session::request(const RequestHead& head, bool is_last) {
  auto& fields = state_->scratch;
  fields.assign({make_field(":method", head.method), make_field(":scheme", head.scheme),
                 make_field(":path", head.target)});
  if (!head.authority.empty()) fields.push_back(make_field(":authority", head.authority));
  append_fields(fields, head.headers);
  // The stream's record must be there before nghttp2 asks for its body, which needs its number
  // first; nghttp2 asks in take_output() only.
  auto* session = state_->session.get();
  const auto id = static_cast<StreamId>(nghttp2_session_get_next_stream_id(session));
  Stream& stream = state_->streams[id];
  stream.id = id;
  stream.has_submitted = true;
  stream.is_out_ended = is_last;
  const auto provider = state_->provider(stream);
  const auto submitted = nghttp2_submit_request(session, nullptr, fields.data(), fields.size(),
                                                is_last ? nullptr : &provider, &stream);
  if (submitted < 0) {
    state_->streams.erase(id);
    return make_error(ErrorCode::kUnavailable, "HTTP/2: {}", nghttp2_strerror(submitted));
  }
  WARD_CHECK(static_cast<StreamId>(submitted) == id);
  return id;
}

std::uint32_t H2Session::peer_streams_max() const {
  return nghttp2_session_get_remote_settings(state_->session.get(),
                                             NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

bool H2Session::can_request() const {
  return !state_->is_failed && !state_->has_goaway &&
         nghttp2_session_check_request_allowed(state_->session.get()) != 0;
}

void H2Session::respond(StreamId id, const ResponseHead& head, bool is_last) {
  Stream* stream = state_->find(id);
  if (stream == nullptr || stream->has_submitted) return;
  const std::string status = std::to_string(head.status);
  auto& fields = state_->scratch;
  fields.assign({make_field(":status", status)});
  append_fields(fields, head.headers);
  stream->has_submitted = true;
  stream->is_out_ended = is_last;
  const auto provider = state_->provider(*stream);
  nghttp2_submit_response(state_->session.get(), static_cast<std::int32_t>(id), fields.data(),
                          fields.size(), is_last ? nullptr : &provider);
}

void H2Session::send_body(StreamId id, ByteView bytes) {
  Stream* stream = state_->find(id);
  if (stream == nullptr || stream->is_out_ended || bytes.empty()) return;
  append(stream->out, bytes);
  state_->wake(*stream);
}

void H2Session::finish(StreamId id, const Headers& trailers) {
  Stream* stream = state_->find(id);
  if (stream == nullptr || stream->is_out_ended) return;
  stream->is_out_ended = true;
  stream->trailers = trailers;
  state_->wake(*stream);
}

void H2Session::reset(StreamId id, ResetCode code) {
  if (state_->find(id) == nullptr) return;
  nghttp2_submit_rst_stream(state_->session.get(), NGHTTP2_FLAG_NONE, static_cast<std::int32_t>(id),
                            static_cast<std::uint32_t>(code));
}

void H2Session::consume(StreamId id, std::size_t bytes) {
  Stream* stream = state_->find(id);
  if (stream == nullptr) return;
  WARD_CHECK(bytes <= stream->unconsumed);
  stream->unconsumed -= bytes;
  nghttp2_session_consume(state_->session.get(), static_cast<std::int32_t>(id), bytes);
}

std::size_t H2Session::unsent(StreamId id) const {
  const Stream* stream = state_->find(id);
  return stream == nullptr ? 0 : stream->unsent();
}

std::size_t H2Session::stream_count() const {
  return state_->streams.size();
}

void H2Session::ping() {
  nghttp2_submit_ping(state_->session.get(), NGHTTP2_FLAG_NONE, nullptr);
}

void H2Session::shut_down() {
  if (std::exchange(state_->is_shutting_down, true)) return;
  if (state_->role == Role::kClient) return terminate(ResetCode::kNoError);
  nghttp2_submit_shutdown_notice(state_->session.get());
  ping();
}

void H2Session::terminate(ResetCode code) {
  nghttp2_session_terminate_session(state_->session.get(), static_cast<std::uint32_t>(code));
}

}  // namespace ward::http
