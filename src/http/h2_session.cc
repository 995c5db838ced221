// The door to nghttp2: its callbacks find the State (h2_state.h) in user_data and the stream's
// record in the stream's.
#include "http/h2_session.h"

#include <nghttp2/nghttp2.h>

#include <utility>
#include <vector>

#include "base/check.h"
#include "http/h2_state.h"

namespace ward::http {

void H2Session::State::frame_received(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      end_headers(frame);
      [[fallthrough]];
    case NGHTTP2_DATA:
      if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        H2Stream* stream = attached(frame.hd.stream_id);
        if (stream != nullptr) stream->is_in_ended = true;
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

namespace {

using State = H2Session::State;

struct OptionDeleter {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
};

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return as_text(ByteView(data, size));
}

State& state_of(void* user) {
  return *static_cast<State*>(user);
}

void set_callbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        state_of(user).begin_headers(*frame);
        return 0;
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
        state_of(user).header(*frame, view(name, name_size), view(value, value_size));
        return 0;
      });
  // RFC 9113 8.2.1: a field that nghttp2 would ignore makes the message malformed.
  nghttp2_session_callbacks_set_on_invalid_header_callback(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
         const std::uint8_t*, std::size_t, std::uint8_t,
         void*) -> int { return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        state_of(user).frame_received(*frame);
        return 0;
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

H2Session::H2Session(Role role, const Limits& limits, H2Events& events, DateField* date)
    : state_(std::make_unique<State>(role, limits, events, date)) {
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
    H2Stream* stream = state_->find(id);
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
  fields.assign({make_h2_field(":method", head.method), make_h2_field(":scheme", head.scheme),
                 make_h2_field(":path", head.target)});
  if (!head.authority.empty()) fields.push_back(make_h2_field(":authority", head.authority));
  append_h2_fields(fields, head.headers);
  // The stream's record must be there before nghttp2 asks for its body, which needs its number
  // first; nghttp2 asks in take_output() only.
  auto* session = state_->session.get();
  const auto id = static_cast<StreamId>(nghttp2_session_get_next_stream_id(session));
  H2Stream& stream = state_->streams[id];
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
  H2Stream* stream = state_->find(id);
  if (stream == nullptr || stream->has_submitted) return;
  const std::string status = std::to_string(head.status);
  auto& fields = state_->scratch;
  fields.assign({make_h2_field(":status", status)});
  if (!head.headers.contains("date")) state_->append_date(fields);
  append_h2_fields(fields, head.headers);
  stream->has_submitted = true;
  stream->is_out_ended = is_last;
  const auto provider = state_->provider(*stream);
  nghttp2_submit_response(state_->session.get(), static_cast<std::int32_t>(id), fields.data(),
                          fields.size(), is_last ? nullptr : &provider);
}

void H2Session::send_body(StreamId id, ByteView bytes) {
  H2Stream* stream = state_->find(id);
  if (stream == nullptr || stream->is_out_ended || bytes.empty()) return;
  append(stream->out, bytes);
  state_->wake(*stream);
}

void H2Session::finish(StreamId id, const Headers& trailers) {
  H2Stream* stream = state_->find(id);
  if (stream == nullptr || stream->is_out_ended) return;
  stream->is_out_ended = true;
  stream->trailers = trailers;
  state_->wake(*stream);
}

void H2Session::reset(StreamId id, ResetCode code) {
  const H2Stream* stream = state_->find(id);
  if (stream == nullptr) return;
  // Both sides have ended it: it closes by itself, and a reset would only count against us.
  if (stream->is_in_ended && nghttp2_session_get_stream_local_close(
                                 state_->session.get(), static_cast<std::int32_t>(id)) == 1) {
    return;
  }
  nghttp2_submit_rst_stream(state_->session.get(), NGHTTP2_FLAG_NONE, static_cast<std::int32_t>(id),
                            static_cast<std::uint32_t>(code));
}

void H2Session::consume(StreamId id, std::size_t bytes) {
  H2Stream* stream = state_->find(id);
  if (stream == nullptr) return;
  WARD_CHECK(bytes <= stream->unconsumed);
  stream->unconsumed -= bytes;
  nghttp2_session_consume(state_->session.get(), static_cast<std::int32_t>(id), bytes);
}

std::size_t H2Session::unsent(StreamId id) const {
  const H2Stream* stream = state_->find(id);
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
