// Joins streams, clock and protocols. A connection reads while its protocol wants input and writes
// one batch at a time; what the protocol has beyond that waits inside it, which is what its writers
// see as back-pressure.
//
// Time-outs are kept by one sweep over all connections rather than a timer each: arming and
// cancelling a timer for every request costs more than the request's parsing.
#include "http/server.h"

#include <algorithm>
#include <list>
#include <utility>

#include "http/server_protocol.h"

namespace ward::http {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv;  // RFC 9113 3.4
constexpr std::size_t kWriteBatchBytes = 256 * 1024;
constexpr std::size_t kLingerBytesMax = 256 * 1024;

class Connection;

}  // namespace

class Server::State {
 public:
  State(net::Loop& loop_, const Router& router_, Limits limits_, const Log& log_);

  void schedule_sweep();
  void sweep();
  void remove(std::list<Connection>::iterator connection);
  void report_if_drained();

  net::Loop& loop;
  const Router& router;
  const Limits limits;
  const Log log;
  DateField date;
  std::list<Connection> connections;
  net::Timer sweeper;
  bool is_shutting_down = false;
  MonotonicTime drain_end{};
  std::function<void()> on_drained;
};

namespace {

// Lives in the server's list. Every callback of its stream may end it, so each looks at nothing
// after close().
class Connection {
 public:
  Connection(Server::State& server, std::unique_ptr<net::Stream> stream)
      : server_(server),
        stream_(std::move(stream)),
        since_(server.loop.clock().monotonic()),
        heard_(since_) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (protocol_) protocol_->abort(Error(ErrorCode::kUnavailable, "the server closed"));
  }

  void start(std::list<Connection>::iterator self) {
    self_ = self;
    if (stream_->alpn() == kAlpnHttp2) begin(true);
    read();
  }

  // Called about four times within the smallest time-out.
  void sweep(MonotonicTime now) {
    if (is_writing_) {
      if (now - written_ > server_.limits.write_timeout) close("a write time-out");
      return;
    }
    if (is_lingering_) {
      if (now - since_ > server_.limits.head_timeout) close("lingering ended");
      return;
    }
    const Waiting waiting = protocol_ ? protocol_->waiting() : Waiting::kHead;
    if (waiting == Waiting::kNothing && !probe(now)) return;
    if (waiting != waiting_ || waiting == Waiting::kNothing) {
      waiting_ = waiting;
      since_ = now;
      return;
    }
    if (now - since_ <= timeout(waiting)) return;
    if (!protocol_) return close("no request came");
    since_ = now;
    protocol_->time_out();
    flush();
  }

  void shut_down() {
    if (!protocol_) return close("the server shuts down");
    protocol_->shut_down();
    flush();
  }

 private:
  // Whether a peer that has been silent in the middle of something is still there.
  bool probe(MonotonicTime now) {
    const auto silence = now - heard_;
    if (silence <= server_.limits.probe_interval) {
      is_probed_ = false;
    } else if (silence > server_.limits.probe_interval + server_.limits.probe_timeout) {
      if (is_probed_) return close("the peer does not answer"), false;
    }
    if (silence > server_.limits.probe_interval && !std::exchange(is_probed_, true)) {
      is_probed_ = protocol_->probe();
      if (is_probed_) return flush(), false;
    }
    return true;
  }

  std::chrono::nanoseconds timeout(Waiting waiting) const {
    switch (waiting) {
      case Waiting::kRequest:
        return server_.limits.idle_timeout;
      case Waiting::kHead:
        return server_.limits.head_timeout;
      case Waiting::kBody:
        return server_.limits.body_timeout;
      case Waiting::kNothing:
        break;
    }
    return std::chrono::nanoseconds::max();
  }

  void begin(bool is_http2) {
    ServerProtocolContext context{.router = server_.router,
                                  .peer = stream_->peer(),
                                  .limits = server_.limits,
                                  .wake = [this] { wake(); },
                                  .date = &server_.date};
    protocol_ = is_http2 ? make_h2_server(std::move(context)) : make_h1_server(std::move(context));
    if (server_.is_shutting_down) protocol_->shut_down();
  }

  void wake() {
    if (std::exchange(is_waking_, true)) return;
    wake_ = server_.loop.after({}, [this] {
      is_waking_ = false;
      protocol_->pump();
      flush();
    });
  }

  void read() {
    if (std::exchange(is_reading_, true)) return;
    stream_->read([this](Result<ByteView> bytes) {
      is_reading_ = false;
      if (!bytes.ok()) return close(bytes.error().message());
      if (is_lingering_) return linger(bytes->size());
      if (bytes->empty()) {
        if (!protocol_) return close("closed before a request");
        is_input_ended_ = true;
        protocol_->feed_end();
      } else {
        receive(*bytes);
      }
      flush();
    });
  }

  // Until the preface is told from a request line, what came is kept.
  void receive(ByteView bytes) {
    heard_ = server_.loop.clock().monotonic();
    if (protocol_) return protocol_->feed(bytes);
    append(first_, bytes);
    const auto size = std::min(first_.size(), kPreface.size());
    const bool is_preface = as_text(first_).substr(0, size) == kPreface.substr(0, size);
    if (is_preface && size < kPreface.size()) return;
    begin(is_preface && stream_->alpn() != kAlpnHttp11);
    protocol_->feed(std::exchange(first_, {}));
  }

  // Writes what there is, reads if wanted, or ends.
  void flush() {
    if (!protocol_) return read();
    if (!is_writing_) {
      Bytes out;
      protocol_->take_output(out, kWriteBatchBytes);
      if (!out.empty()) return write(std::move(out));
      if (protocol_->is_done()) return finish();
    }
    if (!is_input_ended_ && protocol_->wants_input()) read();
  }

  void write(Bytes bytes) {
    is_writing_ = true;
    written_ = server_.loop.clock().monotonic();
    if (!is_input_ended_ && protocol_->wants_input()) read();
    stream_->write(std::move(bytes), [this](Result<void> result) {
      is_writing_ = false;
      if (!result.ok()) return close(result.error().message());
      flush();
    });
  }

  // Half closes, and takes what is on the way for a while: closing over unread bytes would reset
  // the connection, and the peer might lose the answer (RFC 9112 9.6).
  void finish() {
    if (is_input_ended_ || server_.is_shutting_down) return close("done");
    is_lingering_ = true;
    since_ = server_.loop.clock().monotonic();
    stream_->shutdown();
    read();
  }

  void linger(std::size_t bytes) {
    lingered_ += bytes;
    if (bytes == 0 || lingered_ > kLingerBytesMax) return close("done");
    read();
  }

  void close(std::string_view why) {
    server_.log.debug("connection of {} ended: {}", stream_->peer().address, why);
    server_.remove(self_);
  }

  Server::State& server_;
  std::list<Connection>::iterator self_;
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<ServerProtocol> protocol_;
  Bytes first_;
  net::Timer wake_;
  Waiting waiting_ = Waiting::kHead;
  MonotonicTime since_;      // when waiting_ began, or its time-out last passed
  MonotonicTime heard_;      // when bytes last came
  MonotonicTime written_{};  // when the write in progress began
  std::size_t lingered_ = 0;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_waking_ = false;
  bool is_probed_ = false;
  bool is_input_ended_ = false;
  bool is_lingering_ = false;
};

}  // namespace

Server::State::State(net::Loop& loop_, const Router& router_, Limits limits_, const Log& log_)
    : loop(loop_), router(router_), limits(limits_), log(log_.part("http")), date(loop.clock()) {}

void Server::State::schedule_sweep() {
  const auto least = std::min({limits.head_timeout, limits.body_timeout, limits.idle_timeout,
                               limits.write_timeout, limits.drain_timeout});
  sweeper = loop.after(std::max<std::chrono::nanoseconds>(least / 4, std::chrono::milliseconds{1}),
                       [this] { sweep(); });
}

void Server::State::sweep() {
  const auto now = loop.clock().monotonic();
  if (is_shutting_down && now >= drain_end) {
    connections.clear();
  }
  for (auto next = connections.begin(); next != connections.end();) {
    Connection& connection = *next++;
    connection.sweep(now);
  }
  report_if_drained();
  schedule_sweep();
}

void Server::State::remove(std::list<Connection>::iterator connection) {
  connections.erase(connection);
  report_if_drained();
}

void Server::State::report_if_drained() {
  if (is_shutting_down && connections.empty() && on_drained) {
    loop.post(std::exchange(on_drained, nullptr));
  }
}

Server::Server(net::Loop& loop, const Router& router, Limits limits, Log log)
    : state_(std::make_unique<State>(loop, router, limits, log)) {
  state_->schedule_sweep();
}

Server::~Server() = default;

void Server::serve(std::unique_ptr<net::Stream> stream) {
  if (state_->is_shutting_down || state_->connections.size() >= state_->limits.connections_max) {
    return;
  }
  auto& connections = state_->connections;
  const auto added = connections.emplace(connections.end(), *state_, std::move(stream));
  added->start(added);
}

void Server::shut_down(std::function<void()> done) {
  auto& state = *state_;
  state.is_shutting_down = true;
  state.on_drained = std::move(done);
  state.drain_end = state.loop.clock().monotonic() + state.limits.drain_timeout;
  for (auto next = state.connections.begin(); next != state.connections.end();) {
    Connection& connection = *next++;
    connection.shut_down();
  }
  state.report_if_drained();
}

std::size_t Server::connection_count() const {
  return state_->connections.size();
}

}  // namespace ward::http
